"""Cells recorded over a text are those of the model; a silenced one reaches nothing."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import zoo
from zoo.diagnostics import ablate_cells, cells


def ids(*shape, below=9):
    return np.random.default_rng(0).integers(1, below, shape).astype(np.int32)


def writer(cell="lstm", **options):
    """A language model of two layers, its weights far from the first ones."""
    keras.utils.set_random_seed(3)
    model = zoo.rnn_language_model(9, embedding_dim=4, units=5, num_layers=2, cell=cell, **options)
    for weight in model.trainable_variables:
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3, seed=1))
    return model


def by_hand(layer, x):
    """The states of a layer after each step of `(T, F)`, by its cell: `(T, units)` each."""
    sizes = keras.tree.flatten(layer.cell.state_size)
    states, found = [np.zeros((1, size), np.float32) for size in sizes], []
    for row in x:
        _, states = layer.cell(row[None], states, training=False)
        found.append([np.asarray(state)[0] for state in states])
    return list(map(np.array, zip(*found, strict=True)))


def same(one, other):
    """Compare nested arrays."""
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), one, other
    )


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
def test_every_state_of_every_layer_is_that_of_its_cell(cell):
    model, tokens = writer(cell), ids(12)
    decoder = model.get_layer("decoder")
    x, expected = ops.convert_to_numpy(decoder.embed(tokens)), {}
    for layer in decoder.recurrent:
        states = by_hand(layer, x)
        expected[layer.name] = dict(zip(("hidden", "memory"), states, strict=False))
        x = states[0]
    same(cells(model, tokens), expected)


@pytest.mark.parametrize("states", [False, True])
def test_a_text_in_chunks_is_the_text_as_one(states):
    model, tokens = writer(states=states), ids(2, 23)
    whole = cells(model, tokens, gates=True)
    assert whole["recurrent_2"]["memory"].shape == (2, 23, 5)
    same(cells(model, tokens, gates=True, steps=5), whole)


def test_a_fresh_token_knows_nothing_of_those_before_it():
    model, tokens = writer(), ids(20)
    found = cells(model, tokens, fresh=np.arange(20) == 8, gates=True, steps=6)
    for span in (slice(0, 8), slice(8, 20)):
        alone = cells(model, tokens[span], gates=True)
        same(keras.tree.map_structure(lambda array, span=span: array[span], found), alone)


def test_gates_are_those_that_made_the_states():
    of_lstm = cells(writer("lstm"), ids(9), gates=True)["recurrent_2"]
    hidden, memory = of_lstm["hidden"], of_lstm["memory"]
    same(of_lstm["output_gate"] * np.tanh(memory), hidden)
    new = memory[1:] - of_lstm["forget_gate"][1:] * memory[:-1]
    assert (np.abs(new) <= of_lstm["input_gate"][1:] + 1e-6).all()
    of_gru = cells(writer("gru"), ids(9), gates=True)["recurrent_2"]
    kept = of_gru["hidden"][1:] - of_gru["update_gate"][1:] * of_gru["hidden"][:-1]
    assert (np.abs(kept) <= 1 - of_gru["update_gate"][1:] + 1e-6).all()
    assert set(of_gru) == {"hidden", "update_gate", "reset_gate"}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_both_directions_of_a_padded_batch_are_in_the_order_of_the_text(cell):
    keras.utils.set_random_seed(2)
    model = zoo.rnn_classifier(9, 2, embedding_dim=4, units=3, cell=cell, num_layers=2)
    tokens = ids(2, 7)
    tokens[1, 4:] = 0
    found = cells(model, tokens)
    for number in (1, 2):
        outputs = keras.Model(model.input, model.get_layer(f"bidirectional_{number}").output)
        expected = outputs.predict_on_batch({"tokens": tokens})
        wrapper = model.get_layer(f"bidirectional_{number}")
        directions = [found[layer.name]["hidden"] for layer in _both(wrapper)]
        real = (tokens != 0)[:, :, None]
        same(np.concatenate(directions, -1) * real, expected * real)


def _both(wrapper):
    return wrapper.forward_layer, wrapper.backward_layer


def test_encoder_and_decoder_are_recorded_each_over_its_own_text():
    model = zoo.seq2seq(9, 9, embedding_dim=4, units=3, num_layers=2)
    found = cells(model, {"source": ids(7), "target": ids(6)})
    lengths = {name: of_layer["hidden"].shape for name, of_layer in found.items()}
    encoders = {"encoder_1": (7, 3), "encoder_2": (7, 3)}
    assert lengths == {**encoders, "recurrent_1": (6, 3), "recurrent_2": (6, 3)}


def test_layers_of_one_name_have_the_names_around_them_too():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(9, 4)(tokens)
    for part in ("lower", "upper"):
        x = keras.Sequential([layers.GRU(3, return_sequences=True, name="gru")], name=part)(x)
    found = cells(keras.Model(tokens, x), ids(8))
    assert list(found) == ["lower/gru", "upper/gru"]
    assert found["upper/gru"]["hidden"].shape == (8, 3)


def cut_off(model, number, unit, value):
    """Hold the output of a unit at a value by the weights of what reads it."""
    decoder = model.get_layer("decoder")
    above = [*decoder.recurrent, None][number]
    readers = [(decoder.recurrent[number - 1].cell.recurrent_kernel, None)]
    if above is None:
        readers = [(decoder.output_layer.kernel, decoder.output_layer.bias), *readers]
    else:
        readers = [(above.cell.kernel, above.cell.bias), *readers]
    own = decoder.recurrent[number - 1].cell.bias
    for kernel, bias in readers:
        row = ops.convert_to_numpy(kernel)[unit]
        (own if bias is None else bias).assign_add(value * row)
        kernel.assign(np.where(np.arange(5)[:, None] == unit, 0, ops.convert_to_numpy(kernel)))


def nats(model, tokens):
    logits = model.predict_on_batch({"tokens": tokens[None]})[0, :-1]
    logits = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -logits[np.arange(len(tokens) - 1), tokens[1:]]


@pytest.mark.parametrize("value", [0.0, 0.7])
def test_a_silenced_unit_reaches_neither_the_recurrence_nor_the_layers_above(value):
    model, tokens = writer(), ids(30)
    units = [("recurrent_1", 3), ("recurrent_2", 0), [("recurrent_1", 3), ("recurrent_2", 0)]]
    values = {"recurrent_1": np.full(5, value), "recurrent_2": np.full(5, value)}
    found = ablate_cells(model, tokens, units, values=values, steps=7)
    assert found.shape == (4, 29)
    same(found[0], nats(model, tokens))
    for row, pairs in enumerate(units, start=1):
        changed = writer()
        for name, unit in [pairs] if isinstance(pairs, tuple) else pairs:
            cut_off(changed, int(name[-1]), unit, value)
        same(found[row], nats(changed, tokens))


def test_the_model_is_left_as_it_was():
    model, tokens = writer(), ids(6)
    before = model.predict_on_batch({"tokens": tokens[None]})
    cells(model, tokens)
    with pytest.raises(ValueError, match="No unit 5 of 'recurrent_2'"):
        ablate_cells(model, tokens, [("recurrent_2", 5)])
    assert not any("inner_loop" in vars(layer) for layer in model.get_layer("decoder").recurrent)
    np.testing.assert_array_equal(model.predict_on_batch({"tokens": tokens[None]}), before)


def test_models_and_inputs_that_do_not_fit_are_refused():
    tokens = ids(6)
    with pytest.raises(ValueError, match="has no LSTM, GRU or SimpleRNN layer"):
        cells(zoo.bag_of_words_classifier(9, 2), tokens)
    with pytest.raises(ValueError, match="give a dict of them"):
        cells(zoo.seq2seq(9, 9, embedding_dim=4, units=3), tokens)
    with pytest.raises(ValueError, match=r"'target' of \w+ is missing"):
        cells(zoo.seq2seq(9, 9, embedding_dim=4, units=3), {"source": tokens})
    with pytest.raises(ValueError, match="no input 'words'"):
        cells(writer(), {"words": tokens})
    with pytest.raises(ValueError, match="There are no tokens"):
        cells(writer(), tokens[:0])
    with pytest.raises(ValueError, match="does not read ids of tokens forward"):
        ablate_cells(zoo.rnn_classifier(9, 2, embedding_dim=4, units=3), tokens, [])
