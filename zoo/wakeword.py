"""Synced many to many: a detector of a phrase, with an answer for each frame of sound."""

import keras
from keras import layers

from zoo.layers.checks import check_sizes
from zoo.layers.loudness import LevelCell, LogEnergies, NormalisedEnergies, SpectrogramMask
from zoo.layers.recurrent import recurrent_layer
from zoo.layers.spectrogram import POINTS, Frames, MelEnergies

FEATURES = ("log_mel", "pcen", "both")


def wakeword_detector(
    num_samples=None,
    *,
    sample_rate=16_000,
    num_mels=40,
    noise_floor=0.02,
    features="both",
    filters=32,
    kernel_size=4,
    units=64,
    num_layers=2,
    cell="gru",
    dropout=0.2,
    mask_steps=20,
    mask_mels=8,
    name="wakeword_detector",
):
    """Detect a phrase: a logit for every frame of 10 ms that the phrase has just ended.

    Samples are cut into windows of 25 ms, each becoming energies in mel bands, compressed by a
    logarithm, by per-channel normalisation, or by both side by side. A convolution that looks back,
    then recurrent layers, then a logit a frame. The model is causal: no output depends on a later
    sample, and `zoo.streaming` gives the model that listens as the sound comes in.

    Reference: Arik et al. (2017), "Convolutional recurrent neural networks for small-footprint
    keyword spotting", https://arxiv.org/abs/1703.05390, section 2, for convolution before
    recurrence; Wang et al. (2017), "Trainable frontend for robust and far-field keyword spotting",
    https://arxiv.org/abs/1607.05666, for the normalisation; Park et al. (2019), "SpecAugment",
    https://arxiv.org/abs/1904.08779, for the masks in training.

    Notes:
        One convolution over time instead of one over time and frequency with strides, one direction
        instead of two, and an output a frame instead of one a clip, so that it can stream. The
        noise floor is in none of the papers.

    Size: 54,433 parameters by default.

    Args:
        num_samples: Samples of every input, or None for any number.
        sample_rate: Samples a second, at most 20,480, of which 25 ms are one Fourier transform.
        num_mels: Number of mel bands.
        noise_floor: Share of a frame's mean power that is added at every frequency, as by noise
            that comes with the voice; softer sounds are hardly told apart.
        features: `"log_mel"`, `"pcen"` or `"both"`.
        filters: Width of the convolution.
        kernel_size: Frames that the convolution looks at, the present one and those before it.
        units: Width of the recurrent state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        dropout: Share of features to drop between the layers.
        mask_steps: Longest run of frames that is masked in training.
        mask_mels: Longest run of bands that is masked in training.
        name: Name of the model.

    Inputs:
        samples: `(B, N)` float32 from -1 to 1, at least one hop of `sample_rate / 100` samples.

    Outputs:
        logits: `(B, N // hop)` float32, one a frame; frame `t` has heard `(t + 1) * hop` samples.

    Raises:
        ValueError: If `cell` or `features` is unknown, a size is below one, `sample_rate` is too
            high, or `noise_floor` below 0.
    """
    check_sizes(
        num_samples=num_samples,
        sample_rate=sample_rate,
        num_mels=num_mels,
        filters=filters,
        kernel_size=kernel_size,
        units=units,
        num_layers=num_layers,
    )
    if features not in FEATURES:
        raise ValueError(f"features must be one of {', '.join(FEATURES)}; got {features!r}.")
    if noise_floor < 0:
        raise ValueError(f"noise_floor must be at least 0; got {noise_floor}.")
    hop, window = sample_rate // 100, sample_rate // 40
    if window > POINTS:
        raise ValueError(f"sample_rate must be at most {40 * POINTS}; got {sample_rate}.")
    if num_samples is not None and num_samples < hop:
        raise ValueError(f"num_samples must be at least {hop}, one frame; got {num_samples}.")

    samples = keras.Input((num_samples,), dtype="float32", name="samples")
    frames = Frames(window, hop, dtype="float32", name="frames")(samples)  # (B, T, window)
    energies = MelEnergies(
        num_mels,
        sample_rate,
        highest=min(7600.0, 0.475 * sample_rate),
        noise_floor=noise_floor,
        name="energies",
    )(frames)  # (B, T, num_mels)
    views = []
    if features in ("log_mel", "both"):
        views.append(LogEnergies(name="log_mel")(energies))
    if features in ("pcen", "both"):
        levels = layers.RNN(
            LevelCell(num_mels), return_sequences=True, dtype="float32", name="levels"
        )(energies)
        views.append(NormalisedEnergies(name="pcen")(energies, levels))
    # Each loses runs of its own, which can be told from the other.
    views = [
        SpectrogramMask(mask_steps, mask_mels, dtype="float32", name=f"mask_{number}")(view)
        for number, view in enumerate(views, start=1)
    ]
    x = layers.Concatenate(name="features")(views) if len(views) > 1 else views[0]
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv1D(
        filters,
        kernel_size,
        padding="causal",
        data_format="channels_last",
        activation="relu",
        name="conv",
    )(x)  # (B, T, filters)
    for number in range(1, num_layers + 1):
        x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)
        x = recurrent_layer(cell, units, name=f"recurrent_{number}")(x)  # (B, T, units)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Dense(1, dtype="float32", name="logit")(x)  # (B, T, 1)
    logits = layers.Reshape((-1,), dtype="float32", name="logits")(x)  # (B, T)
    return keras.Model({"samples": samples}, logits, name=name)
