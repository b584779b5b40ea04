"""Reading recordings: every format, rate and number of channels, and one sentence for the bad."""

import sys
import tracemalloc

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.common.sound import recordings, speech_extent
from recipes.common.sound import samples as sound_samples
from recipes.common.sound.samples import as_float

soundfile = pytest.importorskip("soundfile", reason="recordings need the extra speech")


def tone(seconds=1.0, rate=16_000, frequency=440.0):
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(
        np.float32
    )


def write(path, samples, rate=16_000, **options):
    soundfile.write(path, samples, rate, **options)
    return path


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_any_rate_becomes_16_khz(tmp_path, rate):
    found = recordings.read(write(tmp_path / "a.wav", tone(rate=rate), rate, subtype="FLOAT"))
    assert found.dtype == np.int16
    assert found.shape == (16_000,)
    # The filter needs a few samples at either end.
    np.testing.assert_allclose(as_float(found)[200:-200], tone()[200:-200], atol=2e-3)


@pytest.mark.parametrize(
    ("name", "options", "error"),
    [
        ("a.wav", {"subtype": "PCM_U8"}, 0.01),
        ("a.wav", {"subtype": "PCM_16"}, 1e-4),
        ("a.wav", {"subtype": "PCM_24"}, 1e-4),
        ("a.wav", {"subtype": "PCM_32"}, 1e-4),
        ("a.wav", {"subtype": "FLOAT"}, 1e-4),
        ("a.wav", {"subtype": "DOUBLE"}, 1e-4),
        ("a.WAV", {"subtype": "ULAW", "format": "WAV"}, 0.02),
        ("a.flac", {"subtype": "PCM_24"}, 1e-4),
        ("a.ogg", {}, 0.1),
        ("a.mp3", {}, 0.1),
    ],
)
def test_any_format_is_read(tmp_path, name, options, error):
    found = recordings.read(write(tmp_path / name, tone(), **options))
    assert found.shape == (16_000,)
    np.testing.assert_allclose(as_float(found)[800:-800], tone()[800:-800], atol=error)


def test_channels_are_averaged(tmp_path):
    stereo = np.stack([tone(), tone(frequency=880), 0 * tone()], axis=1)
    found = recordings.read(write(tmp_path / "a.wav", stereo, subtype="FLOAT"))
    np.testing.assert_allclose(as_float(found), stereo.mean(1), atol=1e-4)


def test_samples_stay_within_one(tmp_path):
    loud = np.sign(tone(rate=8_000)) * 1.5
    found = recordings.read(write(tmp_path / "a.wav", loud, 8_000, subtype="FLOAT"))
    assert np.abs(found).max() == 32_767


@pytest.mark.parametrize(
    ("name", "rate", "seconds"),
    [
        ("a.wav", 44_100, 7.3),
        ("a.wav", 48_000, 6.0),
        ("a.flac", 8_000, 5.1),
        ("a.flac", 16_000, 4.2),
        ("a.ogg", 44_100, 5.7),
        ("a.mp3", 44_100, 5.7),
        ("a.wav", 11_025, 2.01),
    ],
)
def test_what_is_read_in_blocks_is_what_is_read_whole(tmp_path, monkeypatch, name, rate, seconds):
    stereo = np.random.default_rng(0).normal(0, 0.2, (round(seconds * rate), 2))
    write(tmp_path / name, stereo, rate)
    samples, _ = soundfile.read(tmp_path / name, dtype="float32")
    whole = sound_samples.resampled(samples.mean(axis=1), rate)
    monkeypatch.setattr(recordings, "BLOCK", 2)
    found = recordings.read(tmp_path / name)
    assert len(found) == len(whole)
    np.testing.assert_allclose(found, 32_767 * whole, atol=1)


def test_a_long_recording_costs_two_bytes_a_sample(tmp_path, monkeypatch):
    minute = np.tile(tone(1)[:, None], (60, 2))
    with soundfile.SoundFile(tmp_path / "a.flac", "w", 16_000, 2) as file:
        for _ in range(8):
            file.write(minute)
    monkeypatch.setattr(recordings, "BLOCK", 5)
    tracemalloc.start()
    found = recordings.read(tmp_path / "a.flac")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.nbytes == 480 * 32_000
    assert most < found.nbytes + 8e6  # and what a block takes on its way


