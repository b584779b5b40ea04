"""The recurrent layers against their namesakes in Keras: values, states, gradients, loops."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.zoo.recurrent_pairs import KINDS, TOLERANCE, assert_same, pair, results, tensors
from zoo.layers import recurrent
from zoo.layers.xla import parts


@st.composite
def configurations(draw):
    """Settings that meet in every way, of few sizes, as XLA compiles each."""
    batch, steps = draw(st.sampled_from([(1, 1), (3, 7), (5, 17)]))
    masks = {
        "none": None,
        "lengths": np.arange(steps)
        < np.array(draw(st.lists(st.integers(0, steps), min_size=batch, max_size=batch)))[:, None],
        "random": np.array(
            draw(st.lists(st.booleans(), min_size=batch * steps, max_size=batch * steps))
        ).reshape(batch, steps),
    }
    return {
        "kind": draw(st.sampled_from(sorted(KINDS))),
        "dtype": draw(st.sampled_from(sorted(TOLERANCE))),
        "shape": (batch, steps, 3),
        "units": draw(st.sampled_from([1, 3])),
        "mask": masks[draw(st.sampled_from(sorted(masks)))],
        "with_states": draw(st.booleans()),
        "training": draw(st.booleans()),
        "wrapper": draw(st.sampled_from(["none", "bidirectional", "stacked"])),
        "options": {
            "return_sequences": draw(st.booleans()),
            "return_state": draw(st.booleans()),
            "go_backwards": draw(st.booleans()),
            "use_bias": draw(st.booleans()),
            "dropout": draw(st.sampled_from([0.0, 0.4])),
            "seed": draw(st.integers(0, 9)),
        },
    }


def check(configuration):
    c = configuration
    wrapped, options, dtype, state_sets = c["wrapper"], c["options"], c["dtype"], 1
    if wrapped == "bidirectional":
        options, state_sets = {**options, "go_backwards": False}, 2
    layers = pair(c["kind"], c["units"], dtype, **options)
    if wrapped == "bidirectional":
        layers = [keras.layers.Bidirectional(layer, dtype=dtype) for layer in layers]
    states_of_cell = 2 if c["kind"] == "lstm" else 1
    shapes = [(c["shape"][0], c["units"])] * states_of_cell * state_sets * c["with_states"]
    x, *states = tensors(c["shape"], *shapes, dtype=dtype)
    if wrapped == "stacked":
        below = pair(c["kind"], 3, dtype, return_sequences=True)
        layers = [_Stack(low, high) for low, high in zip(below, layers, strict=True)]
    for layer in layers:
        layer(x, initial_state=states or None)
    for mine, other in zip(layers[0].variables, layers[1].variables, strict=True):
        mine.assign(other)  # the seeds of the dropout among them
    ours, theirs = (results(layer, x, states, c["training"], c["mask"]) for layer in layers)
    assert_same(ours, theirs, TOLERANCE[dtype])


class _Stack(keras.layers.Layer):
    def __init__(self, below, above):
        super().__init__(dtype=below.dtype_policy)
        self.supports_masking = True
        self.below, self.above = below, above

    def call(self, x, mask=None, training=False, initial_state=None):
        h = self.below(x, mask=mask, training=training)
        return self.above(h, mask=mask, training=training, initial_state=initial_state)


@given(configurations())
@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # to shrink a failing case takes minutes of compiling
    suppress_health_check=list(HealthCheck),
)
def test_values_states_and_gradients_are_those_of_keras(configuration):
    check(configuration)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("half", "units", "tolerance"),
    [("bfloat16", "", 2**-6), ("bfloat16", "AMX", 2**-5), ("float16", "AMX", 2**-9)],
)
def test_mixed_precision_rounds_what_goes_in_and_comes_out_and_factors_of_products(
    kind, half, units, tolerance, monkeypatch
):
    monkeypatch.setattr(parts, "bfloat16_units", lambda: units)
    ours, theirs = pair(kind, 16, keras.DTypePolicy(f"mixed_{half}"), return_sequences=True)
    exact = pair(kind, 16, return_sequences=True)[1]
    x = tf.cast(tf.cast(tensors((6, 30, 8))[0], half), "float32")
    mask = np.arange(30) < np.array([[30], [1], [0], [17], [4], [29]])
    for layer in (ours, theirs, exact):
        layer(x)
    rounded = [w.astype(tf.as_dtype(half).as_numpy_dtype) for w in ours.get_weights()]
    for layer in (ours, theirs, exact):
        layer.set_weights([w.astype("float32") for w in rounded])
    right, mine = (results(layer, x, [], True, mask) for layer in (exact, ours))
    for expected, value in zip(right, mine, strict=True):
        scale = np.abs(expected).max()
        np.testing.assert_allclose(tf.cast(value, "float32"), expected, atol=tolerance * scale)
    assert ours(x).dtype == theirs(x).dtype == ours.compute_dtype


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_finite_differences(kind):
    layer, _ = pair(kind, 4, "float64", return_sequences=True, return_state=True)
    shapes = [(3, 4)] * (2 if kind == "lstm" else 1)
    x, *states = tensors((3, 6, 2), *shapes, dtype="float64")
    mask = np.array([[1, 1, 1, 1, 0, 0], [0, 1, 0, 1, 1, 1], [1, 1, 1, 1, 1, 1]], bool)
    weights = [*tensors((3, 6, 4), *[(3, 4)] * len(states), dtype="float64", seed=2)]
    layer(x)

    def total(values):
        layer.set_weights([value.numpy() for value in values[: len(layer.weights)]])
        x, *states = values[len(layer.weights) :]
        outputs = layer(x, mask=mask, initial_state=list(states))
        return sum(float(tf.reduce_sum(o * w)) for o, w in zip(outputs, weights, strict=True))

    values = [tf.constant(w) for w in layer.get_weights()] + [x, *states]
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        outputs = layer(x, mask=mask, initial_state=list(states))
        loss = tf.add_n([tf.reduce_sum(o * w) for o, w in zip(outputs, weights, strict=True)])
    analytic = tape.gradient(loss, [*(v.value for v in layer.weights), x, *states])
    rng = np.random.default_rng(3)
    for number, gradient in enumerate(analytic):
        direction = tf.constant(rng.normal(size=gradient.shape))
        moved = [
            total([v + sign * 1e-6 * direction if i == number else v for i, v in enumerate(values)])
            for sign in (1, -1)
        ]
        slope = (moved[0] - moved[1]) / 2e-6
        assert slope == pytest.approx(float(tf.reduce_sum(gradient * direction)), rel=1e-4)


def test_second_order_gradients_are_refused_in_words():
    layer, _ = pair("gru", 3)
    (x,) = tensors((2, 4, 3))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            y = tf.reduce_sum(layer(x) ** 2)
        first = inner.gradient(y, x)
    with pytest.raises(
        NotImplementedError, match="no second-order or forward-mode gradients on a CPU; use"
    ):
        outer.gradient(first, x)


@pytest.mark.parametrize(
    ("kind", "options", "kernel"),
    [
        ("lstm", {}, "xla"), ("gru", {}, "xla"), ("rnn", {}, "xla"), ("irnn", {}, "xla"),
        ("lstm", {"use_bias": False, "go_backwards": True, "dropout": 0.1}, "xla"),
        ("lstm", {"activation": "relu"}, "keras"),
        ("lstm", {"recurrent_activation": "hard_sigmoid"}, "keras"),
        ("gru", {"reset_after": False}, "keras"), ("gru", {"unroll": True}, "keras"),
        ("gru", {"implementation": 1}, "keras"), ("rnn", {"activation": "elu"}, "keras"),
        ("rnn", {"recurrent_dropout": 0.1}, "keras"),
    ],
)  # fmt: skip
def test_the_kernel_says_which_loop_runs_and_every_loop_gives_what_keras_gives(
    kind, options, kernel
):
    ours, theirs = pair(kind, 3, return_sequences=True, seed=1, **options)
    assert ours.kernel == kernel
    assert ours.get_config() == {**theirs.get_config(), "name": ours.name}
    (x,) = tensors((2, 5, 4))
    for layer in (ours, theirs):
        layer(x)
    ours.set_weights(theirs.get_weights())
    mask = np.array([[1, 1, 0, 0, 0], [0, 1, 0, 1, 1]], bool)
    assert_same(*(results(layer, x, [], True, mask) for layer in (ours, theirs)), 1e-5)


def test_masks_that_cudnn_refuses_take_the_general_loop(monkeypatch):
    """Keras' cuDNN call is replaced by a stand-in that refuses masks as the real one does."""
    taken = []

    def cudnn(self, sequences, initial_state, mask, training=False):
        falls = tf.reduce_all(mask[:, :-1] | ~mask[:, 1:]) & tf.reduce_all(mask[:, 0])
        with tf.control_dependencies([tf.debugging.Assert(falls, ["refused"])]):
            last, outputs, states = keras.layers.RNN.inner_loop(
                self, sequences, initial_state, mask, training
            )
        tf.py_function(lambda: taken.append(1), [], [])
        return last, tf.where(mask[:, :, None], outputs, 0), states  # cuDNN leaves zeros there

    monkeypatch.setattr(recurrent, "choose_kernel", lambda layer: "cudnn")
    monkeypatch.setattr(keras.layers.LSTM, "inner_loop", cudnn)
    ours, theirs = pair("lstm", 3, return_sequences=True, return_state=True, seed=1)
    (x,) = tensors((2, 5, 4))
    for layer in (ours, theirs):
        layer.build(x.shape)
    ours.set_weights(theirs.get_weights())
    monkeypatch.undo()
    right = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    for mask, calls in ((right, 1), (right[:, ::-1], 0), (right & (right[::-1]), 1)):
        expected = theirs(x, mask=mask)
        monkeypatch.setattr(recurrent, "choose_kernel", lambda layer: "cudnn")
        monkeypatch.setattr(keras.layers.LSTM, "inner_loop", cudnn)
        taken.clear()
        got = tf.function(lambda mask: ours(x, mask=mask))(tf.constant(mask))
        monkeypatch.undo()
        assert_same(got, expected, 1e-6)
        assert len(taken) == calls


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rows", [17, None])
def test_a_mask_or_state_for_all_rows_is_broadcast_over_all_shares(kind, rows):
    layers = pair(kind, 3, return_sequences=True, return_state=True)
    shapes = [(1, 3)] * (2 if kind == "lstm" else 1)
    x, *states = tensors((17, 5, 4), *shapes)
    mask = tf.constant([[True, True, False, True, False]])
    for layer in layers:
        layer(x)
    layers[0].set_weights(layers[1].get_weights())
    signature = [tf.TensorSpec((rows, None, 4)), tf.TensorSpec((None, None), "bool")]
    ours = tf.function(
        lambda x, mask: layers[0](x, mask=mask, initial_state=list(states)), signature
    )
    every = tf.repeat(mask, 17, 0), [tf.repeat(state, 17, 0) for state in states]
    expected = layers[1](x, mask=every[0], initial_state=every[1])
    assert_same(ours(x, mask), expected, 1e-5)
    with pytest.raises(tf.errors.InvalidArgumentError):
        layers[0](x, mask=mask[:, :3])


def test_all_lengths_share_few_compiled_shapes():
    padded = [int(parts.padded_length(n)) for n in range(1, 1025)]
    assert all(n <= p <= max(n + 1, 1.125 * n) for n, p in enumerate(padded, 1))
    assert len(set(padded)) <= 16 + 8 * 6
    assert {2**n for n in range(11)} <= set(padded)
