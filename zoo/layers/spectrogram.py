"""From samples to features, frame by frame: windows, mel energies, and two ways to compress them.

Everything here is causal and is made of products and sums that every runtime has, so that a model
with its front end inside can be exported. Nothing has weights.
"""

import functools
import math

import keras
import numpy as np
from keras import layers, ops

FLOOR = 1e-6  # energy below which nothing is told apart: what 16-bit samples round away
ROWS, COLUMNS = 16, 32
POINTS = ROWS * COLUMNS  # of the Fourier transform


@keras.saving.register_keras_serializable(package="zoo")
class Frames(layers.Layer):
    """Cuts samples into overlapping windows, each ending where its hop ends.

    Frame `t` holds the `window` samples before `(t + 1) * hop`; before the first sample is silence.
    Samples after the last whole hop are left out.

    Args:
        window: Samples a frame.
        hop: Samples between frames, at most `window`.

    Inputs:
        samples: `(B, N)`.

    Outputs:
        frames: `(B, N // hop, window)`.
    """

    def __init__(self, window=400, hop=160, **kwargs):
        super().__init__(**kwargs)
        self.window, self.hop = window, hop

    def call(self, samples):
        return self._cut(ops.pad(samples, ((0, 0), (self.window - self.hop, 0))))

    def _cut(self, samples):
        """`(B, window - hop + N)` to `(B, N // hop, window)`."""
        part = math.gcd(self.window, self.hop)  # both are a number of these
        stride, length = self.hop // part, self.window // part
        number = (ops.shape(samples)[1] - self.window + self.hop) // self.hop
        used = (number - 1) * self.hop + self.window
        shape = (ops.shape(samples)[0], used // part, part)
        parts = ops.reshape(samples[:, :used], shape)
        end = (number - 1) * stride + 1
        return ops.concatenate(
            [parts[:, first : first + end : stride] for first in range(length)], -1
        )

    def state_shapes(self, features):
        """What is carried from step to step: the samples that the next windows begin with."""
        return [(self.window - self.hop,)]

    def stream(self, samples, states):
        """A step of `hop` samples or several, `(B, n * hop)`, with what came before it."""
        samples = ops.concatenate([states[0], samples], 1)
        return self._cut(samples), [samples[:, -(self.window - self.hop) :]]

    def compute_output_spec(self, samples):
        rows, length = samples.shape
        number = None if length is None else length // self.hop
        return keras.KerasTensor((rows, number, self.window), dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "window": self.window, "hop": self.hop}


@keras.saving.register_keras_serializable(package="zoo")
class MelEnergies(layers.Layer):
    """The energy of each window in bands that are spaced as the ear spaces pitches.

    A Hann window, a Fourier transform of 512 points as two short ones with a turn between them
    (which takes 2,600 constants, where one matrix would take 200,000), and triangular bands on the
    mel scale.

    Reference: Davis & Mermelstein (1980), "Comparison of parametric representations for
    monosyllabic word recognition", https://doi.org/10.1109/TASSP.1980.1163420, for the bands;
    Cooley & Tukey (1965), https://doi.org/10.2307/2003354, for the transform.

    Args:
        num_mels: Number of bands.
        sample_rate: Samples a second.
        lowest, highest: Ends of the range of the bands, in Hz.

    Inputs:
        frames: `(B, T, window)`, at most 512 samples each.

    Outputs:
        energies: `(B, T, num_mels)` float32.
    """

    step_by_step = True

    def __init__(self, num_mels, sample_rate=16_000, lowest=60.0, highest=7600.0, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_mels, self.sample_rate = num_mels, sample_rate
        self.lowest, self.highest = lowest, highest

    def call(self, frames):
        rows, steps, window = ops.shape(frames)
        first, turn, second = fourier_parts()
        x = frames * hann(window)
        x = ops.pad(x, ((0, 0), (0, 0), (0, POINTS - window)))
        x = ops.reshape(x, (rows, steps, ROWS, COLUMNS))
        x = ops.matmul(ops.transpose(x, (0, 1, 3, 2)), first)  # (B, T, 32, 18): 9 real, 9 imaginary
        real, imaginary = x[..., : ROWS // 2 + 1], x[..., ROWS // 2 + 1 :]
        cosine, sine = turn
        x = ops.concatenate(
            [real * cosine - imaginary * sine, real * sine + imaginary * cosine], 2
        )  # (B, T, 64, 9)
        x = ops.matmul(ops.transpose(x, (0, 1, 3, 2)), second)  # (B, T, 9, 64)
        power = ops.square(x[..., :COLUMNS]) + ops.square(x[..., COLUMNS:])  # (B, T, 9, 32)
        power = ops.reshape(power, (rows, steps, (ROWS // 2 + 1) * COLUMNS))
        bands = mel_bands(self.num_mels, self.sample_rate, self.lowest, self.highest)
        return ops.matmul(power, bands)

    def compute_output_spec(self, frames):
        return keras.KerasTensor((*frames.shape[:2], self.num_mels), dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "num_mels": self.num_mels,
            "sample_rate": self.sample_rate,
            "lowest": self.lowest,
            "highest": self.highest,
        }


def hann(window):
    """`(window,)`, the periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)


@functools.cache
def fourier_parts():
    """The constants of the transform.

    Sample `32 a + b` and frequency `c + 16 d` meet in three factors: one of `a` and `c`, one of `b`
    and `c`, one of `b` and `d`. As the samples are real, the frequencies with `c` above 8 repeat
    others.

    Returns:
        `(16, 18)` for the first, real parts before imaginary ones; cosine and sine `(32, 9)` for
        the second; `(64, 64)` for the third.
    """
    a, c = np.arange(ROWS), np.arange(ROWS // 2 + 1)
    b, d = np.arange(COLUMNS), np.arange(COLUMNS)
    first = np.exp(-2j * np.pi * np.outer(a, c) / ROWS)
    turn = np.exp(-2j * np.pi * np.outer(b, c) / POINTS)
    second = np.exp(-2j * np.pi * np.outer(b, d) / COLUMNS)
    both = np.block([[second.real, second.imag], [-second.imag, second.real]])
    first = np.concatenate([first.real, first.imag], 1)
    return (
        first.astype(np.float32),
        (turn.real.astype(np.float32), turn.imag.astype(np.float32)),
        both.astype(np.float32),
    )


def frequencies():
    """`(288,)` numbers of the frequencies in the order of `MelEnergies`, -1 for a repeated one."""
    number = np.arange(ROWS // 2 + 1)[:, None] + ROWS * np.arange(COLUMNS)  # (9, 32)
    number = np.where(number > POINTS // 2, POINTS - number, number).ravel()
    seen, first = np.unique(number, return_index=True)
    order = np.full(len(number), -1)
    order[first] = seen
    return order


@functools.lru_cache(maxsize=8)
def mel_bands(num_mels, sample_rate, lowest, highest):
    """`(288, num_mels)`, the share of each frequency's power in each band."""

    def to_mel(hertz):
        return 2595 * np.log10(1 + hertz / 700)

    edges = np.linspace(to_mel(lowest), to_mel(highest), num_mels + 2)
    order = frequencies()
    mel = to_mel(np.maximum(order, 0) * sample_rate / POINTS)[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    bands = np.maximum(0, np.minimum(rising, falling)) * (order >= 0)[:, None]
    return bands.astype(np.float32)


@keras.saving.register_keras_serializable(package="zoo")
class LogEnergies(layers.Layer):
    """The logarithm of energies, moved and scaled so that speech lies about -1 to 1.

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
        The average of the levels starts from the first frame: it is divided by the weight that its
        steps so far have.

    Args:
        gain: How much of the level is taken out, from 0 to 1.
        offset, power: Of the root that compresses what is left.

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
        ratio = energies * ops.exp(-self.gain * ops.log(levels + FLOOR))
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
        share: What a new input counts.

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
    """In training, blanks out a run of steps and a run of bands, so that none is relied upon.

    Reference: Park et al. (2019), "SpecAugment: a simple data augmentation method for automatic
    speech recognition", https://arxiv.org/abs/1904.08779, section 2.

    Args:
        steps, bands: The longest runs; lengths and places are drawn for each row. 0 masks nothing.
        seed: Seed of the masks.

    Inputs:
        spectrogram: `(B, T, M)`.

    Outputs:
        spectrogram: `(B, T, M)`.
    """

    step_by_step = True

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
        length = drawn[:, :1] * longest
        start = drawn[:, 1:] * (ops.cast(number, "float32") - length)
        place = ops.arange(number, dtype="float32")[None]
        return ops.logical_or(place < start, place >= start + length)

    def get_config(self):
        return {**super().get_config(), "steps": self.steps, "bands": self.bands, "seed": self.seed}