def empty(path):
    path.write_bytes(b"")


def no_samples(path):
    write(path, tone(0))


def text(path):
    path.write_text("This is not a recording at all, whatever its name says.\n" * 50)


def not_finite(path):
    write(path, np.array([0, np.nan, 0.5, np.inf] * 100), subtype="FLOAT")


def cut_off(path):
    write(path, tone(3))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path):
    noise = np.random.default_rng(0).normal(0, 0.1, 48_000)
    content = bytearray(write(path, noise).read_bytes())
    content[20_000:20_400] = bytes(400)
    path.write_bytes(content)


BAD = [
    ("a.wav", empty, "is an empty file"),
    ("a.wav", no_samples, "has no samples"),
    ("a.wav", text, "is damaged or no sound"),
    ("a.mp3", text, "is damaged or no sound"),
    ("a.wav", not_finite, "has samples that are not finite"),
    ("a.flac", cut_off, "is damaged or no sound|breaks off after"),
    ("a.flac", garbled, "is damaged or no sound|breaks off after"),
]


@pytest.mark.parametrize(("name", "make", "message"), BAD)
def test_bad_recordings_say_why(tmp_path, name, make, message):
    make(tmp_path / name)
    with pytest.raises(recordings.BadRecording, match=message):
        recordings.read(tmp_path / name)


def test_a_wav_that_was_not_closed_gives_what_it_has(tmp_path):
    cut_off(tmp_path / "a.wav")
    found = recordings.read(tmp_path / "a.wav")
    assert abs(len(found) - 24_000) < 30
    np.testing.assert_allclose(as_float(found), tone(3)[: len(found)], atol=1e-4)


def test_a_recording_that_is_not_there(tmp_path):
    with pytest.raises(recordings.BadRecording, match=r"cannot be read \(No such file"):
        recordings.read(tmp_path / "gone.wav")


