"""Frames of videos: a network applied to each, and masks from the lengths of clips."""

import keras
from keras import layers, ops

from zoo.layers.images import SMALL, image_encoder

SMALLEST_GRID = 4  # positions a side at which the small network stops halving


@keras.saving.register_keras_serializable(package="zoo")
class EachFrame(keras.layers.Layer):
    """A network applied to each frame by itself, all frames of a batch at once.

    Keras' `TimeDistributed` gives the same, one step after the other.

    Args:
        network: A `keras.Model` of pictures.

    Inputs:
        frames: `(B, T, H, W, C)`.

    Outputs:
        features: `(B, T, D)`, or what else the network makes of a picture.
    """

    step_by_step = True  # so `zoo.streaming` takes it

    def __init__(self, network, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)  # the network casts by its own policy
        self.network = network

    def call(self, frames, training=None):
        rows, steps = ops.shape(frames)[:2]
        flat = ops.reshape(frames, (-1, *frames.shape[2:]))  # (B * T, H, W, C)
        found = self.network(flat, training=training)
        return ops.reshape(found, (rows, steps, *found.shape[1:]))

    def compute_output_spec(self, frames, training=None):
        one = keras.KerasTensor((None, *frames.shape[2:]), dtype=frames.dtype)
        found = self.network.compute_output_spec(one)
        return keras.KerasTensor((*frames.shape[:2], *found.shape[1:]), dtype=found.dtype)

    def get_config(self):
        network = keras.saving.serialize_keras_object(self.network)
        return {**super().get_config(), "network": network}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("network")), **config)


@keras.saving.register_keras_serializable(package="zoo")
class LengthMask(keras.layers.Layer):
    """Mask of the first steps of each row, as many as its length says.

    A row of no steps counts as one of one step, which keeps its output finite.

    Inputs:
        lengths: `(B,)` whole numbers.
        sequence: `(B, T, …)`, of which only `T` counts.

    Outputs:
        mask: `(B, T)` bool.
    """

    def call(self, lengths, sequence):
        step = ops.arange(ops.shape(sequence)[1], dtype="int32")
        return step[None] < ops.maximum(ops.cast(lengths, "int32"), 1)[:, None]

    def compute_output_spec(self, lengths, sequence):
        return keras.KerasTensor(sequence.shape[:2], dtype="bool")


def frame_encoder(frame_shape, cnn=SMALL, cnn_weights=None, train_cnn=True, filters=32):
    """A network from the pixels of a frame to a vector.

    Args:
        frame_shape: `(H, W, C)`; `C` is 3 unless the network is `"small"`.
        cnn: `"small"`: convolutions that halve the frame until its grid is 4 x 4 or less, whose
            positions are kept; or the name of a network of `keras.applications`, the mean of whose
            positions is taken.
        cnn_weights: `"imagenet"`, a file of weights without top, or None for random ones.
        train_cnn: Whether its weights are trained.
        filters: Width of the small network, half of it in the first convolution.

    Returns:
        A `keras.Model` named `"cnn"`, from `(B, H, W, C)` pixels from 0 to 255 to `(B, D)`.

    Raises:
        ValueError: If the network is unknown, or refuses the shape or the weights.
    """
    if cnn != SMALL:
        if frame_shape[-1] != 3:
            raise ValueError(f"frame_shape must be (H, W, 3) for {cnn}; got {tuple(frame_shape)}.")
        return mean_of_positions(image_encoder(frame_shape, cnn, cnn_weights, train_cnn))
    if cnn_weights:
        raise ValueError(f"There are no weights for the cnn {SMALL!r}; got {cnn_weights!r}.")
    image = keras.Input(frame_shape, dtype="float32", name="pixels")
    x = layers.Rescaling(1 / 127.5, -1.0, dtype="float32", name="rescale")(image)
    number = 0
    while number == 0 or max(x.shape[1:3]) > SMALLEST_GRID:
        number += 1
        width = max(1, filters // 2) if number == 1 else filters
        x = layers.Conv2D(
            width, 3, 2, "same", "channels_last", use_bias=False, name=f"conv_{number}"
        )(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"norm_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(x)
    x = layers.Flatten("channels_last", name="positions")(x)  # (B, h * w * filters)
    model = keras.Model(image, x, name="cnn")
    model.trainable = train_cnn
    return model


def mean_of_positions(encoder):
    """An `image_encoder` and the mean of its grid: `(B, H, W, 3)` to `(B, C)`."""
    mean = layers.GlobalAveragePooling2D("channels_last", name="mean")
    model = keras.Model(encoder.input, mean(encoder.output), name="cnn")
    model.trainable = encoder.trainable
    return model
