"""Samples against the distribution that they are drawn from."""

import numpy as np
import pytest
from scipy import stats

import zoo
from tests.zoo.translators import BEGIN, END, SOURCES, by_hand, translator


@pytest.mark.parametrize(
    "options",
    [{}, {"temperature": 0.6}, {"top_k": 3}, {"top_p": 0.8}, {"forbidden": (END, 5)}],
)
def test_samples_follow_the_distribution(options):
    model = translator(vocab_size=9, spread=0.5)
    sample = zoo.Sample(n=4000, max_length=2, seed=3, **options)
    out = zoo.generate(model, {"source": SOURCES[:1]}, sample)
    first, second = out.tokens[0].T
    for drawn, prefix in ((first, []), (second[first == first[0]], [first[0]])):
        if prefix and prefix[0] == END:
            continue
        logits = by_hand(model, SOURCES[0], [*prefix, 0])[0][-1].astype(np.float64)
        logits[[0, BEGIN, *options.get("forbidden", ())]] = -np.inf
        logits /= options.get("temperature", 1)
        p = np.exp(logits - logits.max())
        p /= p.sum()
        ranked = np.argsort(-p)
        if "top_k" in options:
            p[ranked[3:]] = 0
        if "top_p" in options:
            before = np.cumsum(p[ranked]) - p[ranked]
            p[ranked[before >= options["top_p"]]] = 0
        p /= p.sum()
        counts = np.bincount(drawn, minlength=9)
        assert not counts[p == 0].any()
        if (p > 0).sum() > 1:
            expected = p[p > 0] * len(drawn)
            assert stats.chisquare(counts[p > 0], expected).pvalue > 1e-3


def test_the_same_seed_gives_the_same_sample():
    model = translator(spread=0.5)
    draw = [
        zoo.generate(model, {"source": SOURCES}, zoo.Sample(seed=seed, n=3, max_length=6)).tokens
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(draw[0], draw[1])
    assert draw[0].shape != draw[2].shape or (draw[0] != draw[2]).any()


def test_greedy_decoding_leaves_out_what_is_forbidden():
    model = translator(spread=0.5)
    first = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=8)).tokens
    forbidden = int(first[0, 0, 0])
    out = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=8, forbidden=(forbidden,)))
    assert forbidden not in out.tokens
