"""Batches: every example once, few shapes, an order that seed and epoch fix."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.data.batching import Batches, Sequences, bucket_boundaries, order

lengths_strategy = st.lists(st.integers(1, 90), min_size=1, max_size=120)


def make(lengths, batch_size, buckets=4, seed=3):
    encoded = [[i % 250 + 1] * length for i, length in enumerate(lengths)]
    sequences = Sequences.of(encoded, np.arange(len(lengths)))
    return Batches(sequences, batch_size, bucket_boundaries(lengths, buckets), seed)


@settings(max_examples=60, deadline=None)
@given(lengths_strategy, st.integers(1, 17), st.integers(0, 3))
def test_each_epoch_has_every_example_once_whole_and_padded_with_zeros(lengths, size, epoch):
    batches = make(lengths, size)
    labels = []
    for inputs, label, weight in itertools.islice(batches.stream(epoch), len(batches)):
        tokens = inputs["tokens"]
        assert tokens.shape[0] == len(label) == len(weight) == size
        assert tokens.shape[1] in batches.boundaries
        for row, index in zip(tokens[weight == 1], label[weight == 1], strict=True):
            assert (row[: lengths[index]] == index % 250 + 1).all()
            assert (row[lengths[index] :] == 0).all()
        assert (tokens[weight == 0] == tokens[0]).all()
        labels += label[weight == 1].tolist()
    assert sorted(labels) == list(range(len(lengths)))


@settings(max_examples=60, deadline=None)
@given(lengths_strategy, st.integers(1, 12))
def test_boundaries_are_few_and_hold_the_longest(lengths, count):
    boundaries = bucket_boundaries(lengths, count)
    assert 1 <= len(boundaries) <= count
    assert boundaries[-1] >= max(lengths)
    assert (np.diff(boundaries) > 0).all()


@settings(max_examples=30, deadline=None)
@given(lengths_strategy, st.integers(1, 9), st.integers(0, 40))
def test_a_stream_begun_in_the_middle_is_the_rest_of_the_whole(lengths, size, start):
    batches = make(lengths, size)
    whole = list(itertools.islice(batches.stream(), start, start + 5))
    epoch, step = divmod(start, len(batches))
    for left, right in zip(whole, batches.stream(epoch, step), strict=False):
        np.testing.assert_array_equal(left[0]["tokens"], right[0]["tokens"])
        np.testing.assert_array_equal(left[1], right[1])


def test_order_depends_on_seed_and_epoch_only():
    lengths = np.random.default_rng(0).integers(1, 50, 500)
    first = [batch.tolist() for batch in order(lengths, 8, seed=1, epoch=2)]
    assert first == [batch.tolist() for batch in order(lengths, 8, seed=1, epoch=2)]
    assert first != [batch.tolist() for batch in order(lengths, 8, seed=1, epoch=3)]
    assert first != [batch.tolist() for batch in order(lengths, 8, seed=2, epoch=2)]


def test_bucketing_saves_most_of_the_padding():
    lengths = np.random.default_rng(0).gamma(3, 80, 5000).astype(int).clip(1, 400)
    batches = make(lengths, 32, buckets=8)
    padded = sum(b[0]["tokens"].size for b in itertools.islice(batches.stream(), len(batches)))
    assert padded < 1.2 * lengths.sum()
    assert len(lengths) * 400 > 1.7 * lengths.sum()


def test_datasets_know_their_shapes_and_one_pass_its_size():
    batches = make([3, 9, 30, 31, 5], 2)
    once = batches.once()
    assert once.cardinality().numpy() == 3 == len(list(once))
    assert once.element_spec[0]["tokens"].shape.as_list() == [2, None]
    assert len(list(batches.endless().take(10))) == 10


def test_an_empty_text_is_one_padding_token():
    sequences = Sequences.of([[], [4, 5]], [0, 1])
    assert sequences.lengths.tolist() == [1, 2]
    assert sequences.ids.tolist() == [0, 4, 5]


def test_no_thread_keeps_who_drops_a_dataset_waiting():
    """That of tf.data's autotuning wakes once a minute, and dropping a dataset waits for it."""
    batches = make([3, 5, 9], 2)
    assert batches.endless().options().autotune.enabled is False
    assert batches.once().options().autotune.enabled is False
