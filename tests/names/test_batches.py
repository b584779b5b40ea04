"""Batches of names: each name once, begun and ended, with little padding."""

import itertools

import numpy as np

from recipes.names.batches import MULTIPLE, NameBatches

BEGIN, END = 2, 3


def names_of(streams, epoch=0):
    """The names of all batches and the share of padding."""
    found, padding, size = [], 0, 0
    for rows in streams.order(epoch):
        inputs, labels, weights = streams.batch(rows)
        assert inputs["tokens"].shape == labels.shape == weights.shape
        assert inputs["fresh"].all()
        padding, size = padding + (weights == 0).sum(), size + weights.size
        for tokens, targets, weight in zip(inputs["tokens"], labels, weights, strict=True):
            if weight.any():
                length = int(weight.sum())
                assert weight[:length].all()
                assert tokens[0] == BEGIN
                assert targets[length - 1] == END
                np.testing.assert_array_equal(tokens[1:length], targets[: length - 1])
                found.append(tuple(targets[: length - 1]))
    return found, padding / size


def test_each_name_comes_once_an_epoch_with_little_padding():
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 31, 1003)
    starts = np.cumsum([0, *lengths])
    ids = generator.integers(4, 30, starts[-1]).astype(np.uint8)
    expected = sorted(tuple(ids[a:b]) for a, b in itertools.pairwise(starts))
    options = {"begin_token": BEGIN, "end_token": END}
    orders = []
    for seed, epoch in ((None, 0), (3, 0), (3, 1), (3, 1)):
        streams = NameBatches(ids, starts, 16, 31, **options, seed=seed)
        assert len(streams.order(epoch)) == len(streams) == 63
        found, padding = names_of(streams, epoch)
        assert sorted(found) == expected
        assert padding < 0.15  # to the longest of all it is a half
        orders.append(found)
    assert orders[1] != orders[2] == orders[3]
    shapes = {streams.batch(rows)[1].shape[1] for rows in streams.order()}
    assert all(length % MULTIPLE == 0 or length == 31 for length in shapes)
