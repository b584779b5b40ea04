"""Sources of a detector: identical recordings stay together, words, lists and links are read."""

import itertools
import types

import numpy as np
import pytest

from recipes.common.data import catalog
from recipes.common.data.splits import PARTS
from recipes.common.errors import UserError
from recipes.common.sound import recordings
from recipes.wakeword import config as settings
from recipes.wakeword import evaluate, sources

NAMES = ["down", "go", "left", "_silence_", "_unknown_"]


def config(**settings):
    fields = {
        "data": "words", "keyword": "go", "phrase": "", "data_dir": "", "bad_share": 0.0,
        "encoding": "utf-8", "limit": 0, "test_share": 0.2, "validation_share": 0.2,
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


def written(folder, count, seed=0):
    """A folder of so many recordings, one a speaker."""
    soundfile = pytest.importorskip("soundfile", reason="recordings need the extra speech")
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        soundfile.write(folder / f"{number:x}_nohash_0.wav", drawn(seed + number), 16_000)


def test_words_by_folder_are_split_by_speaker(tmp_path):
    for seed, word in enumerate(("happy", "bird", "_background_noise_")):
        for take in range(2):
            written(tmp_path / word, 24, 100 * seed + 50 * take)
            for path in (tmp_path / word).glob("*_nohash_0.wav"):
                path.rename(path.with_name(path.name.replace("_0.wav", f"_{take + 1}.wav")))
    clips, noise, _ = sources.load(
        settings.Config(data=str(tmp_path), keyword="happy", test_share=0.25)
    )
    speakers = {
        part: {text.partition("_nohash_")[0] for text in clips[part].texts} for part in clips
    }
    assert sum(map(len, clips.values())) == 96
    assert not speakers["train"] & speakers["test"]
    assert not speakers["train"] & speakers["validation"]
    assert all(noise[part] for part in noise)
    assert set(clips["test"].kinds) == {"phrase", "word"}


def test_links_to_folders_are_followed(tmp_path):
    for seed, word in enumerate(("go", "stop")):
        written(tmp_path / "store" / f"{word} of 2018", 30, 100 * seed)
        (tmp_path / "words" / word).mkdir(parents=True)
        (tmp_path / "words" / word / "all").symlink_to(tmp_path / "store" / f"{word} of 2018")
    (tmp_path / "words" / "go" / "again").symlink_to(tmp_path / "words")  # no way to run in circles
    written(tmp_path / "store" / "mine, by day", 6, 900)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "first").symlink_to(tmp_path / "store" / "mine, by day")
    given = config(data=str(tmp_path / "words"), positives=str(tmp_path / "mine"))
    clips, *_ = sources.load(given)
    texts = [text for part in PARTS for text in clips[part].texts]
    assert len(texts) == 66
    assert "all/1d_nohash_0.wav" in texts
    assert "first/5_nohash_0.wav" in texts


def test_commas_in_names_of_folders_and_lists(tmp_path):
    for seed, word in enumerate(("go", "stop")):
        written(tmp_path / "words" / word, 30, 100 * seed)
    written(tmp_path / "mine, all", 6, 900)
    (tmp_path / "some, of them.txt").write_text("1_nohash_0.wav\n5_nohash_0.wav\n")
    positives = f"{tmp_path / 'mine, all'},{tmp_path / 'some, of them.txt'}"
    clips, *_ = sources.load(config(data=str(tmp_path / "words"), positives=positives))
    own = [clip for part in PARTS for clip in clips[part].kinds if clip == "own_phrase"]
    assert len(own) == 2


@pytest.mark.parametrize("name", ["validation_list.txt", "testing_list.txt"])
def test_a_list_that_is_not_utf_8_is_told_in_a_sentence(name, tmp_path):
    for seed, word in enumerate(("go", "stop")):
        written(tmp_path / word, 4, 100 * seed)
    (tmp_path / name).write_bytes("go/1_nohash_0.wav\ngo/caf\u00e9.wav\n".encode("cp1252"))
    with pytest.raises(UserError, match=rf"{name} is not UTF-8: line 2 has the byte 0xe9"):
        sources.load(config(data=str(tmp_path)))


def test_lists_in_another_encoding(tmp_path):
    words, own, named = tmp_path / "words", tmp_path / "mine", "caf\u00e9.wav"
    for seed, folder in enumerate((words / "go", words / "stop", own)):
        written(folder, 30, 100 * seed)
        (folder / "1_nohash_0.wav").rename(folder / named)
    names = f"go/{named}\r\nstop/{named}\r\n"
    (words / "testing_list.txt").write_bytes(names.encode("cp1252"))
    (tmp_path / "own.txt").write_bytes(f"{named}\r\n".encode("cp1252"))
    positives = f"{own},{tmp_path / 'own.txt'}"
    clips, *_ = sources.load(config(data=str(words), positives=positives, encoding="cp1252"))
    assert clips["test"].texts == [named, named]
    found = evaluate.Recorded(positives=positives, encoding="cp1252").sounds()
    assert len(list(found["as recorded"]())) == 1


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
            splits=dict.fromkeys(PARTS),
        ),
        is_prepared=lambda: True,
        as_dataset=lambda split, shuffle_files: examples,
    )
    monkeypatch.setattr(tfds, "as_numpy", lambda dataset: dataset)
    monkeypatch.setattr(catalog, "builder_of", lambda name, data_dir: builder)


def test_a_set_of_the_catalogue_gives_its_words(catalogue):
    clips, noise, _ = sources.load(config(data="speech_commands"))
    for part in PARTS:
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
