"""Beam search against greedy search and against trying all outputs."""

import itertools

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.translators import (
    BEAM,
    BEGIN,
    END,
    GREEDY,
    SOURCES,
    by_hand,
    every_translator,
    redraw,
    translator,
)
from zoo.decoding import writer_of


@every_translator
def test_a_beam_of_one_is_greedy(name):
    model = translator(name)
    for seed in range(20):
        redraw(model, seed, spread=0.8)
        greedy, beam = (
            zoo.generate(model, {"source": SOURCES}, strategy)
            for strategy in (GREEDY, zoo.BeamSearch(1, length_penalty=0, max_length=8))
        )
        np.testing.assert_array_equal(beam.tokens, greedy.tokens)
        np.testing.assert_allclose(beam.scores, greedy.scores, atol=1e-5)
        if greedy.attention is not None:
            np.testing.assert_allclose(beam.attention, greedy.attention, atol=1e-6)


def teacher_forced_attention(model, source, outputs):
    """Attention `(N, T, S)` at each token of given outputs `(N, T)`."""
    writer = writer_of(model)
    arrays = writer.run_encoder({"source": np.repeat(source[None], len(outputs), 0)})
    begin = np.full((len(outputs), 1), BEGIN)
    embedded = writer.decoder.embed(np.concatenate([begin, outputs[:, :-1]], 1))
    _, weights = writer.decoder.unroll(embedded, *writer.decoder.encode_source(*arrays), False)
    return keras.ops.convert_to_numpy(weights)


def exhaustive(model, source, beam):
    """Scores of all outputs of at most `max_length` tokens, best first, penalties and bans kept."""
    words = [id for id in range(7) if id not in (0, BEGIN, END)]
    outputs = [
        [*run, END]
        for length in range(beam.max_length)
        for run in itertools.product(words, repeat=length)
    ] + [list(run) for run in itertools.product(words, repeat=beam.max_length)]
    found = []
    for tokens in outputs:
        size = beam.no_repeat_ngram
        runs = [tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)] if size else []
        ended = tokens[-1] == END
        if len(set(runs)) < len(runs) or (ended and len(tokens) - 1 < beam.min_length):
            continue
        found.append(tokens)
    length = max(map(len, found))
    padded = np.array([tokens + [0] * (length - len(tokens)) for tokens in found], np.int32)
    sums = zoo.score(model, {"source": source[None]}, padded[None])[0]
    scores = sums / ((5 + (padded != 0).sum(1)) / 6) ** beam.length_penalty
    if beam.coverage_penalty:
        attention = teacher_forced_attention(model, source, padded)
        real = (padded != 0)[..., None]
        covered = (attention * real).sum(1)[:, source != 0]
        scores += beam.coverage_penalty * np.log(np.minimum(covered, 1)).sum(-1)
    order = np.argsort(-scores)
    return padded[order], scores[order]


@pytest.mark.parametrize(
    "options",
    [
        {"length_penalty": 1.3},
        {"coverage_penalty": 0.4, "length_penalty": 0.6},
        {"coverage_penalty": 0.3, "no_repeat_ngram": 2, "min_length": 1},
        {"no_repeat_ngram": 1, "min_length": 2},
        {"min_length": 3, "length_penalty": 0.3},
    ],
    ids=str,
)
def test_a_beam_wide_enough_finds_what_trying_all_outputs_finds(options):
    beam = zoo.BeamSearch(**{"width": 280, "max_length": 4, "n_best": 20, **options})
    model = translator()
    for seed in range(2):
        redraw(model, seed, spread=0.7)
        out = zoo.generate(model, {"source": SOURCES[:2]}, beam)
        for row, source in enumerate(SOURCES[:2]):
            tokens, scores = exhaustive(model, source, beam)
            np.testing.assert_allclose(out.scores[row], scores[:20], atol=1e-4)
            width = out.tokens.shape[-1]
            np.testing.assert_array_equal(out.tokens[row, 0], tokens[0, :width])


def test_a_beam_scores_at_least_what_greedy_does():
    worse = []
    model = translator(vocab_size=12)
    for seed in range(100):
        redraw(model, seed, spread=0.8)
        greedy = zoo.generate(model, {"source": SOURCES}, GREEDY)
        for penalty in (0.0, 0.6):
            beam = zoo.BeamSearch(5, length_penalty=penalty, max_length=8)
            lengths = (greedy.tokens[:, 0] != 0).sum(-1)
            scores = greedy.scores[:, 0] / ((5 + lengths) / 6) ** penalty
            found = zoo.generate(model, {"source": SOURCES}, beam).scores[:, 0]
            worse += [(seed, penalty)] * int((found < scores - 1e-4).sum())
    assert not worse


def test_attention_belongs_to_the_tokens_of_its_beam():
    model = translator(spread=0.8)
    out = zoo.generate(model, {"source": SOURCES}, BEAM)
    for row, source in enumerate(SOURCES):
        for n in range(3):
            written = out.tokens[row, n][out.tokens[row, n] != 0]
            _, weights = by_hand(model, source, written)
            np.testing.assert_allclose(out.attention[row, n, : len(written)], weights, atol=1e-5)
            np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
