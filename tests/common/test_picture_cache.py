"""What is made of pictures once: kept, gone on with, never mistaken; bad ones named and counted."""

import dataclasses
import io
import json
import pathlib
import random
import threading
import time

import numpy as np
import pytest
from PIL import Image

from recipes.captioning import features
from recipes.common.errors import UserError
from recipes.common.pictures import cache, encoders
from recipes.common.pictures import decode as pictures_decode
from tests.common import picture_folders
from tests.common.picture_folders import made, picture, read


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
    part = read(folder, config)
    with pytest.raises(UserError, match=r"3 of 12 .*p0.jpg cannot be read \(No such file"):
        made(part, config)
    err = capsys.readouterr().err
    assert "p1.jpg cannot be read (Is a directory)" in err
    assert "p2.jpg cannot be read (Too many levels" in err
    assert len(made(part, dataclasses.replace(config, bad_share=0.3))) == 9


def broken(path):
    """A JPEG of noise that is cut off in the middle."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "jpeg")
    path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])


def test_bad_pictures_are_named_counted_and_left_out(folder, config, capsys):
    images = folder / "images"
    broken(images / "p1.jpg")
    (images / "p2.jpg").write_bytes(b"")
    (images / "p3.jpg").write_text("not a picture at all")
    part = read(folder, config)
    with pytest.raises(UserError, match=r"3 of 12 .*p1.jpg is damaged \(.*\), and so on"):
        made(part, config)
    found = made(part, dataclasses.replace(config, bad_share=0.3))
    assert "Skipped: 3 of 12" in capsys.readouterr().err
    assert len(found) == 9
    names = [p.name for p in found.captioned.pictures]
    assert not {"p1.jpg", "p2.jpg", "p3.jpg"} & set(names)
    for name, row in zip(names, found.numbers, strict=True):
        expected = pictures_decode.decode((images / name).read_bytes(), (32, 32))
        np.testing.assert_array_equal(found.arrays[row], expected)


def test_bad_pictures_are_counted_over_all_parts_and_named_one_by_one(folder, config, capsys):
    for n in (0, 1):
        (folder / "images" / f"p{n}.jpg").write_text("not a picture at all")
    part = read(folder, config)
    parts = {"test": part.take(range(4)), "train": part.take(range(4, 12))}
    recipe = features.preparation(config)
    config = dataclasses.replace(config, bad_share=0.2)  # of the test part alone they are a half
    found = features.prepared(parts, config, recipe)
    assert {name: len(part) for name, part in found.items()} == {"test": 2, "train": 8}
    *each, counted = capsys.readouterr().err.splitlines()[-3:]
    assert all(f"p{n}.jpg is no picture" in line for n, line in enumerate(each))
    assert counted.startswith("Skipped: 2 of 12 pictures of the data cannot be used: picture ")
    test = {"test": parts["test"]}
    with pytest.raises(UserError, match="2 of 4 pictures"):
        features.prepared(test, config, recipe)
    assert len(features.prepared(test, config, recipe, total=12)["test"]) == 2
    with pytest.raises(UserError, match="None of the 2 pictures of test can be used"):
        features.prepared({"test": part.take([0, 1])}, config, recipe, total=12)


def test_what_was_made_of_pictures_is_kept_and_never_mistaken(folder, config, monkeypatch):
    part = read(folder, config)
    first = made(part, config)
    seen = []
    real = pictures_decode.decode
    monkeypatch.setattr(
        cache, "decode", lambda content, size: seen.append(size) or real(content, size)
    )
    again = made(part, config)
    assert not seen
    np.testing.assert_array_equal(first.arrays, again.arrays)
    made(part, dataclasses.replace(config, image_size=48))
    assert seen == [(48, 48)] * 12
    picture(folder / "images" / "p0.jpg", (1, 2, 3))
    made(read(folder, config), config)
    assert len(seen) == 24


def test_features_are_those_of_the_network(folder, config):
    config = dataclasses.replace(config, cnn="MobileNetV2", image_size=64)
    part = read(folder, config)
    recipe = features.preparation(config)
    found = made(part, config)
    assert found.arrays.shape == (12, 2, 2, 1280)
    assert found.arrays.dtype == np.float16
    image = pictures_decode.decode(part.pictures[4].read(), (64, 64))
    np.testing.assert_array_equal(recipe.make(image[None])[0], found.arrays[4])


def test_a_frozen_network_without_weights_is_always_the_same(config):
    """Whatever was drawn before, and without a trace in what is drawn after."""
    from zoo.layers.images import image_encoder

    def weights(seed):
        arguments = (image_encoder, (32, 32, 3), "MobileNet", "", seed)
        return encoders.build_encoder(*arguments).get_weights()

    random.seed(1)
    first, after = weights(3), random.random()
    random.seed(1)
    assert random.random() == after
    for one, other in zip(first, weights(3), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (first[0] != weights(4)[0]).any()
    config = dataclasses.replace(config, cnn="MobileNet")
    assert features.preparation(config).facts == features.preparation(config).facts


def test_training_pictures_are_kept_mirrored_too(folder, config):
    part = read(folder, config)
    found = made(part, dataclasses.replace(config, mirror=True))
    np.testing.assert_array_equal(found.mirrored[4], found.arrays[4][:, ::-1])
    assert made(part, config).mirrored is None
    mirrored = dataclasses.replace(config, mirror=True)
    assert made(part, mirrored, "validation").mirrored is None


def little(folder, config, monkeypatch):
    """A part of twelve pictures and its recipe, four pictures at once and noted."""
    monkeypatch.setattr(cache, "BATCH", 4)
    monkeypatch.setattr(cache, "NOTED", 1)
    return read(folder, config), features.preparation(config)


def array_of(part, recipe, config):
    return cache.array_of(part.pictures, part.digests, recipe, config.cache, "pixels")


def stop_after(monkeypatch, count):
    """Let a process be interrupted after so many pictures; gives the list of those."""
    seen = []

    def decode(content, size):
        if len(seen) == count:
            raise KeyboardInterrupt
        seen.append(content)
        return pictures_decode.decode(content, size)

    monkeypatch.setattr(cache, "decode", decode)
    return seen


@pytest.mark.parametrize("damage", [None, "cut off", "no array", "other array"])
def test_a_killed_process_is_gone_on_from(folder, config, monkeypatch, damage):
    (folder / "images" / "p1.jpg").write_text("no picture")
    part, recipe = little(folder, config, monkeypatch)
    stop_after(monkeypatch, 9)
    with pytest.raises(KeyboardInterrupt):
        array_of(part, recipe, config)
    (partial,) = pathlib.Path(config.cache).glob("*.partial.npy")
    progress = partial.with_suffix(".json")
    assert json.loads(progress.read_text())["done"] == 8
    if damage == "cut off":
        progress.write_text(progress.read_text()[:12])
    elif damage == "no array":
        partial.unlink()
    elif damage == "other array":
        np.save(partial, np.zeros(3))
    if damage:  # a second one that is stopped at once leaves nothing that is taken for done
        stop_after(monkeypatch, 0)
        with pytest.raises(KeyboardInterrupt):
            array_of(part, recipe, config)
    seen = stop_after(monkeypatch, 99)
    found = array_of(part, recipe, config)
    assert len(seen) == (12 if damage else 4)
    assert found.bad == [(1, "is no picture")]
    for i, row in enumerate(found.arrays):
        whole = (
            np.zeros((32, 32, 3))
            if i == 1
            else pictures_decode.decode(part.pictures[i].read(), (32, 32))
        )
        np.testing.assert_array_equal(row, whole)
    assert not list(pathlib.Path(config.cache).glob("*.partial.*"))


def test_two_processes_do_not_write_the_same_file(folder, config, monkeypatch, capsys):
    part, recipe = little(folder, config, monkeypatch)
    begun, go_on, results, seen = threading.Event(), threading.Event(), [], []

    def decode(content, size):
        seen.append(size)
        begun.set()
        assert go_on.wait(30)
        return pictures_decode.decode(content, size)

    monkeypatch.setattr(cache, "decode", decode)
    # Locks are of open files, so that two threads stand for two processes.
    threads = [
        threading.Thread(target=lambda: results.append(array_of(part, recipe, config)))
        for _ in range(2)
    ]
    threads[0].start()
    assert begun.wait(30)
    threads[1].start()
    said = ""
    for _ in range(3000):
        said += capsys.readouterr().err
        if "Another process is making the pixels; waiting for it." in said:
            break
        time.sleep(0.01)
    else:
        pytest.fail("the second did not wait")
    assert len(list(pathlib.Path(config.cache).glob("*.partial.npy"))) == 1
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(seen) == 12, "the second has made again what the first had made"
    np.testing.assert_array_equal(results[0].arrays, results[1].arrays)
