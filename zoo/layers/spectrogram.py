"""Mel energies of sound: overlapping windows, a Fourier transform, and bands on the mel scale.

Everything here is causal and without weights. A single step takes only products and sums, which
every runtime has, so that a model can be exported with its front end inside.
"""

import functools

import keras
import numpy as np
from keras import layers, ops

ROWS, COLUMNS = 16, 32
POINTS = ROWS * COLUMNS  # of the Fourier transform


@keras.saving.register_keras_serializable(package="zoo")
class Frames(layers.Layer):
    """Overlapping windows of samples, each ending where its hop ends.

    Frame `t` holds the `window` samples before `(t + 1) * hop`; there is silence before the first
    sample. Samples after the last whole hop are left out.

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
        hops = -(-self.window // self.hop)  # a window begins in one and ends in the last of these
        number = (ops.shape(samples)[1] - self.window + self.hop) // self.hop
        used = samples[:, : (number - 1) * self.hop + self.window]
        used = ops.pad(used, ((0, 0), (0, hops * self.hop - self.window)))
        parts = ops.reshape(used, (ops.shape(samples)[0], number + hops - 1, self.hop))
        ends = [min(self.hop, self.window - i * self.hop) for i in range(hops)]
        return ops.concatenate(
            [parts[..., :end][:, i : i + number] for i, end in enumerate(ends)], -1
        )

    def state_shapes(self, features):
        """Shapes of the carried states: the samples with which the next windows begin."""
        return [(self.window - self.hop,)]

    def stream(self, samples, states):
        """The frames of a few hops, `(B, n * hop)`, and the new states."""
        samples = ops.concatenate([states[0], samples], 1)
        kept = ops.shape(samples)[1] - (self.window - self.hop)
        return self._cut(samples), [samples[:, kept:]]

    def compute_output_spec(self, samples):
        rows, length = samples.shape
        number = None if length is None else length // self.hop
        return keras.KerasTensor((rows, number, self.window), dtype=self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "window": self.window, "hop": self.hop}


@keras.saving.register_keras_serializable(package="zoo")
class MelEnergies(layers.Layer):
    """The energy of each window in bands on the mel scale.

    A Hann window, a Fourier transform of 512 points, and triangular bands. For a single step the
    transform is two short ones with twiddle factors between them, which takes 2,600 constants in a
    file where the matrix would take 200,000.

    Reference: Davis & Mermelstein (1980), "Comparison of parametric representations for
    monosyllabic word recognition", https://doi.org/10.1109/TASSP.1980.1163420, for the bands;
    Cooley & Tukey (1965), https://doi.org/10.2307/2003354, for the transform.

    Args:
        num_mels: Number of bands.
        sample_rate: Samples a second.
        lowest: Beginning of the range of the bands, in Hz.
        highest: Its end, in Hz.
        noise_floor: Share of a window's mean power, over all frequencies, that is added at every
            frequency, as by white noise that comes with the voice; softer sounds are hardly told
            apart.

    Inputs:
        frames: `(B, T, window)`, at most 512 samples each.

    Outputs:
        energies: `(B, T, num_mels)` float32.

    Raises:
        ValueError: If the windows are longer.
    """

    step_by_step = True

    def __init__(
        self, num_mels, sample_rate=16_000, lowest=60.0, highest=7600.0, noise_floor=0.0, **kwargs
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.num_mels, self.sample_rate = num_mels, sample_rate
        self.lowest, self.highest, self.noise_floor = lowest, highest, noise_floor

    def build(self, shape):
        if shape[2] > POINTS:
            raise ValueError(f"windows must have at most {POINTS} samples; got {shape[2]}.")

    def call(self, frames):
        bands = mel_bands(
            self.num_mels, self.sample_rate, self.lowest, self.highest, self.noise_floor
        )
        if frames.shape[1] == 1:
            return ops.matmul(_power_of_step(frames), bands)
        windowed = frames * ops.convert_to_tensor(hann(frames.shape[2]), "float32")
        # TensorFlow pads by itself, but not a batch of no rows.
        windowed = ops.pad(windowed, ((0, 0), (0, 0), (0, POINTS - frames.shape[2])))
        real, imaginary = ops.rfft(windowed, POINTS)
        return ops.matmul(ops.square(real) + ops.square(imaginary), in_order(bands))

    def compute_output_spec(self, frames):
        return keras.KerasTensor((*frames.shape[:2], self.num_mels), dtype="float32")

    def get_config(self):
        return {
            **super().get_config(),
            "num_mels": self.num_mels,
            "sample_rate": self.sample_rate,
            "lowest": self.lowest,
            "highest": self.highest,
            "noise_floor": self.noise_floor,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        if "masking" in config:  # its name in older files
            config["noise_floor"] = config.pop("masking")
        return super().from_config(config)


def _power_of_step(frames):
    """The power at each frequency `(B, 1, 288)`, ordered as `frequencies`, of `(B, 1, window)`."""
    rows, steps, window = ops.shape(frames)
    first, turn, second = fourier_parts()
    x = frames * ops.convert_to_tensor(hann(window), "float32")
    x = ops.pad(x, ((0, 0), (0, 0), (0, POINTS - window)))
    x = ops.reshape(x, (rows, steps, ROWS, COLUMNS))
    x = ops.matmul(ops.transpose(x, (0, 1, 3, 2)), first)  # (B, 1, 32, 18): 9 real, 9 imaginary
    real, imaginary = x[..., : ROWS // 2 + 1], x[..., ROWS // 2 + 1 :]
    cosine, sine = (ops.convert_to_tensor(x, "float32") for x in turn)
    x = ops.concatenate(
        [real * cosine - imaginary * sine, real * sine + imaginary * cosine], 2
    )  # (B, 1, 64, 9)
    x = ops.matmul(ops.transpose(x, (0, 1, 3, 2)), second)  # (B, 1, 9, 64)
    power = ops.square(x[..., :COLUMNS]) + ops.square(x[..., COLUMNS:])  # (B, 1, 9, 32)
    return ops.reshape(power, (rows, steps, (ROWS // 2 + 1) * COLUMNS))


def in_order(bands):
    """Bands `(288, M)` for the frequencies of a step, reordered for frequencies in rising order."""
    order = frequencies()
    sorted_bands = np.zeros((POINTS // 2 + 1, bands.shape[1]), np.float32)
    sorted_bands[order[order >= 0]] = bands[order >= 0]
    return sorted_bands


def hann(window):
    """`(window,)`, the periodic Hann window."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32)


