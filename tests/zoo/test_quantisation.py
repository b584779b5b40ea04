"""Quantised models: what they write, on every layout, before and after they are saved."""

import keras
import numpy as np
import pytest

import zoo
from tests.contracts.test_builders import quantise
from tests.zoo.translators import GREEDY, SOURCES, new_translator
from zoo.layers.attention import AdditiveAttention, GeneralAttention
from zoo.layers.composed import embeddings_of, kernel_of


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_a_model_quantised_after_it_wrote_writes_with_its_new_weights(mode, tmp_path):
    model = new_translator(tie_embeddings=True, spread=0.5)
    before = zoo.generate(model, {"source": SOURCES}, GREEDY)
    quantise(model, mode)
    after = zoo.generate(model, {"source": SOURCES}, GREEDY)
    given = zoo.score(model, {"source": SOURCES}, after.tokens)
    np.testing.assert_allclose(after.scores, given, atol=1e-4)
    assert np.abs(after.scores - before.scores).max() > 1e-4
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = zoo.generate(loaded, {"source": SOURCES}, GREEDY)
    np.testing.assert_array_equal(again.tokens, after.tokens)
    np.testing.assert_array_equal(again.scores, after.scores)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_weights_in_numbers_are_those_of_the_quantised_layer(mode):
    rng = np.random.default_rng(0)
    dense, embedding = keras.layers.Dense(7), keras.layers.Embedding(6, 5)
    dense.build((None, 4))
    embedding.build()
    dense.bias.assign(rng.normal(0, 1, 7))
    kernel, table = np.array(dense.kernel), np.array(embedding.embeddings)
    for layer in (dense, embedding):
        layer.quantize(mode)
    step = {"int8": 1 / 127, "int4": 1 / 7}[mode]
    for found, given in ((kernel_of(dense), kernel), (embeddings_of(embedding), table)):
        error = np.abs(keras.ops.convert_to_numpy(found) - given)
        assert 0 < error.max() <= step * np.abs(given).max()


@pytest.mark.parametrize(
    "make",
    [lambda: GeneralAttention(6), lambda: AdditiveAttention(4, gated=True)],
    ids=["general", "additive"],
)
def test_a_layer_alone_comes_back_quantised_from_its_config(make):
    layer = make()
    layer.build((None, 6), (None, 3, 5))
    layer.key.quantize("int8")
    again = type(layer).from_config(layer.get_config())
    again.build((None, 6), (None, 3, 5))
    assert again.key.quantization_mode == "int8"
    assert [w.dtype for w in again.weights] == [w.dtype for w in layer.weights]
    assert again.get_config() == layer.get_config()
