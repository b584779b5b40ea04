"""Bad data and full disks are found before voices are synthesised, and trials need few of them."""

import shutil
import types

import numpy as np
import pytest

from recipes.common import progress
from recipes.common.errors import UserError
from recipes.datasets import spoken_phrase
from recipes.datasets.speech import plan
from recipes.wakeword import clips, sources, tracks
from recipes.wakeword import config as settings
from recipes.wakeword.sources import synthetic

soundfile = pytest.importorskip("soundfile", reason="recordings need the extra speech")
pytest.importorskip("espeakng_loader", reason="speech synthesis needs the extra speech")


@pytest.fixture
def asked(monkeypatch):
    """The scales of voices that were asked for; none are made."""
    scales = []

    def load(phrase, data_dir, scale, second):
        scales.append(scale)
        raise InterruptedError

    monkeypatch.setattr(synthetic, "load", load)
    return scales


def written(folder, count, bad=0):
    folder.mkdir()
    for number in range(count):
        sound = np.random.default_rng(number).normal(0, 0.1, 8_000)
        soundfile.write(folder / f"{number}.wav", sound, 16_000)
    for number in range(bad):
        (folder / f"bad {number}.wav").write_bytes(b"no sound")
    return str(folder)


@pytest.mark.parametrize("what", ["positives", "negatives", "noise"])
def test_recordings_are_read_before_voices(what, asked, tmp_path):
    given = settings.Config(phrase="alexa", **{what: written(tmp_path / "mine", 4, bad=2)})
    with pytest.raises(UserError, match=f"2 of 6 recordings of the {what} in .* cannot be used"):
        sources.load(given)
    assert not asked


def test_the_disk_is_looked_at_before_voices(tmp_path, monkeypatch, capsys):
    usage = types.SimpleNamespace(free=0.9e9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    sentence = r"The voices of 'alexa' need 1\.9 GB and .*data has 0\.9 GB free; name a folder on"
    with pytest.raises(UserError, match=sentence):
        synthetic.load("alexa", str(tmp_path / "data"))
    assert "Preparing" not in capsys.readouterr().err
    given = settings.Config(
        phrase="alexa", data_dir=str(tmp_path), positives=written(tmp_path / "mine", 1, bad=1)
    )
    with pytest.raises(UserError, match="1 of 2 recordings of the positives"):  # that is first
        sources.load(given)


@pytest.mark.parametrize(
    ("limit", "scale", "expected"), [(0, 1, 1), (60, 1, 0.01), (60, 0.005, 0.005), (9_000, 1, 1)]
)
def test_a_limit_needs_fewer_voices(limit, scale, expected, asked, capsys):
    with pytest.raises(InterruptedError):
        sources.load(settings.Config(phrase="alexa", limit=limit, scale=scale))
    assert asked == [expected]
    told = "--limit 60: as many phrases are spoken for the training instead of 6,000" in (
        capsys.readouterr().err
    )
    assert told == (expected == 0.01)
    assert plan.SIZES["train"]["phrase"] == 6_000


def test_a_limit_holds_for_each_word(tmp_path):
    for number, word in enumerate(("go", "stop", "down")):
        (tmp_path / word).mkdir()
        for speaker in range(60):
            sound = np.random.default_rng(100 * number + speaker).normal(0, 0.1, 4_000)
            soundfile.write(tmp_path / word / f"{speaker}_nohash_0.wav", sound, 16_000)
    given = settings.Config(data=str(tmp_path), keyword="go", limit=20, test_share=0.3)
    parts, *_ = sources.load(given)
    assert sum(part.is_phrase.sum() for part in parts.values()) == 20
    assert sum(map(len, parts.values())) == 60
    with pytest.raises(UserError, match="give it more recordings or a higher --limit"):
        sources.load(settings.Config(data=str(tmp_path), keyword="go", limit=2))


def test_the_number_of_tracks_is_known_beforehand():
    kinds = ["phrase"] * 20 + ["near_miss"] * 30 + ["word"] * 90
    sounds = [np.full(16_000, 9, np.int16)] * len(kinds)
    lengths = np.full(len(kinds), 16_000)
    spoken = clips.Clips(sounds, lengths, 0 * lengths, lengths, kinds, kinds, kinds)
    found = list(tracks.of_clips(spoken, 1))
    assert abs(tracks.expected(spoken) - len(found)) <= 1


def test_progress_is_told_while_voices_speak(tmp_path, monkeypatch, capsys):
    made = []
    monkeypatch.setattr(
        synthetic.catalog, "ensure_prepared", lambda builder, name: made.append(builder)
    )
    monkeypatch.setattr(synthetic, "_clips", lambda split, features: None)
    synthetic.load("alexa", str(tmp_path), 0.002)
    spoken = [(utterance, b"fLaC", 0, 1) for utterance in plan.plan("alexa", "test", 0.002)]
    monkeypatch.setattr(spoken_phrase, "speak", lambda utterances: spoken)
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0)
    assert len(list(made[0]._generate_examples("test"))) == len(spoken)
    assert f"speaking (test): 1 of {len(spoken)}, " in capsys.readouterr().err