@pytest.fixture
def folder(tmp_path):
    for name in ("10.wav", "9.wav", "more/2.flac", "more/deep/1.ogg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write(tmp_path / name, tone())
    (tmp_path / "notes.txt").write_text("Not a recording by its name either.")
    return tmp_path


def test_a_folder_is_read_in_natural_order(folder, capsys):
    found = recordings.folder(folder, 0.0, "positives")
    assert found.names == ["9.wav", "10.wav", "more/2.flac", "more/deep/1.ogg"]
    assert [len(samples) for samples in found.samples] == [16_000] * 4
    assert (len(found), found.seconds) == (4, 4)
    assert "Skipped" not in capsys.readouterr().err


def test_a_file_or_a_list_is_read_too(folder):
    assert recordings.folder(folder / "9.wav", 0.0, "positives").names == ["9.wav"]
    (folder / "list.txt").write_text("more/2.flac\n\n10.wav\n")
    found = recordings.folder(f"{folder},{folder / 'list.txt'}", 0.0, "positives")
    assert found.names == ["more/2.flac", "10.wav"]
    (folder / "list.txt").write_text("10.wav\n11.wav\n")
    with pytest.raises(UserError, match=r"recording '11.wav' is listed and not there"):
        recordings.folder(f"{folder},{folder / 'list.txt'}", 0.0, "positives")
    assert len(recordings.folder(f"{folder},{folder / 'list.txt'}", 0.5, "positives")) == 1


def test_bad_ones_are_named_counted_and_left_out(folder, capsys):
    text(folder / "a.wav")
    empty(folder / "b.wav")
    with pytest.raises(UserError, match=r"2 of 6 .*the positives in .*'a.wav' is damaged.*so on"):
        recordings.folder(folder, 0.3, "positives")
    assert len(recordings.folder(folder, 0.4, "positives")) == 4
    assert "Skipped: 2 of 6" in capsys.readouterr().err


def test_folders_without_recordings(tmp_path):
    with pytest.raises(UserError, match=r"There is no file or folder .*nowhere of noise"):
        recordings.folder(tmp_path / "nowhere", 0.0, "noise")
    with pytest.raises(UserError, match=r"has no recordings for noise \(\.wav"):
        recordings.folder(tmp_path, 0.0, "noise")
    text(tmp_path / "a.wav")
    with pytest.raises(UserError, match=r"None of the noise in .*'a.wav' is damaged"):
        recordings.folder(tmp_path, 1.0, "noise")
    (tmp_path / "list.txt").write_text("\n")
    with pytest.raises(UserError, match=r"The file .*list.txt is empty"):
        recordings.folder(f"{tmp_path},{tmp_path / 'list.txt'}", 0.0, "noise")


def test_without_soundfile_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    with pytest.raises(UserError, match=r'extra "speech": pip install'):
        recordings.folder(folder, 0.0, "positives")


def word(before=0.8, after=1.2, noise=0.003, seed=0):
    """Two bursts of sound with a closure between them, in noise; where they start and end."""
    generator = np.random.default_rng(seed)
    seconds = before + 0.6 + after
    samples = generator.normal(0, noise, round(seconds * 16_000)).astype(np.float32)
    for start, length in ((before, 0.25), (before + 0.33, 0.27)):
        first, count = round(start * 16_000), round(length * 16_000)
        shape = np.minimum(1, 8 * np.minimum(np.linspace(0, 1, count), np.linspace(1, 0, count)))
        carrier = generator.normal(0, 0.3, count) * np.sin(np.arange(count) / 9)
        samples[first : first + count] += (shape * carrier).astype(np.float32)
    return samples, round(before * 16_000), round((before + 0.6) * 16_000)


@pytest.mark.parametrize("noise", [0.0, 0.0005, 0.003, 0.02])
@pytest.mark.parametrize("before", [0.0, 0.4, 2.0])
def test_words_are_found_in_noise(noise, before):
    samples, start, end = word(before=before, noise=noise)
    found = speech_extent.speech_extent(samples)
    np.testing.assert_allclose(found, (start, end), atol=0.06 * 16_000)


def test_clicks_hum_and_digital_silence_are_no_speech():
    samples, start, end = word(noise=0.001)
    for place in (start - 8_000, end + 6_000):
        samples[place : place + 80] += 0.9  # a click as loud as the word
    samples += 0.05 * np.sin(2 * np.pi * 50 * np.arange(len(samples)) / 16_000)
    samples = np.concatenate([np.zeros(8_000, np.float32), samples, np.zeros(12_000, np.float32)])
    found = speech_extent.speech_extent(samples)
    np.testing.assert_allclose(found, (start + 8_000, end + 8_000), atol=0.06 * 16_000)


def test_where_nothing_stands_out_all_is_taken():
    noise = np.random.default_rng(1).normal(0, 0.1, 20_000).astype(np.float32)
    for samples in (noise, np.zeros(20_000, np.float32), noise[:100], noise[:0]):
        assert speech_extent.speech_extent(samples) == (0, len(samples))


def test_real_recordings_of_a_word(real_data, capsys):
    found = recordings.folder(real_data / "wakeword" / "alexa", 0.0, "positives")
    assert found.names[:3] == ["0.flac", "1.flac", "2.flac"]
    extents = np.array([speech_extent.speech_extent(samples) for samples in found.samples])
    seconds = np.diff(extents, axis=1)[:, 0] / 16_000
    # Nobody says the word in less than 0.4 s, and hardly one in more than one.
    assert seconds.min() > 0.4
    assert np.mean(seconds < 1.0) > 0.95
    ends = dict(zip(found.names, extents[:, 1] / 16_000, strict=True))
    # Read off spectrograms: after a click, before other sounds, in fading noise, in reverberation.
    for name, end in {"24": 1.03, "119": 1.5, "38": 1.1, "85": 2.75, "70": 2.35}.items():
        assert abs(ends[f"{name}.flac"] - end) < 0.15


def test_really_damaged_recordings(real_data):
    folder = real_data / "wakeword" / "alexa_corrupt"
    files = sorted(folder.glob("*.flac"))
    assert files
    for file in files:
        with pytest.raises(recordings.BadRecording, match=r"damaged or no sound|breaks off"):
            recordings.read(file)
    with pytest.raises(
        UserError, match=f"{len(files)} of {len(files)} recordings of the positives"
    ):
        recordings.folder(folder, 0.5, "positives")
