"""Scenes on canvases: where pictures lie, what else is there, and the labels of sequences."""

import dataclasses

import numpy as np
import pytest

from recipes.common.pictures.labelled import Labelled
from recipes.glimpses.config import CANVAS, EPOCHS, TASKS, Config
from recipes.glimpses.data import SceneBatches, made_once
from recipes.glimpses.scenes import scenes

END = 4


def plain(side=6, count=40):
    """Pictures of one brightness each, of which four are the labels."""
    labels = np.arange(count, dtype=np.int32) % END
    images = np.tile((100 + 10 * labels)[:, None, None, None], (1, side, side, 1))
    return Labelled(images.astype(np.uint8), labels)


def config(task, canvas=20, **settings):
    return Config(task=task, canvas=canvas, **{**TASKS[task], **settings})


def made(settings, part, seed=0):
    generator = np.random.default_rng(seed)
    return scenes(settings, part, np.arange(len(part)), generator, END)


def test_a_translated_picture_lies_whole_on_a_black_canvas():
    part = plain()
    images, labels = made(config("translated"), part)
    np.testing.assert_array_equal(labels, part.labels)
    places = set()
    for image, picture in zip(images, part.images, strict=True):
        rows, columns = (np.flatnonzero(image.any((axis, 2))) for axis in (1, 0))
        inside = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        np.testing.assert_array_equal(inside, picture)
        places.add((rows[0], columns[0]))
    assert len(places) > 30
    assert {axis for place in places for axis in place} >= {0, 14}


def test_clutter_is_cut_out_of_pictures_of_the_same_part():
    part = plain()
    settings = config("cluttered", distractors=3, distractor_size=2)
    images, _ = made(settings, part)
    without, _ = made(dataclasses.replace(settings, distractors=0), part)
    extra = [(image > 0).sum() - 36 for image in images]
    assert max(extra) == 3 * 4
    assert all(0 <= more <= 12 for more in extra)
    assert all((image > 0).sum() == 36 for image in without)
    dark = Labelled(part.images * 0, part.labels)
    assert not made(settings, dark)[0].any()


def test_pairs_are_labelled_from_left_to_right_and_end():
    part = plain()
    images, labels = made(config("pairs", single_share=0.3), part)
    assert labels.shape == (40, 3)
    singles = 0
    for image, row in zip(images, labels, strict=True):
        columns = image[..., 0].max(0)
        values = (np.unique(image[image > 0]).astype(int) - 100) // 10
        seen = row[row != END]
        assert set(values) == set(seen)
        assert row[len(seen) :].tolist() == [END] * (3 - len(seen))
        first = columns[np.flatnonzero(columns)[0]]
        assert (int(first) - 100) // 10 == seen[0]
        assert (image > 0).sum() == 36 * len(seen), "pictures do not lie on one another"
        singles += len(seen) == 1
    assert 4 <= singles <= 20


def test_training_scenes_are_new_in_each_epoch_and_others_stay():
    part, settings = plain(), config("translated")
    train = SceneBatches(part, 8, 0, seed=5, config=settings, end=END)
    first, again = (train.batch(train.order(0)[1])[0]["image"] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    later = {
        int(key): value
        for epoch in (0, 1)
        for key, value in [(epoch, train.batch((epoch, 1, np.arange(8)))[0]["image"])]
    }
    assert not np.array_equal(later[0], later[1])
    held_out = [
        made_once(dataclasses.replace(settings, seed=seed), part, name, END).images
        for seed, name in ((0, "test"), (9, "test"), (0, "validation"))
    ]
    np.testing.assert_array_equal(held_out[0], held_out[1])
    assert not np.array_equal(held_out[0], held_out[2])


def test_centred_pictures_are_moved_in_training_alone():
    part = plain()
    settings = config("centred", shift=2)
    train = SceneBatches(part, 8, 0, seed=5, config=settings, end=END)
    indices = train.order(0)[0]
    inputs, _, _ = train.batch(indices)
    pictures = part.images[indices[2]]
    for image, picture in zip(inputs["image"], pictures, strict=True):
        rows, columns = (np.flatnonzero(image.any((axis, 2))) for axis in (1, 0))
        assert 4 <= len(rows) <= 6
        assert 4 <= len(columns) <= 6
        assert set(np.unique(image[image > 0])) == set(np.unique(picture))
    assert not np.array_equal(inputs["image"], pictures)
    np.testing.assert_array_equal(made_once(settings, part, "test", END).images, part.images)


@pytest.mark.parametrize("task", TASKS)
def test_settings_follow_the_task_where_they_are_not_named(task):
    few, many = (Config(task=task, glimpse_size=5).sized(count) for count in (1_000, 60_000))
    assert (few.pop("epochs"), many.pop("epochs")) == EPOCHS[task]
    usual = {"canvas": CANVAS[task], **TASKS[task]}
    del usual["glimpse_size"]
    assert few == many == usual
