"""Figures of likelihood: the same in any batch, with the state carried; the n-grams beside them."""

import math

import numpy as np
import pytest

import zoo
from recipes.characters import baselines, measure, writing
from recipes.characters.data import Data, Part
from recipes.characters.sources import Documents
from recipes.characters.vocabulary import Characters
from tests.characters.contract import text

TEXTS = [text(7), text(90), text(1), text(31), "a"]
VOCABULARY, _ = Characters.of(TEXTS, 1)


def part(texts, whole):
    return Part.of(Documents(texts, ["here"] * len(texts)), VOCABULARY, whole)


@pytest.fixture(scope="module")
def model():
    made = zoo.rnn_language_model(VOCABULARY.size, embedding_dim=5, units=9, num_layers=2)
    for weight in made.trainable_weights:  # so that no two tokens are alike
        weight.assign(np.random.default_rng(1).normal(0, 0.5, weight.shape))
    return made


def unbroken(model, ids):
    """Nats of each token after the first, all read in one go."""
    logits = np.asarray(model.predict_on_batch({"tokens": ids[None, :-1]}), np.float64)[0]
    logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
    return -logits[np.arange(len(ids) - 1), ids[1:]]


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 7), (2, 64), (3, 16), (32, 0)])
def test_documents_cost_the_same_in_any_batch(model, batch_size, steps):
    test = part(TEXTS, True)
    expected = sum(
        unbroken(model, np.array([2, *VOCABULARY.encode(text), 3], np.int32)).sum()
        for text in TEXTS
    )
    total, count = measure.nats(model, measure.streams_of(test, VOCABULARY.size, batch_size, steps))
    assert count == sum(map(len, TEXTS)) + len(TEXTS)
    assert total == pytest.approx(expected, rel=1e-5)


def test_a_single_text_is_one_stream_with_the_state_carried(model, monkeypatch):
    test = part(TEXTS[1:2], False)
    streams = measure.streams_of(test, VOCABULARY.size, steps=10)
    assert streams.batch_size == 1
    expected = unbroken(model, test.ids.astype(np.int32))
    total, count = measure.nats(model, streams)
    assert count == len(test.ids) - 1
    assert total == pytest.approx(expected.sum(), rel=1e-5)
    assert total != pytest.approx(
        sum(unbroken(model, test.ids[i : i + 11].astype(np.int32)).sum() for i in range(0, 900, 10))
    )
    monkeypatch.setattr(measure, "LONGEST_STREAM", len(test.ids) // 3)
    assert measure.streams_of(test, VOCABULARY.size).batch_size == 3


def test_figures_follow_from_the_sum():
    of = part(["one two\n", "three"], True)
    figures = measure.measure(6.0, 15, of, "characters")
    assert figures["crossentropy"] == figures["nats_per_character"] == 0.4
    assert figures["bits_per_character"] == pytest.approx(0.4 / math.log(2))
    assert figures["perplexity_per_word"] == pytest.approx(math.exp(2))
    assert measure.measure(6.0, 5, of, "subwords")["nats_per_character"] == pytest.approx(6 / 15)
    assert set(measure.measure(6.0, 5, of, "words")) == {
        "crossentropy",
        "perplexity",
        "probability",
    }
    assert measure.measure(1e6, 5, of, "words")["perplexity"] == math.inf


def test_rows_cost_what_they_cost_alone(model, monkeypatch):
    ids = np.random.default_rng(0).integers(4, VOCABULARY.size, (5, 12)).astype(np.int32)
    expected = np.stack([unbroken(model, row) for row in ids])
    monkeypatch.setattr(measure, "MOST_LOGITS", 2 * 12 * VOCABULARY.size)
    np.testing.assert_allclose(measure.of_rows(model, ids), expected, atol=1e-5)


@pytest.mark.parametrize("whole", [True, False])
def test_the_order_of_n_grams_is_the_best_on_validation(whole, monkeypatch, capsys):
    parts = {"train": part(TEXTS, whole), "validation": part([text(20)], whole),
             "test": part([text(12)], whole)}  # fmt: skip
    data = Data(parts, train=None, validation=None, vocabulary=VOCABULARY)
    found = baselines.kneser_ney(data, "characters")
    tried = found["validation"]
    assert found["order"] == min(tried, key=tried.get)
    assert 0 < found["nats_per_character"] < math.log(VOCABULARY.size)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(baselines, "LONG", 1500)
    monkeypatch.setattr(baselines, "ENOUGH", 1000)
    assert baselines.kneser_ney(data, "characters")["tokens"] == 1000
    assert "counted in the last 1,000 of" in capsys.readouterr().err


def test_the_longest_copied_passage_is_found():
    source = np.array([5, 6, 7, 8, 9, 5, 6, 300])
    assert writing.longest_copy(np.array([7, 8, 5, 6, 7, 8, 4]), source).tolist() == [5, 6, 7, 8]
    assert writing.longest_copy(np.array([4]), source).tolist() == []


def test_no_longer_n_grams_are_tried_than_memory_allows(monkeypatch):
    parts = {name: part(TEXTS, True) for name in ("train", "validation", "test")}
    data = Data(parts, train=None, validation=None, vocabulary=VOCABULARY)
    assert baselines.kneser_ney(data, "characters")["order"] > 4  # what it learnt by heart
    monkeypatch.setattr(baselines, "MOST_GRAMS", 100)
    assert baselines.kneser_ney(data, "characters")["order"] <= 3
