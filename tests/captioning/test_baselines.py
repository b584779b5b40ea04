"""Captions without a network: the commonest, the nearest picture's, the consensus of neighbours."""

import collections
import math
import random

import numpy as np
import pytest

from recipes.captioning import baselines
from recipes.captioning.scores import tokens


def parts(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


TRAIN = [
    ["A dog runs in the snow.", "A brown dog in snow", "the dog is running"],
    ["a dog plays in the snow", "A black dog runs in snow", "a big animal"],
    ["Two men sit by a lake.", "men at the water"],
    ["Three men sit at a lake", "Two men sit by a lake.", "people"],
]
FEATURES = np.array([[1.0, 0.0, 0.1], [2.0, 0.3, 0.0], [0.0, 1.0, 0.2], [0.1, 3.0, 0.0]])


def test_commonest_caption():
    assert baselines.commonest(TRAIN) == "Two men sit by a lake."


def test_nearest_caption_is_that_of_the_largest_cosine(monkeypatch):
    monkeypatch.setattr(baselines, "BLOCK", 3)
    draw = np.random.default_rng(0)
    train, features = draw.normal(size=(20, 4)), draw.normal(size=(10, 4))
    references = [[f"image {i}", "another"] for i in range(20)]

    def cosine(left, right):
        return left @ right / np.linalg.norm(left) / np.linalg.norm(right)

    expected = [max(range(20), key=lambda i: cosine(image, train[i])) for image in features]
    scaled = train * draw.uniform(0.1, 10, (20, 1))
    assert baselines.nearest(scaled, references, features) == [f"image {i}" for i in expected]


def test_of_equal_neighbours_the_first_one_counts():
    train = np.tile([[0.5, 0.5]], (9, 1))
    references = [[f"image {i}"] for i in range(9)]
    assert baselines.nearest(train, references, train[:2]) == ["image 0", "image 0"]


def test_consensus_on_a_few_images():
    images = np.array([[1.0, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    dog, lake, _ = baselines.consensus(FEATURES, TRAIN, images, neighbours=2)
    assert dog == "A dog runs in the snow."
    assert lake == "Two men sit by a lake."
    # More neighbours than there are; captions without words, and with few.
    some = baselines.consensus(FEATURES[:2], [["a dog", ""], ["a dog"]], images[:1], 25)
    assert some == ["a dog"]
    assert baselines.consensus(FEATURES[:1], [["a dog"]], images[:1]) == ["a dog"]


def naive_cider(left, right, corpus):
    """Section 4 of the paper: the mean of the cosines of the four orders."""
    total = 0.0
    for n in (1, 2, 3, 4):
        vectors = []
        for text in (left, right):
            vector = collections.Counter(parts(tokens(text), n))
            for gram in vector:
                having = sum(any(gram in parts(tokens(t), n) for t in texts) for texts in corpus)
                vector[gram] *= math.log(len(corpus) / having)
            vectors.append(vector)
        product = sum(value * vectors[1][gram] for gram, value in vectors[0].items())
        norms = [math.sqrt(sum(value**2 for value in vector.values())) for vector in vectors]
        total += product / (norms[0] * norms[1]) / 4 if all(norms) else 0
    return total


def test_consensus_is_that_of_the_definition():
    draw = random.Random(0)

    def caption():
        return " ".join(draw.choices("abcdefgh", k=draw.randint(0, 7)))

    references = [[caption() for _ in range(draw.randint(1, 5))] for _ in range(12)]
    features = np.random.default_rng(0).normal(size=(12, 3))
    images = np.random.default_rng(1).normal(size=(6, 3))
    found = baselines.consensus(features, references, images, neighbours=4)
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    for image, best in zip(images, found, strict=True):
        nearest = sorted(range(12), key=lambda i: -(image @ unit[i]))[:4]
        candidates = [text for i in nearest for text in references[i]]
        sums = {
            text: sum(
                naive_cider(text, other, references) for k, other in enumerate(candidates) if k != j
            )
            for j, text in enumerate(candidates)
        }
        assert sums[best] == pytest.approx(max(sums.values()))
