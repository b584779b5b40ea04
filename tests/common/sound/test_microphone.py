"""The microphone: devices found and refused, and sound of any rate as it comes in."""

import sys

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.common.sound import microphone
from recipes.common.sound.samples import Resampler, resampled
from tests.common.sound.fake_sounddevice import fake


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("piece", [1, 37, 4_410])
def test_pieces_are_resampled_as_the_whole_is(rate, piece):
    samples = np.random.default_rng(rate).uniform(-0.5, 0.5, 9_001).astype(np.float32)
    samples = samples[: 200 * piece]
    resampler = Resampler(rate)
    starts = range(0, len(samples), piece)
    heard = [resampler.push(samples[start : start + piece]) for start in starts]
    late = resampler.rest()
    assert len(late) <= 640  # 40 ms at most wait for the next piece
    np.testing.assert_allclose(np.concatenate([*heard, late]), resampled(samples, rate), atol=1e-6)


def test_memory_of_a_resampler_does_not_grow():
    resampler = Resampler(44_100)
    for _ in range(50):
        resampler.push(np.zeros(4_410, np.float32))
        assert len(resampler._held) < 10_000


@pytest.mark.parametrize(
    ("device", "number"),
    [("", 2), ("0", 0), ("webcam", 0), ("Headset", 2), ("headset mono", 3)],
)
def test_a_microphone_by_number_or_name(device, number, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", fake())
    assert microphone.find(device)["number"] == number


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("piano", "--device piano names no microphone; give a number of 0: Webcam; 2: Headset; 3"),
        ("1", "--device 1 names no microphone"),  # it only plays
        ("head", "--device head fits 2 microphones; give a number of 2: Headset; 3: Headset Mono."),
    ],
)
def test_a_wrong_device_lists_those_that_are_there(device, sentence, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", fake())
    with pytest.raises(UserError) as raised:
        microphone.find(device)
    assert sentence in str(raised.value)


def test_without_a_microphone_package_or_library_one_sentence_says_so(monkeypatch, tmp_path):
    module = fake()
    module.devices = [one for one in module.devices if not one["max_input_channels"]]
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    with pytest.raises(UserError, match="There is no microphone on this machine"):
        microphone.find()
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(UserError, match=r'in the extra "microphone": pip install -e'):
        microphone.find()
    monkeypatch.delitem(sys.modules, "sounddevice")
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="does not find the library PortAudio; install it"):
        microphone.find()


def test_a_microphone_that_opens_in_no_way_or_goes_away(monkeypatch):
    module = fake(rates=())
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    with (
        pytest.raises(UserError, match=r"The microphone Webcam cannot be opened: Invalid sample"),
        microphone.opened(microphone.find("webcam")),
    ):
        pass
    monkeypatch.setitem(sys.modules, "sounddevice", fake(gone=True))
    with microphone.opened(microphone.find()) as (name, pieces):
        assert name == "Headset, 16,000 Hz"
        with pytest.raises(UserError, match="The microphone Headset is gone: Device unavailable"):
            next(pieces)
