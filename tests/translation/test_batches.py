"""Batches of pairs: every pair once, exact labels and weights, few shapes, any place to resume."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.errors import UserError
from recipes.translation.batches import PairBatches, PairSequences, _least_padded, bucket_boundaries

side = st.integers(0, 40)
pairs_strategy = st.lists(st.tuples(side, side), min_size=1, max_size=120)


def ids_of(lengths):
    """Ids that tell the pair, the side and the place of a token."""
    return [
        [[1000 * (i + 1) + 100 * which + t for t in range(length)] for i, length in enumerate(side)]
        for which, side in enumerate(zip(*lengths, strict=True), start=4)
    ]


def make(lengths, budget=64, buckets=4, seed=3, multiple=1):
    return PairBatches(PairSequences.of(*ids_of(lengths)), budget, buckets, seed, multiple)


def same(left, right):
    np.testing.assert_array_equal(left[0]["source"], right[0]["source"])
    np.testing.assert_array_equal(left[0]["target"], right[0]["target"])
    np.testing.assert_array_equal(left[1], right[1])
    np.testing.assert_array_equal(left[2], right[2])


def test_what_a_batch_holds_to_the_token():
    sequences = PairSequences.of([[7, 8], [9]], [[5], [6, 4, 6]])
    batches = PairBatches(sequences, token_budget=12, buckets=1, seed=None, multiple=3)
    (indices,) = batches.order()
    inputs, labels, weights = batches.batch(indices)
    assert inputs["source"].tolist() == [[7, 8, 3, 0], [9, 3, 0, 0], [7, 8, 3, 0]]
    assert inputs["target"].tolist() == [[2, 5, 0, 0], [2, 6, 4, 6], [2, 5, 0, 0]]
    assert labels.tolist() == [[5, 3, 0, 0], [6, 4, 6, 3], [5, 3, 0, 0]]
    assert weights.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0]]
    arrays = [*inputs.values(), labels, weights]
    assert [array.dtype.name for array in arrays] == ["int32", "int32", "int32", "float32"]


@settings(max_examples=80, deadline=None)
@given(pairs_strategy, st.integers(1, 200), st.integers(1, 6), st.integers(0, 2), st.integers(1, 3))
def test_each_epoch_has_every_pair_once_and_whole(lengths, budget, buckets, epoch, multiple):
    batches = make(lengths, budget, buckets, multiple=multiple)
    sources, targets = ids_of(lengths)
    seen, shapes = [], set()
    for indices in batches.order(epoch):
        inputs, labels, weights = batches.batch(indices)
        rows, width = labels.shape
        shapes.add((rows, inputs["source"].shape[1], width))
        assert inputs["source"].shape[0] == rows == len(weights)
        assert [inputs["source"].shape[1], width] in batches.boundaries.tolist()
        assert rows % multiple == 0
        assert rows <= multiple or rows * max(inputs["source"].shape[1], width) <= budget
        assert (weights[len(indices) :] == 0).all()
        for row, i in enumerate(indices):
            length = len(targets[i])
            source = inputs["source"][row]
            assert source[: len(sources[i]) + 1].tolist() == [*sources[i], 3]
            assert not source[len(sources[i]) + 1 :].any()
            assert inputs["target"][row, : length + 1].tolist() == [2, *targets[i]]
            assert labels[row, : length + 1].tolist() == [*targets[i], 3]
            assert not inputs["target"][row, length + 1 :].any()
            assert not labels[row, length + 1 :].any()
            assert weights[row].tolist() == [1] * (length + 1) + [0] * (width - length - 1)
        seen += indices.tolist()
    assert sorted(seen) == list(range(len(lengths)))
    assert len(shapes) <= len(batches.boundaries) <= buckets
    assert len(batches.order(epoch)) == len(batches) == len(batches.order())


@settings(max_examples=60, deadline=None)
@given(pairs_strategy, st.integers(1, 6))
def test_each_pair_is_in_the_first_bucket_that_holds_it(lengths, buckets):
    batches = make(lengths, buckets=buckets)
    whole = np.array(lengths) + 1
    assert (batches.boundaries % 4 == 0).all()
    assert (np.diff(batches.boundaries, axis=0) >= 0).all()
    for pair, bucket in zip(whole, batches.bucket, strict=True):
        assert (pair <= batches.boundaries[bucket]).all()
        assert bucket == 0 or (pair > batches.boundaries[bucket - 1]).any()
    assert all(len(members) for members in batches.members)


def test_each_side_has_its_own_boundary():
    lengths = np.array([[3 * length, length] for length in range(1, 41)])
    boundaries = bucket_boundaries(lengths, 5)
    assert len(boundaries) == 5
    assert boundaries[-1].tolist() == [120, 40]
    assert (boundaries[:, 1] <= boundaries[:, 0] / 3 + 4).all()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=7), st.integers(1, 8))
def test_buckets_leave_the_least_padding(sizes, count):
    edges = np.arange(4, 4 * len(sizes) + 1, 4)

    def padded(ends):
        return sum(
            size * edges[min(end for end in ends if end >= i)] for i, size in enumerate(sizes)
        )

    ends = _least_padded(edges, np.array(sizes), count)
    assert len(ends) == min(count, len(sizes))
    assert ends == sorted(set(ends))
    last = len(sizes) - 1
    every = itertools.combinations(range(last), min(count - 1, last))
    assert padded(ends) == min(padded([*some, last]) for some in every)


@settings(max_examples=30, deadline=None)
@given(pairs_strategy, st.integers(1, 100), st.integers(0, 40))
def test_a_stream_begun_in_the_middle_is_the_rest_of_the_whole(lengths, budget, start):
    batches = make(lengths, budget)
    whole = itertools.islice(batches.stream(), start, start + 5)
    epoch, step = divmod(start, len(batches))
    for left, right in zip(whole, batches.stream(epoch, step), strict=False):
        same(left, right)


def test_order_depends_on_seed_and_epoch_only():
    lengths = np.random.default_rng(0).integers(0, 40, (300, 2)).tolist()

    def order(seed, epoch):
        return [batch.tolist() for batch in make(lengths, 256, seed=seed).order(epoch)]

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)
    assert order(None, 0) == order(None, 1)
    together = {frozenset(batch) for batch in order(1, 2)}
    assert not together & {frozenset(batch) for batch in order(1, 3)}, "pairs meet other pairs"
    widths = [make(lengths, 256).bucket[batch[0]] for batch in order(1, 2)]
    assert widths != sorted(widths), "batches of all lengths come in turns"


def test_little_of_a_batch_is_padding():
    generator = np.random.default_rng(0)
    sources = generator.gamma(6, 2.5, 5000).astype(int).clip(1, 60)
    targets = (sources * generator.uniform(0.8, 1.2, 5000)).astype(int).clip(1, 60)
    lengths = np.stack([sources, targets], -1)
    batches = make(lengths.tolist(), budget=2048, buckets=8)
    padded = sum(len(batch[1]) * sum(
        (batch[0]["source"].shape[1], batch[0]["target"].shape[1])
    ) for batch in itertools.islice(batches.stream(), len(batches)))  # fmt: skip
    assert padded < 1.22 * (lengths + 1).sum()
    filling = sum(batches.rows[batches.bucket[batch[0]]] - len(batch) for batch in batches.order())
    assert filling < len(batches), "rows are spread evenly"


def test_long_pairs_are_left_out_of_training_and_said(capsys):
    sources, targets = ids_of([(5, 5), (6, 2), (2, 6), (0, 5)])
    sequences = PairSequences.for_training(sources, targets, 5)
    assert sequences.lengths.tolist() == [[6, 6], [1, 6]]
    said = capsys.readouterr().err
    assert "Left out 2 of 4 training pairs" in said
    assert "more than 5 tokens" in said
    with pytest.raises(UserError, match=r"All 4 training pairs .* --max-length"):
        PairSequences.for_training([[4] * 9] * 4, targets, 5)
    PairSequences.for_training(sources, targets, 6)
    assert capsys.readouterr().err == ""


def test_long_sources_are_cut_for_evaluation_and_said(capsys):
    sources, targets = ids_of([(5, 5), (9, 2), (2, 30)])
    sequences = PairSequences.for_evaluation(sources, targets, 5)
    assert sequences.lengths.tolist() == [[6, 6], [6, 3], [3, 31]]
    assert sequences.source_ids[6:12].tolist() == [*sources[1][:5], 3]
    assert "Cut 1 of 3 sources after 5 tokens" in capsys.readouterr().err


def test_datasets_know_their_shapes_and_one_pass_its_size():
    batches = make([(3, 9), (30, 31), (5, 2), (12, 9), (1, 1)], budget=24)
    once = batches.once()
    assert once.cardinality().numpy() == len(batches) == len(list(once))
    for left, indices in zip(once.as_numpy_iterator(), batches.order(), strict=True):
        same(left, batches.batch(indices))
    assert once.element_spec[1].shape.as_list() == [None, None]
    later = batches.endless(1, 1).take(6).as_numpy_iterator()
    for left, right in zip(later, batches.stream(1, 1), strict=False):
        same(left, right)
