"""Interpolated Kneser-Ney against sums by hand, and on streams of one and of many documents."""

import math

import numpy as np
import pytest

from recipes.common.text import ngrams
from recipes.common.text.ngrams import KneserNey

END, A, B, C = range(4)
VOCAB = 4


def documents(*texts):
    return np.array([x for text in texts for x in text], np.uint8), np.cumsum([0, *map(len, texts)])


def test_bigrams_by_hand():
    """Three documents "ab", "ab", "a": counts too few to estimate discounts, so the usual ones."""
    model = KneserNey.fit(*documents([A, B], [A, B], [A]), 2, VOCAB, end_token=END)
    # Distinct tokens before: a after the beginning, b after a, the end after b and after a.
    left = (0.5 + 0.5 + 1.0) / 4
    single = {A: 0.5 / 4 + left / 4, B: 0.5 / 4 + left / 4, END: 1 / 4 + left / 4, C: left / 4}
    np.testing.assert_allclose(
        model.next(np.zeros((1, 0), int), begin=False)[0], [single[x] for x in range(4)], rtol=1e-6
    )
    after_a = {  # b twice, the end once
        B: (2 - 1) / 3 + 1.5 / 3 * single[B],
        END: (1 - 0.5) / 3 + 1.5 / 3 * single[END],
        A: 1.5 / 3 * single[A],
        C: 1.5 / 3 * single[C],
    }
    np.testing.assert_allclose(model.next([[A]])[0], [after_a[x] for x in range(4)], rtol=1e-6)
    begins_a = (3 - 1.5) / 3 + 1.5 / 3 * single[A]
    total, count = model.nats(*documents([A]))
    assert count == 2
    assert total == pytest.approx(-math.log(begins_a) - math.log(after_a[END]), rel=1e-6)
    total, count = model.nats(*documents([C, B]))  # c was never a context
    begins_c = 1.5 / 3 * single[C]
    ends_b = (2 - 1) / 2 + 1 / 2 * single[END]
    assert total == pytest.approx(-math.log(begins_c * single[B] * ends_b), rel=1e-6)


def test_ngrams_at_the_beginning_of_documents_keep_their_counts():
    """Nothing stands before them; counted by what stands before, all would look alike."""
    texts = [[A, B]] * 9 + [[A, C], [B, A, B]]
    model = KneserNey.fit(*documents(*texts), 3, VOCAB, end_token=END)
    found = KneserNey.fit(*documents(*texts), 2, VOCAB, end_token=END).next([[]])[0]
    np.testing.assert_allclose(model.next([[]])[0], found, rtol=1e-6)  # a ten times, b once
    assert found[A] > 0.7


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("end_token", [None, END])
def test_probabilities_sum_to_one_and_agree_with_the_likelihood(order, end_token):
    generator = np.random.default_rng(0)
    texts = [
        generator.choice(3, generator.integers(0, 9), p=(0.6, 0.3, 0.1)) + 1 for _ in range(60)
    ]
    texts.append(np.full(5, 3))
    model = KneserNey.fit(*documents(*texts), order, VOCAB + 2, end_token)
    contexts = generator.integers(0, VOCAB + 2, (50, 5))  # many of them unseen
    for begin in (True, False):
        for width in range(6):
            found = model.next(contexts[:, :width], begin)
            assert found.min() > 0
            np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    held_out = [[1, 2, 1, 5, 3], [], [4]]
    expected = []
    for text in held_out:
        events = text if end_token is None else [*text, end_token]
        expected += [
            model.next(np.array([text[:place]], int))[0, event]
            for place, event in enumerate(events)
        ]
    found = model.log_probabilities(*documents(*held_out))
    np.testing.assert_allclose(found, np.log(expected), rtol=1e-6)


def test_discounts_are_those_of_chen_and_goodman():
    counts = np.repeat([1, 2, 3, 4, 9], [40, 20, 10, 5, 3])
    np.testing.assert_allclose(ngrams.discounts(counts), [0.5, 1.25, 2.0])
    np.testing.assert_allclose(ngrams.discounts(np.array([1, 7])), ngrams.USUAL_DISCOUNTS)
    rising = np.repeat([1, 2, 3, 4], [10, 10, 90, 10])  # estimates 1/3, -7, 2.85
    assert ngrams.discounts(rising).min() == pytest.approx(1 / 3)


def test_the_order_is_chosen_on_validation():
    """A text that three tokens of context decide, so that longer n-grams only scatter counts."""
    generator = np.random.default_rng(0)
    after, text = generator.integers(4, size=(4, 4, 4)), [1, 2, 3]
    for _ in range(4000):
        told = after[tuple(text[-3:])]
        text.append(int(told if generator.random() < 0.8 else generator.integers(4)))
    train, validation = documents(text[:3000]), documents(text[3000:])
    model, tried = ngrams.choose(train, validation, range(1, 8), VOCAB)
    assert model.order == 4
    assert list(tried) == [1, 2, 3, 4, 5]
    total, count = model.nats(*validation)
    assert tried[4] == pytest.approx(total / count)
    assert tried[4] < tried[1] - 0.3


def test_the_order_is_no_longer_than_the_longest_document():
    train = documents([A, B], [A])
    model, tried = ngrams.choose(train, train, range(1, 9), VOCAB, END)
    assert model.order <= 4  # the beginning, two tokens and the end
    assert max(tried) <= 5
    np.testing.assert_allclose(KneserNey.fit(*train, 9, VOCAB, END).next([[A, B, C]]).sum(), 1)


def test_documents_are_those_between_starts():
    """Parts of one array, which may be mapped from a file, are named by their starts."""
    ids, starts = documents([A, B], [B, C], [A, A])
    whole = KneserNey.fit(ids, starts[:3], 2, VOCAB, END)
    assert whole.nats(ids, starts[2:]) == whole.nats(*documents([A, A]))


@pytest.mark.parametrize(
    ("texts", "order", "message"),
    [
        ([[]], 2, "at least one token"),
        ([[9]], 2, "The id 9 is outside a vocabulary of 4"),
        ([[1]], 0, "order must be 1 or more"),
    ],
)
def test_nothing_to_count_is_refused(texts, order, message):
    with pytest.raises(ValueError, match=message):
        KneserNey.fit(*documents(*texts), order, VOCAB)


@pytest.mark.parametrize("end_token", [None, 3])
def test_pieces_of_documents_cost_what_the_whole_costs(end_token, monkeypatch):
    random = np.random.default_rng(0)
    ids = random.integers(4, 9, 400).astype("uint8")
    starts = np.array([0, 5, 6, 150, 390, 400])
    model = KneserNey.fit(ids[:200], [0, 120, 200], 4, 10, end_token)
    whole = model.nats(ids, starts)
    for piece in (1, 7, 60, 200):
        monkeypatch.setattr(ngrams, "PIECE", piece)
        total, count = model.nats(ids, starts)
        assert count == whole[1] == 400 + 5 * (end_token is not None)
        assert total == pytest.approx(whole[0], rel=1e-12)