@functools.cache
def fourier_parts():
    """The constants of the transform of a step.

    The factor between sample `32 a + b` and frequency `c + 16 d` is a product of three: one of `a`
    and `c`, one of `b` and `c`, one of `b` and `d`. As the samples are real, the frequencies with
    `c` above 8 repeat others.

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
    """`(288,)` frequencies, numbered, in the order of a step, -1 for a repeated one."""
    number = np.arange(ROWS // 2 + 1)[:, None] + ROWS * np.arange(COLUMNS)  # (9, 32)
    number = np.where(number > POINTS // 2, POINTS - number, number).ravel()
    seen, first = np.unique(number, return_index=True)
    order = np.full(len(number), -1)
    order[first] = seen
    return order


@functools.lru_cache(maxsize=8)
def mel_bands(num_mels, sample_rate, lowest, highest, noise_floor=0.0):
    """`(288, num_mels)`, the share of each frequency's power in each band, noise floor included."""

    def to_mel(hertz):
        return 2595 * np.log10(1 + hertz / 700)

    edges = np.linspace(to_mel(lowest), to_mel(highest), num_mels + 2)
    order = frequencies()
    mel = to_mel(np.maximum(order, 0) * sample_rate / POINTS)[:, None]
    rising = (mel - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mel) / (edges[2:] - edges[1:-1])
    known = (order >= 0)[:, None]
    bands = np.maximum(0, np.minimum(rising, falling)) * known
    bands += noise_floor * bands.sum(0) * known / (POINTS // 2 + 1)
    return bands.astype(np.float32)
