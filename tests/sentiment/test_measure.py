"""Measuring classifiers: against numbers worked out by hand."""

import keras
import numpy as np
import pytest

import zoo
from recipes.common.data.batching import Batches, Sequences, bucket_boundaries
from recipes.common.labelling import measure as labelling
from recipes.sentiment import baselines, measure, training

PROBABILITIES = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.7, 0.3]])


def test_metrics_of_four_examples_by_hand():
    measured = labelling.measure(PROBABILITIES, np.array([0, 1, 0, 1]))
    assert measured["accuracy"] == 0.5
    assert measured["macro_f1"] == 0.5
    assert measured["crossentropy"] == pytest.approx(-np.log([0.9, 0.6, 0.2, 0.3]).mean())
    assert measured["roc_auc"] == 0.5  # of 4 pairs, 2 are in order
    assert "roc_auc" not in labelling.measure(PROBABILITIES, np.array([0, 0, 0, 0]))


def test_certain_and_wrong_is_finite():
    measured = labelling.measure(np.array([[1.0, 0.0]]), np.array([1]))
    assert np.isfinite(measured["crossentropy"])


def test_majority_is_of_the_training():
    measured = labelling.majority(np.array([1, 1, 0]), np.array([0, 0, 0, 1]))
    assert measured == {"accuracy": 0.25}


def test_the_linear_baseline_learns_pairs_of_words():
    texts = ["good film", "not good film", "bad film", "not bad film"] * 30
    labels = np.array([1, 0, 0, 1] * 30)
    measured = baselines.linear((texts, labels), (texts, labels), (texts, labels))
    assert measured["accuracy"] == 1


def test_words_are_scaled_by_how_much_they_tell_of_each_label():
    texts = ["sun hot the", "snow cold the", "rain wet the", "sun the", "snow the", "rain the"] * 9
    labels = np.array([0, 2, 3, 0, 2, 3] * 9)  # there may be labels that the training lacks
    part = texts, labels
    measured = baselines.naive_bayes(part, part, (["hot", "cold", "wet"], np.array([0, 2, 3])))
    assert measured["accuracy"] == 1
    counts = np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1], [0, 0, 1]])
    first, second = np.array([3, 1, 3]) / 7, np.array([1, 2, 3]) / 6
    ratios = baselines._ratios(counts, np.array([True, True, False, False]))
    np.testing.assert_allclose(ratios, [np.log(first / second)])


def test_predictions_come_in_the_order_of_the_texts_whatever_the_batches():
    generator = np.random.default_rng(0)
    encoded = [
        generator.integers(1, 9, length).tolist() for length in generator.integers(1, 40, 23)
    ]
    sequences = Sequences.of(encoded, [0] * 23)
    model = zoo.rnn_classifier(9, 3, embedding_dim=4, units=3)
    found = [
        measure.probabilities(
            model, Batches(sequences, size, bucket_boundaries(sequences.lengths, 4))
        )
        for size in (1, 5, 23, 40)
    ]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], atol=1e-6)
    alone = [keras.ops.softmax(model({"tokens": np.array([ids], np.int32)})) for ids in encoded[:3]]
    np.testing.assert_allclose(found[0][:3], np.concatenate(alone), atol=1e-6)


def test_metrics_of_training_do_not_see_rows_that_fill_up(tmp_path):
    """33 examples in batches of 32: 31 rows of the second batch weigh nothing."""
    encoded = [[number % 7 + 1] * 3 for number in range(33)]
    sequences = Sequences.of(encoded, [number % 2 for number in range(33)])
    model = zoo.bag_of_words_classifier(9, 2, embedding_dim=4, units=3)

    class Settings:
        jit, epochs, learning_rate = False, 1, 1e-3

    training.compile_model(model, Settings, 2)
    batches = Batches(sequences, 32, bucket_boundaries(sequences.lengths, 1))
    logs = model.evaluate(batches.once(), return_dict=True, verbose=0)
    measured = labelling.measure(measure.probabilities(model, batches), sequences.labels)
    assert logs["accuracy"] == pytest.approx(measured["accuracy"], abs=1e-6)
    assert logs["crossentropy"] == pytest.approx(measured["crossentropy"], rel=1e-5)
