"""Augmented pictures."""

import numpy as np

from recipes.common.pictures import augment


def test_augmented_pictures_depend_on_the_generator_alone():
    images = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3)).astype(np.uint8)
    changed = [augment.shift_and_light(images, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(changed[0], changed[1])
    assert (changed[0] != changed[2]).any()
    assert changed[0].shape == images.shape
    assert changed[0].dtype == np.uint8
