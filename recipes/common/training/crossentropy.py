"""Cross-entropy over a vocabulary, as one pass of XLA over the logits each way.

Logits of thousands of tokens at every place are the largest arrays of a training. TensorFlow's own
loss, with deterministic operations asked for, gathers and scatters them one by one, twice 104 ms on
one core each. With this one a step of 8,000 tokens took 458 ms instead of 540 on two cores.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="recipes")
class SmoothedCrossentropy(keras.losses.Loss):
    """Cross-entropy against a label that has `1 - smoothing`, all tokens sharing the rest.

    Reference: Szegedy et al. (2016), https://arxiv.org/abs/1512.00567, section 7.

    Args:
        smoothing: What all tokens share, 0 for plain cross-entropy.
    """

    def __init__(self, smoothing=0.0, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.smoothing = smoothing

    def call(self, labels, logits):
        return crossentropy(labels, logits, self.smoothing)

    def get_config(self):
        return {**super().get_config(), "smoothing": self.smoothing}


def metric():
    """The mean of plain cross-entropy over the tokens that count."""
    return keras.metrics.MeanMetricWrapper(crossentropy, name="crossentropy")


def crossentropy(labels, logits, smoothing=0.0):
    """Cross-entropy of each token in nats.

    Args:
        labels: `(…)` ids.
        logits: `(…, V)` float32.
        smoothing: As in `SmoothedCrossentropy`.

    Returns:
        `(…)` float32.
    """
    labels = tf.cast(labels, "int32")

    @tf.custom_gradient
    def of(logits):
        loss, normaliser = _forward(labels, logits, smoothing)
        return loss, lambda d_loss: _backward(labels, logits, smoothing, normaliser, d_loss)

    return of(logits)


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def _forward(labels, logits, smoothing):
    """The loss, and the logarithm of the sum that makes probabilities of the logits."""
    highest = tf.reduce_max(logits, -1)
    normaliser = highest + tf.math.log(tf.reduce_sum(tf.exp(logits - highest[..., None]), -1))
    of_label = tf.reduce_sum(tf.where(_is_label(labels, logits), logits, 0.0), -1)
    loss = normaliser - (1 - smoothing) * of_label
    return (loss - smoothing * tf.reduce_mean(logits, -1) if smoothing else loss), normaliser


@tf.function(jit_compile=True, autograph=False, reduce_retracing=True)
def _backward(labels, logits, smoothing, normaliser, d_loss):
    shared = smoothing / tf.cast(tf.shape(logits)[-1], logits.dtype)
    expected = tf.where(_is_label(labels, logits), 1 - smoothing + shared, shared)
    return d_loss[..., None] * (tf.exp(logits - normaliser[..., None]) - expected)


def _is_label(labels, logits):
    return tf.range(tf.shape(logits)[-1]) == labels[..., None]  # (…, V)
