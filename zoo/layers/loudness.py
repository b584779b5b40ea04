"""Features from mel energies: their logarithm, and their ratio to their own recent level."""

import keras
from keras import layers, ops

FLOOR = 1e-6  # energies below it are alike: 16-bit samples round them away
# A level may be lower: in deep silence too, sound is measured against its past.
LEVEL_FLOOR = 1e-9


@keras.saving.register_keras_serializable(package="zoo")
class LogEnergies(layers.Layer):
    """The logarithm of energies, shifted and scaled so that speech lies about -1 to 1.

    Inputs:
        energies: `(B, T, M)`.

    Outputs:
        levels: `(B, T, M)`.
    """

    step_by_step = True

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})

    def call(self, energies):
        return 0.2 * ops.log(energies + FLOOR) + 1.0


@keras.saving.register_keras_serializable(package="zoo")
class NormalisedEnergies(layers.Layer):
    """Per-channel energy normalisation: each band against its own level of the last half second.

    Reference: Wang et al. (2017), "Trainable frontend for robust and far-field keyword spotting",
    https://arxiv.org/abs/1607.05666, section 2, with the constants given there.

    Notes:
        The average of the levels starts from the first frame: it is divided by the sum of the
        weights of its steps so far.

    Args:
        gain: Exponent of the level by which energies are divided, from 0 to 1.
        offset: Added to the ratio before the root that compresses it.
        power: Exponent of that root.

    Inputs:
        energies: `(B, T, M)`.
        levels: `(B, T, M)`, of `LevelCell`.

    Outputs:
        normalised: `(B, T, M)`.
    """

    step_by_step = True

    def __init__(self, gain=0.98, offset=2.0, power=0.5, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.gain, self.offset, self.power = gain, offset, power

    def call(self, energies, levels):
        ratio = energies * ops.exp(-self.gain * ops.log(levels + LEVEL_FLOOR))
        return ops.power(ratio + self.offset, self.power) - self.offset**self.power

    def compute_output_spec(self, energies, levels):
        return keras.KerasTensor(energies.shape, dtype="float32")

    def get_config(self):
        config = {"gain": self.gain, "offset": self.offset, "power": self.power}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="zoo")
class LevelCell(layers.Layer):
    """A cell without weights whose output is the running mean of its inputs.

    Args:
        num_mels: Width of the input.
        share: Weight of a new input.

    Inputs:
        energies: `(B, M)`, with states `(B, M)` and `(B, 1)`: the sum so far and its weight.

    Outputs:
        level: `(B, M)`, and the new states.
    """

    def __init__(self, num_mels, share=0.025, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_mels, self.share = num_mels, share
        self.state_size = [num_mels, 1]
        self.output_size = num_mels

    def call(self, energies, states):
        total, weight = states
        total = (1 - self.share) * total + self.share * energies
        weight = (1 - self.share) * weight + self.share
        return total / weight, [total, weight]

    def get_config(self):
        return {**super().get_config(), "num_mels": self.num_mels, "share": self.share}


@keras.saving.register_keras_serializable(package="zoo")
class SpectrogramMask(layers.Layer):
    """SpecAugment: in training, masks a run of steps and a run of bands of each row.

    Reference: Park et al. (2019), "SpecAugment: a simple data augmentation method for automatic
    speech recognition", https://arxiv.org/abs/1904.08779, section 2.

    Args:
        steps, bands: The longest runs; lengths and positions are drawn for each row. 0 masks
            nothing, and no run is longer than half of all steps or bands.
        seed: Seed of the masks; None draws one, so that `keras.utils.set_random_seed` decides.

    Inputs:
        spectrogram: `(B, T, M)`.

    Outputs:
        spectrogram: `(B, T, M)`.
    """

    identity_at_inference = True

    def __init__(self, steps=0, bands=0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.steps, self.bands, self.seed = steps, bands, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, spectrogram, training=False):
        if not training:
            return spectrogram
        rows, length, width = ops.shape(spectrogram)
        kept = self._keep(rows, length, self.steps)[:, :, None]
        kept = ops.logical_and(kept, self._keep(rows, width, self.bands)[:, None])
        return ops.where(kept, spectrogram, 0.0)

    def _keep(self, rows, number, longest):
        """`(rows, number)` bool, False in one run of each row."""
        drawn = keras.random.uniform((rows, 2), seed=self.seed_generator, dtype="float32")
        length = drawn[:, :1] * ops.minimum(float(longest), ops.cast(number, "float32") / 2)
        start = drawn[:, 1:] * (ops.cast(number, "float32") - length)
        position = ops.arange(number, dtype="float32")[None]
        return ops.logical_or(position < start, position >= start + length)

    def get_config(self):
        return {**super().get_config(), "steps": self.steps, "bands": self.bands, "seed": self.seed}
