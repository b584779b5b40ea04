"""The variational bound of a model that paints pictures, as something to train."""

import keras
from keras import ops


class Bound(keras.Model):
    """The parts of the bound of each picture, in nats, with latent vectors drawn anew.

    Outputs are `(B, 2 + T)`: the cross-entropy of the picture, summed over its pixels; the
    logarithm of the latent vectors' probability under the prior over that under the posterior; and
    the divergence of each stroke.

    Args:
        painter: A model of `zoo.draw`, or another one with its outputs and a seed generator.
    """

    def __init__(self, painter, **kwargs):
        super().__init__(name=painter.name, **kwargs)
        self.painter = painter
        self.built = True  # the painter is

    def call(self, inputs, training=False):
        painted = self.painter(inputs, training=True)  # samples, in validation as well
        white = inputs["image"] / 255
        logits = painted["logits"]
        nats = ops.sum(ops.softplus(logits) - white * logits, axis=(1, 2, 3))  # (B,)
        ratio = ops.sum(painted["log_ratio"], axis=1)
        return ops.concatenate([nats[:, None], ratio[:, None], painted["kl"]], axis=1)

    def reseed(self, seed):
        """Let the latent vectors that follow depend on the seed alone."""
        for layer in self.painter.layers:
            if generator := getattr(layer, "seed_generator", None):
                generator.state.assign(ops.convert_to_tensor([seed, 0], generator.state.dtype))


def bound(parts):
    """Upper bound of the negative log-likelihood of each picture, `(B,)`, of outputs of `Bound`."""
    return parts[:, 0] + divergence(parts)


def divergence(parts):
    """The divergence of all strokes of each picture, `(B,)`."""
    return ops.sum(parts[:, 2:], axis=1)


@keras.saving.register_keras_serializable(package="recipes")
class BoundLoss(keras.losses.Loss):
    """The bound as loss; the labels have no part in it."""

    def call(self, labels, parts):
        return bound(parts)


def metrics():
    """The evidence lower bound and the divergence, their means over the pictures that count."""
    return [
        keras.metrics.MeanMetricWrapper(lambda _, parts: -bound(parts), name="elbo"),
        keras.metrics.MeanMetricWrapper(lambda _, parts: divergence(parts), name="divergence"),
    ]
