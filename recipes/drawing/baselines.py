"""Baselines of DRAW: an autoencoder without strokes, and the mean picture."""

import keras
import numpy as np
from keras import layers, ops

LATENT_DIM = 50


@keras.saving.register_keras_serializable(package="recipes")
class Latent(keras.layers.Layer):
    """A latent vector from its means and logarithms of deviations, `(B, 2 * latent_dim)`.

    Gives the vector, the divergence from the prior, and the logarithm of its probability under the
    prior over that under the posterior, the latter two `(B, 1)`.
    """

    def __init__(self, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, posterior, training=False):
        mean, log_deviation = ops.split(posterior, 2, axis=1)
        noise = ops.zeros_like(mean)
        if training:
            noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        latent = mean + ops.exp(log_deviation) * noise
        terms = ops.square(mean) + ops.expm1(2 * log_deviation) - 2 * log_deviation
        ratio = (ops.square(noise) - ops.square(latent)) / 2 + log_deviation
        sums = (ops.sum(x, axis=1, keepdims=True) for x in (terms / 2, ratio))
        return latent, *sums


def autoencoder(image_shape, parameters, num_classes=None):
    """A variational autoencoder of two hidden layers each way, with the outputs of `zoo.draw`.

    Reference: Kingma & Welling (2014), "Auto-encoding variational Bayes",
    https://arxiv.org/abs/1312.6114.

    Args:
        image_shape: `(H, W, C)`.
        parameters: Their number, as nearly as a whole width of the hidden layers allows.
        num_classes: Number of labels that both halves are told, or None.
    """
    width = hidden_width(int(np.prod(image_shape)), parameters, num_classes or 0)
    image = keras.Input(image_shape, name="image")
    inputs = {"image": image}
    x = layers.Flatten(name="flat")(layers.Rescaling(1 / 255, name="scale")(image))
    told = []
    if num_classes:
        inputs["label"] = keras.Input((), dtype="int32", name="label")
        told = [layers.CategoryEncoding(num_classes, "one_hot", name="one_hot")(inputs["label"])]
        x = layers.Concatenate(name="seen")([x, *told])
    for number in (1, 2):
        x = layers.Dense(width, "relu", name=f"encoder_{number}")(x)
    posterior = layers.Dense(2 * LATENT_DIM, dtype="float32", name="posterior")(x)
    x, divergence, ratio = Latent(name="latent")(posterior)
    if told:
        x = layers.Concatenate(name="asked")([x, *told])
    for number in (1, 2):
        x = layers.Dense(width, "relu", name=f"decoder_{number}")(x)
    x = layers.Dense(int(np.prod(image_shape)), dtype="float32", name="pixels")(x)
    logits = layers.Reshape(image_shape, name="logits")(x)
    return keras.Model(
        inputs, {"logits": logits, "kl": divergence, "log_ratio": ratio}, name="autoencoder"
    )


def hidden_width(pixels, parameters, num_classes):
    """Width of the hidden layers with which the autoencoder has so many parameters."""
    # Two squares, and for each unit its rows and biases: 2 w^2 + b w + c parameters.
    b = 2 * pixels + 3 * LATENT_DIM + 2 * num_classes + 4
    c = 2 * LATENT_DIM + pixels - parameters
    return max(1, round((-b + max(0, b * b - 8 * c) ** 0.5) / 4))


def mean_picture(mean, images):
    """Nats of pictures whose pixels are independent, each white as often as in the training.

    Args:
        mean: `(H, W, C)` shares of white.
        images: `(N, H, W, C)` uint8, black or white.
    """
    mean = np.clip(mean, 1e-4, 1 - 1e-4)
    white = images / 255
    return float(-(white * np.log(mean) + (1 - white) * np.log(1 - mean)).sum((1, 2, 3)).mean())
