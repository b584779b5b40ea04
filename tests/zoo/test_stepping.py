"""The prepared steps of a decoder, against the layers that it is made from."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.zoo.translators import BUILDERS, SOURCES, new_translator
from zoo.decoding import BeamSearch, Sample, generate, score
from zoo.layers import stepping
from zoo.layers.recurrent import CELLS, recurrent_layer


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("rows", [1, 3])
def test_a_step_in_two_parts_is_the_cell_s(cell, rows, monkeypatch):
    monkeypatch.setattr(stepping, "DEEP", 1)
    rng = np.random.default_rng(0)
    features, context, units = 4, 3, 5
    layer = recurrent_layer(cell, units, name="layer")
    layer.build((None, None, features + context))
    for weight in layer.trainable_variables:
        weight.assign(rng.normal(0, 1, weight.shape))
    x, looked_up = rng.normal(0, 1, (rows, features)), rng.normal(0, 1, (rows, context))
    states = [rng.normal(0, 1, (rows, units)).astype("float32")]
    states *= 2 if cell == "lstm" else 1
    query = rng.normal(0, 1, (units, 2)).astype("float32")
    x, looked_up = x.astype("float32"), looked_up.astype("float32")
    expected = layer.cell(np.concatenate([x, looked_up], 1), states, training=False)

    step = stepping.CellStep(layer, features, "float32", query)
    tensors = [ops.convert_to_tensor(state) for state in states]
    sums = step.multiply(ops.convert_to_tensor(x), tensors)
    share = ops.matmul(looked_up, layer.cell.kernel[features:])
    found = step.apply_gates(sums, tensors, share)

    assert_equal(found, expected)
    np.testing.assert_allclose(ops.convert_to_numpy(sums.query), states[0] @ query, atol=1e-5)


def test_both_layouts_give_the_same_product(monkeypatch):
    rng = np.random.default_rng(0)
    x, kernel = rng.normal(0, 1, (3, 600)), rng.normal(0, 1, (600, 7))
    x, kernel = ops.cast(x, "float32"), ops.cast(kernel, "float32")
    deep = stepping.Product(kernel)(x)
    monkeypatch.setattr(stepping, "DEEP", 10_000)
    plain = stepping.Product(kernel)(x)
    assert_equal([deep], [plain], atol=1e-3)


@pytest.mark.parametrize(
    ("name", "strategy"),
    [(name, BeamSearch(3, 0.0, n_best=3, max_length=6)) for name in BUILDERS]
    + [("bahdanau_seq2seq", Sample(n=3, max_length=6))],
)
def test_outputs_that_share_a_memory_score_as_when_given(name, strategy, monkeypatch):
    """With the other layout of the weights, which small models would not take."""
    monkeypatch.setattr(stepping, "DEEP", 1)
    model = new_translator(name, num_layers=2, cell="lstm")
    found = generate(model, {"source": SOURCES}, strategy)
    given = score(model, {"source": SOURCES}, found.tokens)
    np.testing.assert_allclose(found.scores, given, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "policy"),
    [(name, "mixed_bfloat16") for name in BUILDERS] + [("bahdanau_seq2seq", "mixed_float16")],
)
def test_half_precision_writes_what_it_scores(name, policy, monkeypatch):
    monkeypatch.setattr(stepping, "DEEP", 1)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = new_translator(name, spread=0.3)
    finally:
        keras.config.set_dtype_policy(before)
    found = generate(model, {"source": SOURCES}, BeamSearch(2, 0.0, max_length=5))
    assert found.scores.dtype == np.float32
    given = score(model, {"source": SOURCES}, found.tokens)
    np.testing.assert_allclose(found.scores, given, atol=0.2)


def assert_equal(found, expected, atol=1e-5):
    found, expected = keras.tree.flatten(found), keras.tree.flatten(expected)
    for one, other in zip(found, expected, strict=True):
        one, other = ops.convert_to_numpy(one), ops.convert_to_numpy(other)
        np.testing.assert_allclose(one, other, atol=atol)
