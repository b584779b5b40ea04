"""Gradient flow against gradients worked out in other ways, in every model of the zoo."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.contracts import small_models
from zoo.layers.recurrent import recurrent_layer

STEPS, UNITS, ROWS = 9, 4, 3
X = np.random.default_rng(0).normal(size=(ROWS, STEPS, 2)).astype("float32")
LABELS = np.array([0, 1, 1])


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(2)


crossentropy = functools.partial(keras.losses.sparse_categorical_crossentropy, from_logits=True)


def classifier(layer, mask_value=None):
    """A recurrent layer over `(B, T, 2)`, and logits of two classes from its last state."""
    x = inputs = keras.Input((None, 2))
    if mask_value is not None:
        x = keras.layers.Masking(mask_value)(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="logits")(layer(x)))


@pytest.mark.parametrize("backwards", [False, True])
def test_a_linear_network_multiplies_by_its_kernel_at_each_step_back(backwards):
    options = {"activation": "linear", "name": "simple_rnn"}
    layer = keras.layers.SimpleRNN(UNITS, go_backwards=backwards, **options)
    model, x = classifier(layer, mask_value=0.0), X.copy()
    x[1, 5:] = 0  # a shorter row
    (flow,) = zoo.diagnostics.gradient_flow(model, (x, LABELS))
    probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(model(x)))
    out = keras.ops.convert_to_numpy(model.layers[-1].kernel)
    kernel = keras.ops.convert_to_numpy(layer.cell.recurrent_kernel)
    at_end = (probabilities - np.eye(2)[LABELS]) @ out.T  # (B, U)
    for distance, norm in zip(flow.distance, flow.norm, strict=True):
        rows = [0, 2] if distance >= 5 else [0, 1, 2]
        back = at_end[rows] @ np.linalg.matrix_power(kernel.T, distance)
        assert norm == pytest.approx(np.linalg.norm(back, axis=-1).mean(), rel=1e-4)
        assert flow.rows[distance] == len(rows)
        assert flow.per_unit[distance] == pytest.approx(np.abs(back).mean(0), rel=1e-3)
    assert (flow.layer, flow.cell, flow.state) == ("simple_rnn", "rnn", "h")
    assert len(flow.distance) == STEPS


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
def test_the_norm_is_that_of_a_tape_at_states_handed_over(cell):
    layer = recurrent_layer(cell, UNITS, name="recurrent", return_sequences=False)
    model = classifier(layer)
    flows = zoo.diagnostics.gradient_flow(model, (X, LABELS))
    assert [flow.state for flow in flows] == (["h", "c"] if cell == "lstm" else ["h"])
    assert {flow.cell for flow in flows} == {cell}
    kind = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}.get(cell, keras.layers.SimpleRNN)
    options = {"activation": "relu"} if cell == "irnn" else {}
    handing = kind(UNITS, return_state=True, **options)
    handing.build(X.shape)
    handing.set_weights(layer.get_weights())
    for distance in (1, 4, STEPS - 1):
        _, *states = handing(X[:, : STEPS - distance])
        with tf.GradientTape() as tape:
            tape.watch(states)
            output, *_ = handing(X[:, STEPS - distance :], initial_state=states)
            loss = keras.ops.sum(crossentropy(LABELS, model.layers[-1](output)))
        for flow, gradient in zip(flows, tape.gradient(loss, states), strict=True):
            expected = np.linalg.norm(gradient, axis=-1).mean()
            assert flow.norm[distance] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", small_models.BUILDERS)
def test_every_recurrent_layer_of_every_model_is_followed(name):
    model = small_models.build(name, **({"cnn": None} if "show" in name else {}))
    ids = small_models.tokens(4, 6, small_models.LENGTHS)
    batch = small_models.batch(model, ids)
    if "show" in name:
        batch["image"] = batch["image"][:, :2, :2]
        model = small_models.build(name, cnn=None, image_shape=(2, 2, 3))
    shape, loss = small_models.answer(model(batch)).shape, None
    labels = np.ones(shape[: 1 if "classifier" in name else 2], int)
    if small_models.forecasts(model):
        labels, loss = np.ones(shape, "float32"), squared_errors
    if name in ("bag_of_words_classifier", "image_classifier", "draw"):  # its loop is its own
        with pytest.raises(ValueError, match="no recurrent layer"):
            zoo.diagnostics.gradient_flow(model, (batch, labels))
        return
    before, weights = vars_of(model), model.get_weights()
    flows = zoo.diagnostics.gradient_flow(model, (batch, labels), loss=loss)
    names = {flow.layer for flow in flows}
    recurrent = {
        layer.name
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.RNN) and layer.cell.trainable_weights
    }
    if name == "multi_object_attention":
        recurrent.remove("upper")  # it learns from the reward alone
    assert names == recurrent
    own = {"row_classifier": 32, "recurrent_attention": 7, "multi_object_attention": 12}
    for flow in flows:
        steps = 4 + (name == "show_and_tell") if "target" in batch else 6
        steps = own.get(name, 6 if "encoder" in flow.layer else steps)
        assert len(flow.distance) == steps, flow.layer
        assert np.isfinite(flow.norm).all()
        # Of five rectified units in a row some are 0, and so is their gradient.
        assert (flow.norm[1 : 3 if flow.cell == "irnn" else None] > 0).all()
    assert vars_of(model) == before
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def squared_errors(labels, outputs):
    return keras.ops.sum((outputs - labels) ** 2, (2, 3))


def vars_of(model):
    return [(layer.name, sorted(vars(layer))) for layer in model._flatten_layers()]


def test_the_step_of_the_loss_is_the_last_that_counts_or_a_given_one():
    x = inputs = keras.Input((STEPS, 2))
    x = keras.layers.GRU(UNITS, return_sequences=True)(x)
    model = keras.Model(inputs, keras.layers.Dense(3)(x))
    labels = np.random.default_rng(1).integers(1, 3, (ROWS, STEPS))
    weights = np.ones((ROWS, STEPS))
    weights[:, 6:], weights[2] = 0, 0
    flow = zoo.diagnostics.gradient_flow

    def followed(*batch, **options):
        (found,) = flow(model, (X, *batch), **options)
        return found

    by_weights, by_step = followed(labels, weights), followed(labels, step=5)
    assert len(by_weights.distance) == len(by_step.distance) == 6
    assert by_weights.rows.tolist() == [2] * 6
    first_two = flow(model, (X[:2], labels[:2]), step=np.array([5, -4]))[0]
    np.testing.assert_allclose(by_weights.norm, first_two.norm, rtol=1e-5)
    padded = np.where(np.arange(STEPS) < 6, labels, 0)
    np.testing.assert_allclose(followed(padded).norm, by_step.norm, rtol=1e-5)
    doubled = followed(
        labels,
        step=5,
        loss=lambda y, z: 2 * keras.losses.sparse_categorical_crossentropy(y, z, from_logits=True),
    )
    np.testing.assert_allclose(doubled.norm, 2 * by_step.norm, rtol=1e-5)
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    np.testing.assert_allclose(followed(labels, step=5).norm, by_step.norm, rtol=1e-5)
    with pytest.raises(ValueError, match="within the 9 steps"):
        followed(labels, step=9)
    with pytest.raises(ValueError, match="no row"):
        followed(labels, 0 * weights)
    with pytest.raises(ValueError, match="name the loss"):
        flow(keras.Model(inputs, model.output), (X, labels[..., None, None]))


def test_stacked_cells_have_as_many_distances_as_steps():
    cells = [keras.layers.SimpleRNNCell(4) for _ in range(2)]
    inputs = keras.Input((10, 3))
    outputs = keras.layers.RNN(cells, return_sequences=True)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(outputs))
    model.compile(loss="mse")
    generator = np.random.default_rng(0)
    batch = generator.normal(size=(2, 10, 3)), generator.normal(size=(2, 10, 1))
    for flow in zoo.diagnostics.gradient_flow(model, batch):
        assert len(flow.norm) == 10
        assert flow.norm[-1] > 0


def test_states_of_a_stateful_layer_are_as_before():
    layer = keras.layers.GRU(UNITS, stateful=True)
    inputs = keras.Input(batch_shape=(ROWS, STEPS, 2))
    model = keras.Model(inputs, keras.layers.Dense(2)(layer(inputs)))
    model(X)
    before = np.array(keras.ops.convert_to_numpy(layer.states[0]))
    zoo.diagnostics.gradient_flow(model, (X, LABELS))
    np.testing.assert_array_equal(layer.states[0], before)
    assert np.abs(before).max() > 0


def test_gradients_too_small_for_half_precision_are_seen():
    kernel = keras.initializers.Identity(0.25)
    flows = {}
    for policy in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(2)
        layer = keras.layers.SimpleRNN(UNITS, recurrent_initializer=kernel, dtype=policy)
        flows[policy] = zoo.diagnostics.gradient_flow(classifier(layer), (X, LABELS))[0]
    assert flows["float32"].norm[-1] < 1e-5
    np.testing.assert_allclose(flows["mixed_float16"].norm, flows["float32"].norm, rtol=0.05)
    assert flows["float32"].decay < 0.27


def test_the_plot_has_a_line_for_each_layer_and_state(tmp_path):
    layer = recurrent_layer("lstm", UNITS, name="recurrent", return_sequences=False)
    flows = zoo.diagnostics.gradient_flow(classifier(layer), (X, LABELS))
    axes = zoo.diagnostics.plot_gradient_flow({"before": flows, "after": flows})
    labels = [line.get_label() for line in axes.get_lines()]
    assert [label.partition(":")[0] for label in labels] == [
        f"{when} recurrent (lstm), {state}" for when in ("before", "after") for state in "hc"
    ]
    assert axes.get_yscale() == "log"
    axes.figure.savefig(tmp_path / "flow.png")
    np.testing.assert_array_equal(axes.get_lines()[0].get_ydata(), flows[0].norm)
