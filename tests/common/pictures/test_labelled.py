"""Pictures with labels: idx files, folders, parts that share nothing, batches that repeat."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from recipes.common.errors import UserError
from recipes.common.pictures import labelled
from recipes.common.pictures.batches import PictureBatches
from recipes.common.pictures.settings import LabelledPictures
from tests.digits.contract import pictures, write


def config(data, **settings):
    return LabelledPictures(data=str(data), **settings)


def test_idx_files_are_read_as_they_are_and_hold_out_their_last(tmp_path, monkeypatch):
    monkeypatch.setattr(labelled, "HELD_OUT", 20)
    monkeypatch.setattr(labelled, "ENOUGH", 80)
    images, labels = pictures(100)
    write(tmp_path / "gz", images, labels, end=".gz")
    parts, sha256, names = labelled.load(config(tmp_path / "gz"))
    assert names == ["0", "1", "2"]
    for name, chosen in (
        ("train", slice(60)),
        ("test", slice(60, 80)),
        ("validation", slice(80, 100)),
    ):
        np.testing.assert_array_equal(parts[name].images[..., 0], images[chosen])
        np.testing.assert_array_equal(parts[name].labels, labels[chosen])
    write(tmp_path / "plain", images, labels)
    assert labelled.load(config(tmp_path / "plain"))[1] == sha256
    # With a file of a test part, only the validation is held out.
    write(tmp_path / "gz", images[:7] // 2, labels[:7], "t10k", ".gz")
    parts, _, _ = labelled.load(config(tmp_path / "gz"))
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 80, "validation": 20, "test": 7,
    }  # fmt: skip
    part = labelled.load_one(str(tmp_path / "gz"), config(""), names, (8, 10, 1))
    assert len(part) == 7


@pytest.mark.parametrize("shape", [(0, 8, 10), (6, 0, 10)])
def test_idx_files_with_nothing_in_them_are_refused(shape, tmp_path):
    write(tmp_path, np.zeros(shape), np.arange(shape[0]))
    sizes = " x ".join(map(str, shape))
    with pytest.raises(UserError, match=f"ubyte has no pictures: its header says {sizes}"):
        labelled.load(config(tmp_path))


def test_idx_files_are_of_the_part_that_their_names_say(tmp_path):
    images, labels = pictures(90)
    # As of EMNIST, and unpacked beside folders of the same names.
    write(tmp_path, images[:60], labels[:60], "emnist-letters-train", ".gz")
    write(tmp_path, images[60:], labels[60:], "emnist-letters-test", ".gz")
    (tmp_path / "train-images-idx3-ubyte").mkdir()
    parts, _, _ = labelled.load(config(tmp_path))
    np.testing.assert_array_equal(parts["test"].images[..., 0], images[60:])
    assert len(parts["train"]) + len(parts["validation"]) == 60
    write(tmp_path, images, labels, "emnist-digits-train")
    with pytest.raises(UserError, match=r"digits-train-images-idx3-ubyte and emnist-letters.*both"):
        labelled.load(config(tmp_path))
    one = config(
        tmp_path / "emnist-letters-train-images-idx3-ubyte.gz",
        test=str(tmp_path / "emnist-letters-test-images-idx3-ubyte.gz"),
    )
    np.testing.assert_array_equal(labelled.load(one)[0]["test"].labels, parts["test"].labels)


def test_a_limit_leaves_all_labels_known(tmp_path):
    images, labels = pictures(60)
    write(tmp_path, images, labels)
    parts, _, names = labelled.load(config(tmp_path, limit=1))
    assert names == ["0", "1", "2"]
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 1, "validation": 1, "test": 1,
    }  # fmt: skip


def test_no_picture_stands_in_two_parts(tmp_path):
    images, labels = pictures(60)
    write(tmp_path, np.concatenate([images] * 3), np.concatenate([labels] * 3))
    parts, _, _ = labelled.load(config(tmp_path))
    seen = [{x.tobytes() for x in part.images} for part in parts.values()]
    assert sum(map(len, seen)) == len(set.union(*seen)) == 60


def save(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)


def test_a_folder_for_each_label(tmp_path):
    generator = np.random.default_rng(0)
    for number in range(30):
        grey = generator.integers(0, 256, (12, 12), np.uint8)
        save(tmp_path / f"{number % 3 + 8}" / f"{number}.png", grey)
    parts, _, names = labelled.load(config(tmp_path, image_size=12))
    assert names == ["8", "9", "10"], "numbers go by their size"
    assert parts["train"].image_shape == (12, 12, 1)
    coloured = labelled.load(config(tmp_path, image_size=12, colours="rgb"))[0]
    assert coloured["train"].image_shape == (12, 12, 3)
    # One coloured picture makes all of them three channels wide.
    save(tmp_path / "8" / "red.png", np.full((12, 12, 3), (200, 0, 0), np.uint8))
    parts, _, _ = labelled.load(config(tmp_path, image_size=12))
    assert parts["train"].image_shape == (12, 12, 3)


def test_folders_of_parts_and_labels_that_the_training_lacks(tmp_path):
    generator = np.random.default_rng(0)
    for part, labels, count in (("train", "ab", 20), ("val", "ab", 4), ("test", "abc", 6)):
        for number in range(count):
            grey = generator.integers(0, 256, (8, 8), np.uint8)
            save(tmp_path / part / labels[number % len(labels)] / f"{number}.png", grey)
    with pytest.raises(UserError, match=r"c/2\.png has the label 'c', which the training part"):
        labelled.load(config(tmp_path, image_size=8))
    for path in (tmp_path / "test" / "c").iterdir():
        path.unlink()
    parts, _, names = labelled.load(config(tmp_path, image_size=8))
    assert names == ["a", "b"]
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 20, "validation": 4, "test": 4,
    }  # fmt: skip


def labels_in(folder, count=20):
    """Grey pictures of two labels."""
    generator = np.random.default_rng(count)
    for number in range(count):
        grey = generator.integers(0, 256, (8, 8), np.uint8)
        save(folder / "ab"[number % 2] / f"{number}.png", grey)


def test_parts_are_never_taken_for_labels(tmp_path):
    labels_in(tmp_path / "training")
    labels_in(tmp_path / "testing", 6)
    (tmp_path / ".cache").mkdir()
    parts, _, names = labelled.load(config(tmp_path, image_size=8))
    assert names == ["a", "b"]
    assert len(parts["test"]) == 6
    labels_in(tmp_path / "more")
    with pytest.raises(UserError, match="has more, testing, training; as parts it takes train"):
        labelled.load(config(tmp_path, image_size=8))
    # To measure on, a folder needs no training part.
    labels_in(tmp_path / "alone" / "test", 6)
    part = labelled.load_one(str(tmp_path / "alone"), config(""), names, (8, 8, 1))
    np.testing.assert_array_equal(part.images, parts["test"].images)
    with pytest.raises(UserError, match="has no training part"):
        labelled.load(config(tmp_path / "alone"))


def test_other_parts_get_the_colours_and_the_size_of_the_training(tmp_path):
    labels_in(tmp_path / "grey")
    save(tmp_path / "coloured" / "a" / "x.png", np.full((9, 9, 3), (200, 0, 0), np.uint8))
    for data, test, channels in (("grey", "coloured", 1), ("coloured", "grey", 3)):
        labels_in(tmp_path / "coloured", 30)
        folders = {"data": tmp_path / data, "test": str(tmp_path / test)}
        parts, _, _ = labelled.load(config(**folders, image_size=8))
        assert parts["test"].image_shape == parts["train"].image_shape == (8, 8, channels)


def test_pictures_beside_the_folders_of_labels_are_told(tmp_path, capsys):
    labels_in(tmp_path)
    save(tmp_path / "overview.png", np.zeros((8, 8), np.uint8))
    labelled.load(config(tmp_path, image_size=8))
    assert "Left out 1 pictures beside the folders of labels" in capsys.readouterr().err


def test_bad_pictures_are_counted(tmp_path, capsys):
    generator = np.random.default_rng(0)
    for number in range(40):
        grey = generator.integers(0, 256, (8, 8), np.uint8)
        save(tmp_path / "ab"[number % 2] / f"{number}.png", grey)
    (tmp_path / "a" / "cut.png").write_bytes((tmp_path / "a" / "0.png").read_bytes()[:50])
    with pytest.raises(UserError, match=r"1 of 41 pictures of .* a/cut.png is damaged"):
        labelled.load(config(tmp_path, image_size=8))
    labelled.load(config(tmp_path, image_size=8, bad_share=0.05))
    assert "Skipped: 1 of 41 pictures" in capsys.readouterr().err


def test_a_test_part_of_pictures_of_another_size_is_refused(tmp_path):
    images, labels = pictures(60)
    write(tmp_path / "train", images, labels)
    write(tmp_path / "test", images[:, :6], labels)
    with pytest.raises(UserError, match="picture 1 is 6 x 10 pixels of 1 channel, the others"):
        labelled.load(config(tmp_path / "train", test=str(tmp_path / "test")))


def test_pictures_without_labels_beside_them_are_told(tmp_path):
    images, labels = pictures(9)
    write(tmp_path, images, labels)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(UserError, match="there are no labels train-labels-idx1-ubyte"):
        labelled.load(config(tmp_path))


@pytest.fixture
def part():
    images, labels = pictures(10)
    return labelled.Labelled(images[..., None].astype(np.uint8), labels.astype(np.int32))


def test_batches_are_a_function_of_seed_and_epoch(part):
    def noise(images, generator):
        return images + generator.integers(0, 9, images.shape)

    batches = PictureBatches(part, 4, seed=3, augment=noise)
    assert len(batches) == 3
    one, again = ([batches.batch(rows) for rows in batches.order(5)] for _ in range(2))
    for (mine, labels, weights), (same, _, _) in zip(one, again, strict=True):
        np.testing.assert_array_equal(mine["image"], same["image"])
        assert mine["image"].dtype == np.float32
        assert labels.shape == weights.shape == (4,)
    assert sum(float(weights.sum()) for _, _, weights in one) == 10
    numbers = [np.concatenate([rows for _, _, rows in batches.order(epoch)]) for epoch in (5, 6)]
    assert sorted(numbers[0]) == sorted(numbers[1]) == list(range(10))
    assert not np.array_equal(*numbers)
    # An epoch taken up at its second step goes on with the same pictures.
    begun = next(batches.stream(5, 1))
    np.testing.assert_array_equal(begun[0]["image"], one[1][0]["image"])


def test_without_a_seed_pictures_come_in_their_order(part):
    batches = PictureBatches(part, 4)
    labels = np.concatenate([batches.batch(rows)[1] for rows in batches.order()])
    np.testing.assert_array_equal(labels[:10], part.labels)


def test_settings_have_a_share_that_is_mnist_s():
    assert round(60_000 * dataclasses.asdict(LabelledPictures())["validation_share"]) == 5_000
