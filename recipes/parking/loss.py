"""The loss of a step: cross-entropy of the speed and of the turn that the expert advises."""

import keras
from keras import ops

from recipes.parking.car import SPEEDS

COUNT = len(SPEEDS)


@keras.saving.register_keras_serializable(package="recipes")
class AdviceCrossentropy(keras.losses.Loss):
    """Cross-entropy of both choices of a step, in nats."""

    def call(self, labels, logits):
        return crossentropy(labels, logits)


def crossentropy(labels, logits):
    """Cross-entropy of both choices.

    Args:
        labels: `(B, T, 2)` numbers of speed and turn.
        logits: `(B, T, 11)`.

    Returns:
        `(B, T)`.
    """
    nats = keras.losses.sparse_categorical_crossentropy
    return nats(labels[..., 0], logits[..., :COUNT], from_logits=True) + nats(
        labels[..., 1], logits[..., COUNT:], from_logits=True
    )


def agreement(labels, logits):
    """1 for each step at which both choices are the expert's, `(B, T)`."""
    speed = ops.equal(ops.argmax(logits[..., :COUNT], -1), ops.cast(labels[..., 0], "int64"))
    turn = ops.equal(ops.argmax(logits[..., COUNT:], -1), ops.cast(labels[..., 1], "int64"))
    return ops.cast(ops.logical_and(speed, turn), "float32")


def metrics():
    """Cross-entropy and agreement, as Keras metrics."""
    return [
        keras.metrics.MeanMetricWrapper(crossentropy, name="crossentropy"),
        keras.metrics.MeanMetricWrapper(agreement, name="accuracy"),
    ]
