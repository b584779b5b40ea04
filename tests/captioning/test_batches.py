"""Batches of pictures with captions chosen anew in every epoch."""

import dataclasses

import numpy as np

from recipes.captioning.batches import CaptionBatches
from recipes.captioning.features import Part


def part(count=10):
    """Pictures that are full of their own numbers."""
    numbers = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return Part(None, numbers * np.ones((1, 4, 4, 3), np.uint8), np.arange(count))


def batches(part, captions_per_picture=2, seed=7):
    encoded = [[[4 + n, 5, 6 + k] for k in range(1 + n % 3)] for n in range(len(part))]
    return CaptionBatches(part, encoded, 4, [8, 16], captions_per_picture, seed=seed)


def test_an_epoch_brings_each_picture_with_captions_of_its_own():
    found = batches(part())
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
    again = [found.batch(indices) for indices in batches(part()).order(1)]
    for one, two in zip(again, map(found.batch, found.order(1)), strict=True):
        np.testing.assert_array_equal(one[1], two[1])


def test_captions_of_a_picture_share_a_row():
    encoded = [[[4 + n, 5, 6 + k] for k in range(3)] for n in range(10)]
    options = {"captions_per_picture": 2, "captions_per_row": 2, "seed": 3}
    found = CaptionBatches(part(), encoded, 4, [8], **options)
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


def test_half_the_pictures_are_mirrored_and_the_same_ones_in_each_run():
    plain = part(40)
    mirrored = dataclasses.replace(plain, mirrored=100 + plain.arrays)

    def shown(part, epoch):
        found = batches(part)
        return [found.batch(indices)[0]["image"][:, 0, 0, 0] for indices in found.order(epoch)]

    first, again, other = (np.concatenate(shown(mirrored, epoch)) for epoch in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert 0.3 < np.mean(first >= 100) < 0.7
    assert sorted(first) != sorted(other)
    np.testing.assert_array_equal(first % 100, np.concatenate(shown(plain, 3)))
