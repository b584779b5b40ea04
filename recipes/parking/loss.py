"""The loss of a step: cross-entropy of what the expert advises, speed and turn as one choice."""

import keras
from keras import ops


def loss():
    """Cross-entropy of a step in nats, as a Keras loss."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def agreement(labels, logits):
    """1 for each step at which speed and turn are the expert's, `(B, T)`."""
    same = ops.equal(ops.cast(ops.argmax(logits, -1), "int32"), ops.cast(labels, "int32"))
    return ops.cast(same, "float32")


def metrics():
    """Cross-entropy and agreement, as Keras metrics."""
    nats = keras.losses.sparse_categorical_crossentropy
    return [
        keras.metrics.MeanMetricWrapper(nats, name="crossentropy", from_logits=True),
        keras.metrics.MeanMetricWrapper(agreement, name="accuracy"),
    ]
