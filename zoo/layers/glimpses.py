"""Glimpses: a sensor that sees a small part of a picture, and the choice of where it looks next."""

import math

import keras
from keras import layers, ops

LOCATIONS = ("reinforced", "differentiable", "random")
# Adam moves a weight by about the learning rate, however noisy what it is taught by. Rewards are so
# noisy that locations would soon be driven to the border, where the gradient of tanh ends.
SLOWLY = 0.1


def check_locations(locations):
    """Refuse unknown ways to come by locations.

    Raises:
        ValueError: Naming the known ones.
    """
    if locations not in LOCATIONS:
        raise ValueError(f"locations must be one of {', '.join(LOCATIONS)}; got {locations!r}.")


@keras.saving.register_keras_serializable(package="zoo")
class GlimpseSensor(layers.Layer):
    """Square patches of a picture around a location, each twice as wide as the one before.

    All patches are given in the size of the first: a number of a wider one is the mean over a
    square of pixels. A location between pixels is read bilinearly, so a gradient reaches it; beyond
    the border there are zeros.

    Reference: Mnih et al. (2014), "Recurrent models of visual attention",
    https://arxiv.org/abs/1406.6247, section 3.1, the glimpse sensor.

    Args:
        glimpse_size: Height and width of a patch, pixels.
        scales: Number of patches.

    Inputs:
        picture: `(B, C, H, W)`, as `channels_first` gives it.
        location: `(B, 2)`, row and column of the centre, from -1 to 1 from border to border.

    Outputs:
        patches: `(B, glimpse_size, glimpse_size, scales * C)`, the finest first.
    """

    def __init__(self, glimpse_size, scales=1, **kwargs):
        # In half precision a location would be off by a share of a pixel.
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.glimpse_size = glimpse_size
        self.scales = scales
        self.built = True

    def call(self, picture, location):
        size, (_, channels, height, width) = self.glimpse_size, picture.shape
        patches = []
        for step in (2**scale for scale in range(self.scales)):
            rows = self._shares(location[:, 0], height, step)  # (B, 1, size, H)
            columns = self._shares(location[:, 1], width, step)  # (B, 1, size, W)
            patch = ops.matmul(rows, picture)  # (B, C, size, W)
            patches.append(ops.matmul(patch, ops.transpose(columns, (0, 1, 3, 2))))
        if channels == 1 and self.scales == 1:
            return ops.reshape(patches[0], (-1, size, size, 1))
        return ops.transpose(ops.concatenate(patches, 1), (0, 2, 3, 1))

    def _shares(self, location, length, step):
        """Shares of a picture's lines in those of a patch, `(B, 1, size, length)`."""
        centre = (location + 1) * (length / 2) - 0.5  # (B,)
        offsets = (ops.arange(self.glimpse_size, dtype="float32") - (self.glimpse_size - 1) / 2) * (
            step
        )
        lines = ops.arange(length, dtype="float32")
        # A mean of `step` bilinear reads, one pixel apart, is a trapezoid over the lines.
        away = ops.abs(lines - (centre[:, None] + offsets)[:, :, None])
        return ops.clip((step + 1) / 2 - away, 0, 1)[:, None] * (1 / step)

    def compute_output_spec(self, picture, location):
        size, channels = self.glimpse_size, self.scales * picture.shape[1]
        return keras.KerasTensor((picture.shape[0], size, size, channels), dtype="float32")

    def get_config(self):
        config = super().get_config()
        return {**config, "glimpse_size": self.glimpse_size, "scales": self.scales}


def channels_first(image):
    """A picture `(B, H, W, C)` as the sensor takes it, `(B, C, H, W)`."""
    if image.shape[-1] == 1:
        return ops.reshape(image, (-1, 1, *image.shape[1:3]))
    return ops.transpose(image, (0, 3, 1, 2))


@keras.saving.register_keras_serializable(package="zoo")
class Locator(layers.Layer):
    """The next location, from the state of a recurrent layer.

    Two dense layers give its mean; in training it is drawn around that from a normal distribution,
    and its logarithm of probability is what REINFORCE follows.

    Reference: Mnih et al. (2014), https://arxiv.org/abs/1406.6247, section 3.1, the location
    network.

    Args:
        units: Width of the hidden layer.
        std: Standard deviation of the locations drawn in training.
        locations: `"reinforced"` (no gradient passes the location that was drawn),
            `"differentiable"` (it does) or `"random"`: anywhere in the picture, in training and
            after it, without weights.
        seed: Seed of what is drawn.

    Inputs:
        state: `(B, units)`.

    Outputs:
        location: `(B, 2)` float32, from -1 to 1.
        log_probability: `(B,)` float32, of the location that was drawn; zeros where none was.
    """

    def __init__(self, units, std, locations="reinforced", seed=None, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        check_locations(locations)
        self.units, self.std, self.locations, self.seed = units, std, locations, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        if locations != "random":
            self.hidden = layers.Dense(units, activation="relu", dtype="float32", name="hidden")
            self.mean = layers.Dense(2, dtype="float32", name="mean")

    def build(self, state_shape):
        if self.locations != "random":
            self.hidden.build(state_shape)
            self.mean.build((None, self.units))
        self.built = True

    def call(self, state, training=False):
        shape = (ops.shape(state)[0], 2)
        if self.locations == "random":
            location = keras.random.uniform(shape, -1, 1, "float32", seed=self.seed_generator)
            return location, ops.zeros_like(location[:, 0])
        reinforced = self.locations == "reinforced"
        mean = ops.tanh(SLOWLY * self.mean(self.hidden(state)))
        drawn = mean
        if training:
            noise = keras.random.normal(shape, dtype="float32", seed=self.seed_generator)
            drawn = mean + self.std * noise
        if reinforced:
            # The score function needs the gradient of the mean alone.
            drawn = ops.stop_gradient(drawn)
        away = (drawn - mean) / self.std
        constant = math.log(2 * math.pi * self.std**2)
        log_probability = -ops.sum(away * away, -1) / 2 - constant
        return ops.clip(drawn, -1, 1), log_probability

    def compute_output_spec(self, state, training=False):
        rows = state.shape[0]
        return keras.KerasTensor((rows, 2), "float32"), keras.KerasTensor((rows,), "float32")

    def get_config(self):
        config = {"units": self.units, "std": self.std, "locations": self.locations}
        return {**super().get_config(), **config, "seed": self.seed}
