"""The loss of a detector, frame by frame, and its optimizer."""

import keras
from keras import ops

from recipes.common.training import optimizer


@keras.saving.register_keras_serializable(package="recipes")
class FrameCrossentropy(keras.losses.Loss):
    """Binary cross-entropy of each frame, labels and logits `(B, T)`, in nats."""

    def __init__(self, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, labels, logits):
        return crossentropy(labels, logits)


def crossentropy(labels, logits):
    """Binary cross-entropy in nats, `(B, T)` float32."""
    return ops.softplus(logits) - labels * logits


def compile_model(model, config, steps_per_epoch):
    """Set loss, metric and optimizer of a detector."""
    optimizer.compile_model(
        model,
        config,
        steps_per_epoch,
        FrameCrossentropy(),
        keras.metrics.MeanMetricWrapper(crossentropy, name="crossentropy"),
    )
