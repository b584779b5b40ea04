"""Frozen networks for images: always the same, and their features are what is kept."""

import random

import numpy as np

from recipes.common.pictures import cache, decode, encoders
from tests.common.pictures import plain


def test_features_are_those_of_the_network(tmp_path):
    pictures, digests = plain.pictures(tmp_path, 3)
    preparation = encoders.frozen_network("MobileNet", "", (64, 64), seed=3)
    found = cache.array_of(pictures, digests, preparation, tmp_path / "cache", "features")
    assert found.arrays.shape == (3, 2, 2, 1024)
    assert found.arrays.dtype == np.float16
    image = decode.decode(pictures[2].read(), (64, 64))
    np.testing.assert_array_equal(preparation.make(image[None])[0], found.arrays[2])


def test_a_frozen_network_without_weights_is_always_the_same():
    """Whatever was drawn before, and without a trace in what is drawn after."""

    def weights(seed):
        return encoders.build_encoder((32, 32, 3), "MobileNet", "", seed).get_weights()

    random.seed(1)
    first, after = weights(3), random.random()
    random.seed(1)
    assert random.random() == after
    for one, other in zip(first, weights(3), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (first[0] != weights(4)[0]).any()
    facts = [encoders.frozen_network("MobileNet", "", (32, 32), 3).facts for _ in range(2)]
    assert facts[0] == facts[1]
