"""Batches of pictures with captions drawn anew in every epoch."""

import numpy as np

from recipes.captioning import batches as captioning_batches
from recipes.common.pictures import augment


def batches(draws=2, seed=7, count=10):
    encoded = [[[4 + n, 5, 6 + k] for k in range(1 + n % 3)] for n in range(count)]
    arrays = np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    return captioning_batches.CaptionBatches(
        arrays, range(count), encoded, 4, [8, 16], draws=draws, seed=seed
    )


def test_an_epoch_brings_each_picture_with_captions_of_its_own():
    found = batches()
    assert len(found) == 5
    epochs = []
    for epoch in range(2):
        seen = []
        for indices in found.order(epoch):
            inputs, labels, weights = found.batch(indices)
            assert inputs["target"].shape == labels.shape == weights.shape == (4, 1, 8)
            inputs["target"], labels, weights = inputs["target"][:, 0], labels[:, 0], weights[:, 0]
            for image, target, label, weight in zip(
                inputs["image"], inputs["target"], labels, weights, strict=True
            ):
                if not weight.any():
                    assert not target.any()
                    continue
                number = int(image[0, 0, 0])
                assert label[0] == 4 + number
                np.testing.assert_array_equal(target[:4], [2, *label[:3]])
                np.testing.assert_array_equal(weight, [1] * 4 + [0] * 4)
                assert label[3] == 3
                seen.append((number, int(label[2])))
        assert sorted(number for number, _ in seen) == sorted([*range(10)] * 2)
        # Pictures with two captions or more never show one twice.
        assert len({row for row in seen if row[0] % 3}) == sum(row[0] % 3 > 0 for row in seen)
        epochs.append(seen)
    assert epochs[0] != epochs[1]
    again = [found.batch(indices) for indices in batches().order(1)]
    for one, two in zip(again, map(found.batch, found.order(1)), strict=True):
        np.testing.assert_array_equal(one[1], two[1])


def test_changed_pictures_depend_on_seed_and_epoch_alone():
    images = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3)).astype(np.uint8)
    changed = [augment.shift_and_light(images, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(changed[0], changed[1])
    assert (changed[0] != changed[2]).any()
    assert changed[0].shape == images.shape
    assert changed[0].dtype == np.uint8


def test_captions_of_a_picture_share_a_row():
    encoded = [[[4 + n, 5, 6 + k] for k in range(3)] for n in range(10)]
    arrays = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    options = {"draws": 2, "together": 2, "seed": 3}
    found = captioning_batches.CaptionBatches(arrays, range(10), encoded, 4, [8], **options)
    assert len(found) == 3
    seen = []
    for indices in found.order():
        inputs, labels, weights = found.batch(indices)
        assert inputs["target"].shape == (4, 2, 8)
        for image, label, weight in zip(inputs["image"], labels, weights, strict=True):
            if weight.any():
                assert (label[:, 0] == 4 + image[0, 0, 0]).all()
                assert label[0, 2] != label[1, 2]
                seen.append(int(image[0, 0, 0]))
    assert sorted(seen) == list(range(10))


def test_every_other_picture_is_mirrored_and_the_same_ones_in_each_run():
    found = batches(count=40)
    found.mirrored = 100 + found.arrays
    first, again = (
        [found.batch(indices)[0]["image"][:, 0, 0, 0] for indices in found.order(epoch)]
        for epoch in (3, 3)
    )
    np.testing.assert_array_equal(first, again)
    other = [found.batch(indices)[0]["image"][:, 0, 0, 0] for indices in found.order(4)]
    assert 0.3 < np.mean(np.concatenate(first) >= 100) < 0.7
    assert sorted(np.concatenate(first).tolist()) != sorted(np.concatenate(other).tolist())
    plain = batches(count=40)
    for mixed, indices in zip(first, plain.order(3), strict=True):
        np.testing.assert_array_equal(mixed % 100, plain.batch(indices)[0]["image"][:, 0, 0, 0])
