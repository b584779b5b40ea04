"""The front end: windows that end with their hops, energies of a Fourier transform, noise floor."""

import numpy as np
import pytest

import zoo
from zoo.layers.spectrogram import POINTS, Frames, MelEnergies, hann, in_order, mel_bands


@pytest.mark.parametrize(
    ("window", "hop"), [(400, 160), (200, 80), (275, 110), (512, 204), (160, 160), (100, 90)]
)
@pytest.mark.parametrize("hops", [1, 6])
def test_windows_end_where_their_hops_end(window, hop, hops):
    samples = np.random.default_rng(0).normal(size=(2, hops * hop + hop - 1)).astype("float32")
    frames = np.asarray(Frames(window, hop)(samples))
    padded = np.pad(samples, ((0, 0), (window, 0)))
    expected = [padded[:, (t + 1) * hop : (t + 1) * hop + window] for t in range(hops)]
    np.testing.assert_array_equal(frames, np.stack(expected, 1))


@pytest.mark.parametrize(("window", "hop"), [(400, 160), (160, 160)])
def test_windows_of_a_stream_are_those_of_the_whole(window, hop):
    samples = np.random.default_rng(1).normal(size=(1, 9 * hop)).astype("float32")
    layer = Frames(window, hop)
    states, heard = [np.zeros((1, window - hop), "float32")], []
    for start, count in ((0, 1), (1, 3), (4, 5)):
        piece = samples[:, start * hop : (start + count) * hop]
        frames, states = layer.stream(piece, states)
        heard.append(np.asarray(frames))
    np.testing.assert_array_equal(np.concatenate(heard, 1), np.asarray(layer(samples)))


@pytest.mark.parametrize("noise_floor", [0.0, 0.05])
def test_energies_are_those_of_a_fourier_transform_plus_the_noise_floor(noise_floor):
    frames = np.random.default_rng(2).normal(size=(2, 3, 400)).astype("float32")
    power = np.abs(np.fft.rfft(frames * hann(400), POINTS)) ** 2
    power += noise_floor * power.mean(-1, keepdims=True)
    expected = power @ in_order(mel_bands(40, 16_000, 60.0, 7600.0))
    layer = MelEnergies(40, noise_floor=noise_floor)
    np.testing.assert_allclose(np.asarray(layer(frames)), expected, rtol=1e-4)
    for step in range(3):
        one = np.asarray(layer(frames[:, step : step + 1]))
        np.testing.assert_allclose(one[:, 0], expected[:, step], rtol=1e-4)
    assert MelEnergies.from_config(layer.get_config()).noise_floor == noise_floor


def test_the_noise_floor_of_older_files_is_called_masking():
    config = MelEnergies(40, noise_floor=0.05).get_config()
    config["masking"] = config.pop("noise_floor")
    assert MelEnergies.from_config(config).noise_floor == 0.05
    assert "masking" in config, "the config of the caller stays as it is"


def test_a_detector_has_the_noise_floor_it_is_told():
    assert zoo.wakeword_detector(noise_floor=0.3).get_layer("energies").noise_floor == 0.3


def test_what_the_transform_cannot_hold_is_refused():
    with pytest.raises(ValueError, match="at most 512 samples; got 600"):
        MelEnergies(40)(np.zeros((1, 2, 600), "float32"))
    with pytest.raises(ValueError, match="sample_rate must be at most 20480; got 44100"):
        zoo.wakeword_detector(sample_rate=44_100)
    with pytest.raises(ValueError, match="noise_floor must be at least 0; got -1"):
        zoo.wakeword_detector(noise_floor=-1)
