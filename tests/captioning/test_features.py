"""Arrays of the pictures of all parts; those that cannot be used are named and counted."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from recipes.captioning import features
from recipes.common.errors import UserError
from recipes.common.pictures import decode
from tests.captioning import picture_folders
from tests.captioning.picture_folders import prepared, read


@pytest.fixture
def folder(tmp_path):
    return picture_folders.write_folder(tmp_path)


@pytest.fixture
def config(tmp_path):
    return picture_folders.settings(tmp_path)


def test_files_that_cannot_be_read_are_named_counted_and_left_out(folder, config, capsys):
    images = folder / "images"
    for n in range(3):
        (images / f"p{n}.jpg").unlink()
    (images / "p0.jpg").symlink_to("nowhere.jpg")
    (images / "p1.jpg").mkdir()
    (images / "p2.jpg").symlink_to("p2.jpg")
    rows = read(folder, config)
    with pytest.raises(UserError, match=r"3 of 12 .*p0.jpg cannot be read \(No such file"):
        prepared(rows, config)
    err = capsys.readouterr().err
    assert "p1.jpg cannot be read (Is a directory)" in err
    assert "p2.jpg cannot be read (Too many levels" in err
    assert len(prepared(rows, dataclasses.replace(config, bad_share=0.3))) == 9


def test_bad_pictures_are_named_counted_and_left_out(folder, config, capsys):
    images = folder / "images"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(images / "p1.jpg")
    content = (images / "p1.jpg").read_bytes()
    (images / "p1.jpg").write_bytes(content[: len(content) // 2])
    (images / "p2.jpg").write_bytes(b"")
    (images / "p3.jpg").write_text("not a picture at all")
    rows = read(folder, config)
    with pytest.raises(UserError, match=r"3 of 12 .*p1.jpg is damaged \(.*\), and so on"):
        prepared(rows, config)
    found = prepared(rows, dataclasses.replace(config, bad_share=0.3))
    assert "Skipped: 3 of 12" in capsys.readouterr().err
    assert len(found) == 9
    names = [picture.name for picture in found.rows.pictures]
    assert not {"p1.jpg", "p2.jpg", "p3.jpg"} & set(names)
    for i, name in enumerate(names):
        expected = decode.decode((images / name).read_bytes(), (32, 32))
        np.testing.assert_array_equal(found.images([i])[0], expected)


def test_bad_pictures_are_counted_over_all_parts_and_named_one_by_one(folder, config, capsys):
    for n in (0, 1):
        (folder / "images" / f"p{n}.jpg").write_text("not a picture at all")
    rows = read(folder, config)
    parts = {"test": rows.take(range(4)), "train": rows.take(range(4, 12))}
    pixels = features.preparation(config)
    config = dataclasses.replace(config, bad_share=0.2)  # of the test part alone they are a half
    found = features.prepared(parts, config, pixels)
    assert {name: len(part) for name, part in found.items()} == {"test": 2, "train": 8}
    *each, counted = capsys.readouterr().err.splitlines()[-3:]
    assert all(f"p{n}.jpg is no picture" in line for n, line in enumerate(each))
    assert counted.startswith("Skipped: 2 of 12 pictures of the data cannot be used: picture ")
    test = {"test": parts["test"]}
    with pytest.raises(UserError, match="2 of 4 pictures"):
        features.prepared(test, config, pixels)
    assert len(features.prepared(test, config, pixels, total=12)["test"]) == 2
    with pytest.raises(UserError, match="None of the 2 pictures of test can be used"):
        features.prepared({"test": rows.take([0, 1])}, config, pixels, total=12)


def test_training_pictures_are_kept_mirrored_too(folder, config):
    rows = read(folder, config)
    mirrored = dataclasses.replace(config, mirror=True)
    found = prepared(rows, mirrored)
    np.testing.assert_array_equal(found.mirrored[4], found.arrays[4][:, ::-1])
    assert prepared(rows, config).mirrored is None
    assert prepared(rows, mirrored, "validation").mirrored is None


def test_an_even_choice_of_a_part_keeps_pictures_and_captions_together(folder, config):
    part = prepared(read(folder, config), config)
    chosen = part.evenly(3)
    assert [picture.name for picture in chosen.rows.pictures] == ["p0.jpg", "p2.jpg", "p6.jpg"]
    assert chosen.references[1] == part.references[4]
    np.testing.assert_array_equal(chosen.images([1]), part.images([4]))
    assert part.evenly(12) is part
