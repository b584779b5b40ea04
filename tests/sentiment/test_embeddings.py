"""Initial embeddings of the sentiment recipe, from co-occurrence in the training texts."""

import numpy as np

from recipes.common.data.batching import Sequences
from recipes.sentiment import embeddings


def test_cooccurrence_vectors_bring_words_of_like_neighbours_together():
    generator = np.random.default_rng(0)
    # 1 and 2 stand between 10..14, 3 and 4 between 20..24.
    encoded = []
    for _ in range(400):
        group = generator.integers(2)
        around = generator.integers(10 + 10 * group, 15 + 10 * group, 4).tolist()
        encoded.append([*around[:2], int(1 + 2 * group + generator.integers(2)), *around[2:]])
    vectors = embeddings.cooccurrence_vectors(Sequences.of(encoded, [0] * 400), 30, 8)
    assert vectors.shape == (30, 8)
    assert vectors.dtype == np.float32
    assert (vectors[0] == 0).all()

    def nearness(left, right):
        left, right = vectors[left], vectors[right]
        return left @ right / np.linalg.norm(left) / np.linalg.norm(right)

    assert min(nearness(1, 2), nearness(3, 4)) > 0.8
    assert max(nearness(1, 3), nearness(2, 4), nearness(1, 4)) < 0.3


def test_cooccurrence_vectors_of_hardly_any_text_are_finite():
    for encoded in ([[1]], [[1], [2]], [[1, 2]], [[0]]):
        vectors = embeddings.cooccurrence_vectors(Sequences.of(encoded, [0] * len(encoded)), 5, 8)
        assert vectors.shape == (5, 8)
        assert np.isfinite(vectors).all()
