"""Errors of decoding: one sentence that names the argument and what to give instead."""

import numpy as np
import pytest

import zoo
from zoo.layers.checks import check_sizes

IDS = [[4, 5, 3]]


@pytest.fixture(scope="module")
def model():
    return zoo.seq2seq(source_vocab_size=9, target_vocab_size=8, embedding_dim=3, units=4)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"source": [[4, 9]]}, r"inputs\['source'\] has the id 9; the model knows 0 to 8"),
        ({"source": [[4, -1]]}, r"inputs\['source'\] has the id -1; the model knows 0 to 8"),
        ({"source": [[4.5, 3]]}, r"inputs\['source'\] must have ids, whole numbers; got float"),
        ({"source": [["a"]]}, r"inputs\['source'\] must be an array of numbers"),
        ({"source": [[4, 5], [3]]}, r"inputs\['source'\] must be an array of numbers"),
        ({"source": None}, r"inputs\['source'\] must be an array of numbers"),
        ({"source": [4, 5]}, r"inputs\['source'\] must have the shape \(any, any\); got \(2,\)"),
        ({"source": [[[4]]]}, r"must have the shape \(any, any\); got \(1, 1, 1\)"),
        (np.ones((1, 2)), "inputs must have source; got no dict but ndarray"),
        ({}, "inputs must have source; got nothing"),
    ],
)
def test_inputs(model, inputs, message):
    for function in (zoo.generate, lambda *given: zoo.score(*given, [[4, 3]])):
        with pytest.raises(ValueError, match=message):
            function(model, inputs)


@pytest.mark.parametrize("strategy", ["beam", 5, zoo.Greedy])
def test_strategies(model, strategy):
    with pytest.raises(ValueError, match=r"strategy must be Greedy\(\.\.\.\), Sample"):
        zoo.generate(model, {"source": IDS}, strategy)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ([[4, 8]], "outputs has the id 8; the model knows 0 to 7"),
        ([[-4]], "outputs has the id -4"),
        ([[4.5]], "outputs must have ids, whole numbers"),
        ([[]], r"outputs must have (ids|the shape)"),
        ([[4], [5]], r"outputs must have the shape \(1, T\)"),
        (np.zeros((1, 0, 3), int), r"outputs must have the shape \(1, T\)"),
    ],
)
def test_outputs(model, outputs, message):
    with pytest.raises(ValueError, match=message):
        zoo.score(model, {"source": IDS}, outputs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: zoo.BeamSearch(width=2.5), "width must be a whole number; got 2.5"),
        (lambda: zoo.BeamSearch(width="5"), "width must be a whole number; got '5'"),
        (lambda: zoo.BeamSearch(no_repeat_ngram=1.5), "no_repeat_ngram must be a whole number"),
        (lambda: zoo.BeamSearch(length_penalty=float("nan")), "length_penalty must be a finite"),
        (lambda: zoo.BeamSearch(coverage_penalty=-1), "coverage_penalty must be at least 0"),
        (lambda: zoo.BeamSearch(n_best=6), "n_best must be at least 1 and at most the width, 5"),
        (lambda: zoo.Greedy(max_length=3.5), "max_length must be a whole number; got 3.5"),
        (lambda: zoo.Greedy(min_length=100), "min_length must be below max_length; got 100"),
        (lambda: zoo.Sample(seed=-1), "seed must be at least 0; got -1"),
        (lambda: zoo.Sample(seed=None), "seed must be a whole number; got None"),
        (lambda: zoo.Sample(temperature=0), "temperature must be a number above 0; got 0"),
        (lambda: zoo.seq2seq(9, 8, units=2.5), "units must be a whole number; got 2.5"),
        (lambda: zoo.seq2seq(9, 8, begin_token=8), "ids from 1 to 7, one below the size"),
        (lambda: zoo.seq2seq(9, 8, end_token=0), "ids from 1 to 7, one below the size"),
        (lambda: zoo.seq2seq(9, 8, begin_token=3), "begin_token and end_token must differ"),
        (lambda: check_sizes(units=0), "units must be at least 1; got 0"),
    ],
)
def test_numbers(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_batch_of_no_rows_is_refused(model):
    with pytest.raises(ValueError, match="batch_size must be at least 1; got 0"):
        zoo.generate(model, {"source": IDS}, batch_size=0)
