"""What a detector learns from: identical recordings stay together, and which words a set has."""

import itertools
import types

import numpy as np
import pytest

from recipes.common.data import catalog
from recipes.common.errors import UserError
from recipes.common.sound import recordings
from recipes.wakeword import sources

NAMES = ["down", "go", "left", "_silence_", "_unknown_"]


def config(**settings):
    fields = {
        "data": "words", "keyword": "go", "phrase": "", "data_dir": "", "bad_share": 0.0,
        "test_share": 0.2, "validation_share": 0.2,
    }  # fmt: skip
    return types.SimpleNamespace(
        **{**fields, "positives": "", "negatives": "", "noise": ""} | settings
    )


def drawn(seed):
    return np.random.default_rng(seed).integers(-9_000, 9_000, 4_000).astype(np.int16)


def test_identical_recordings_are_in_one_part():
    contents = [*range(10), 3, 0, 9, 8, 3]  # the last five are copies under other names
    found = recordings.Recordings([str(i) for i in range(15)], [drawn(seed) for seed in contents])
    parts = sources._divide(found, config())
    assert sorted(itertools.chain(*parts.values())) == list(range(15))
    heard = {name: {contents[i] for i in chosen} for name, chosen in parts.items()}
    assert heard == {"train": set(range(6)), "validation": {6, 7}, "test": {8, 9}}
    copies = recordings.Recordings(["a", "b", "c", "d"], [drawn(0)] * 4)
    assert sources._divide(copies, config())["train"] == [0, 1, 2, 3]


def test_identical_words_are_in_one_part(tmp_path):
    soundfile = pytest.importorskip("soundfile", reason="recordings need the extra speech")
    for word, first in (("go", 0), ("stop", 20)):
        (tmp_path / word).mkdir()
        for number in range(40):  # each is there twice
            path = tmp_path / word / f"{number:x}_nohash_0.wav"
            soundfile.write(path, drawn(first + number // 2), 16_000)
    (tmp_path / "testing_list.txt").write_text("go/7_nohash_0.wav\nstop/2_nohash_0.wav\n")
    clips, *_ = sources.load(config(data=str(tmp_path)))
    names = [f"{number}_nohash_0.wav" for number in (6, 7, 2, 3)]
    assert clips["test"].texts == names
    heard = [{clips[part].audio(i).tobytes() for i in range(len(clips[part]))} for part in clips]
    assert sum(map(len, heard)) == len(set.union(*heard)) == 40


@pytest.fixture
def catalogue(monkeypatch):
    """A set of the catalogue with three words, silence and unknown words in each part."""
    import tensorflow_datasets as tfds

    features = {
        "audio": tfds.features.Audio(sample_rate=8_000),
        "label": tfds.features.ClassLabel(names=NAMES),
    }
    examples = [{"audio": drawn(i).astype(np.int64), "label": i % 5} for i in range(20)]
    builder = types.SimpleNamespace(
        info=types.SimpleNamespace(
            features=tfds.features.FeaturesDict(features),
            splits=dict.fromkeys(sources.PARTS),
        ),
        is_prepared=lambda: True,
        as_dataset=lambda split, shuffle_files: examples,
    )
    monkeypatch.setattr(tfds, "as_numpy", lambda dataset: dataset)
    monkeypatch.setattr(catalog, "builder_of", lambda name, data_dir: builder)


def test_a_set_of_the_catalogue_gives_its_words(catalogue):
    clips, noise, _ = sources.load(config(data="speech_commands"))
    for part in sources.PARTS:
        assert clips[part].kinds == ["phrase"] * 4 + ["word"] * 8
        assert set(clips[part].lengths) == {8_000}  # of 8 kHz
        assert not noise[part]


@pytest.mark.parametrize("keyword", ["happy", "_unknown_"])
def test_a_word_that_the_catalogue_does_not_label(catalogue, keyword):
    sentence = (
        f"--data speech_commands of the catalogue does not label the word '{keyword}', only down, "
        "go, left; for another word give --data a folder with one subfolder of recordings per word"
    )
    with pytest.raises(UserError, match=sentence):
        sources.load(config(data="speech_commands", keyword=keyword))
