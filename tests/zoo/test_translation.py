"""Translators: exact gradients, masked attention, scheduled sampling, learning by heart."""

import keras
import numpy as np
import pytest

import zoo
from zoo.decoding import writer_of
from zoo.layers.attention import AdditiveAttention, GeneralAttention
from zoo.layers.recurrent import portable

tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="about TensorFlow's loop"
)
SOURCE = np.array([[4, 5, 6, 7, 3], [5, 3, 0, 0, 0], [7, 7, 4, 3, 0]], np.int32)
TARGET = np.array([[2, 4, 1, 6], [2, 5, 0, 0], [2, 6, 6, 0]], np.int32)
LABELS = np.array([[4, 1, 6, 3], [5, 3, 0, 0], [6, 6, 3, 0]], np.int32)


def bahdanau(cell, dtype="float32", **options):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype)
    try:
        keras.utils.set_random_seed(4)
        sizes = {"embedding_dim": 4, "units": 5, "attention_dim": 3}
        model = zoo.bahdanau_seq2seq(8, 9, cell=cell, **sizes, **options)
    finally:
        keras.config.set_dtype_policy(before)
    rng = np.random.default_rng(0)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


def loss_of(model):
    """Cross-entropy of the labels as a number and, on TensorFlow, its gradients."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        logits = model({"source": SOURCE, "target": TARGET}, training=True)
        logits = tf.nn.log_softmax(tf.cast(logits, model.compute_dtype))
        loss = -tf.reduce_sum(tf.gather(logits, LABELS, batch_dims=2))
    return loss, tape.gradient(loss, model.trainable_variables)


@tensorflow_only
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("gated", [False, True])
def test_gradients_of_the_attention_decoder_are_finite_differences(cell, gated):
    import tensorflow as tf

    from zoo.layers.xla import attention_loops

    decoder = writer_of(bahdanau(cell)).decoder
    step, num_states = decoder.recurrent[0].loop_step(), {"lstm": 2}.get(cell, 1)
    rng = np.random.default_rng(1)
    rows, steps, places, features, memory, hidden, units = 3, 4, 5, 2, 3, 4, 3

    def draw(*shape):
        return tf.constant(rng.normal(0, 0.6, shape))

    wide = step.gates * units
    sources = [
        draw(rows, steps, features), draw(rows, places, memory), draw(rows, places, hidden),
        *(draw(rows, units) for _ in range(num_states)),
        draw(features + memory, wide), draw(units, wide), draw(*step.bias_shape(units)),
        draw(units, hidden + gated), draw(hidden + gated),
    ]  # fmt: skip
    mask = tf.constant(np.arange(places) < np.array([5, 2, 0])[:, None])
    weights = [draw(rows, steps, n) for n in (units, memory, places)]

    def loss(*sources):
        x, values, keys, *rest = sources
        outputs = attention_loops.run(
            step, x, values, keys, mask, rest[:num_states], rest[num_states:], training=True
        )
        return sum(
            tf.reduce_sum(out * weight) for out, weight in zip(outputs, weights, strict=True)
        )

    with tf.GradientTape() as tape:
        tape.watch(sources)
        value = loss(*sources)
    for number, gradient in enumerate(tape.gradient(value, sources)):
        direction = rng.normal(size=gradient.shape)
        moved = [
            [
                source + sign * 1e-6 * direction if n == number else source
                for n, source in enumerate(sources)
            ]
            for sign in (1, -1)
        ]
        slope = (loss(*moved[0]) - loss(*moved[1])) / 2e-6
        expected = np.sum(gradient * direction)
        assert abs(slope - expected) <= 1e-4 * max(1, abs(expected))


@tensorflow_only
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_products_in_bfloat16_lead_the_same_way(cell, monkeypatch):
    from zoo.layers.xla import parts

    monkeypatch.setattr(parts, "bfloat16_units", lambda: "AMX")
    exact = bahdanau(cell)
    half = bahdanau(cell, "mixed_bfloat16")
    half.set_weights(exact.get_weights())
    assert half.get_layer("decoder").recurrent[0].loop_factors() == "bfloat16"
    expected, right = loss_of(exact)
    loss, gradients = loss_of(half)
    np.testing.assert_allclose(float(loss), float(expected), rtol=0.02)
    for ours, theirs in zip(gradients, right, strict=True):
        ours, theirs = (
            keras.ops.convert_to_numpy(keras.ops.cast(g, "float32")).ravel() for g in (ours, theirs)
        )
        assert ours @ theirs >= 0.98 * np.linalg.norm(ours) * np.linalg.norm(theirs)


@tensorflow_only
@pytest.mark.parametrize(
    ("cell", "dtype"),
    [(cell, "float64") for cell in ("lstm", "gru", "rnn", "irnn")] + [("gru", "float32")],
)
def test_the_fast_loop_gives_what_the_general_one_gives(cell, dtype):
    model = bahdanau(cell, dtype)
    fast, fast_gradients = loss_of(model)
    with portable():
        general, gradients = loss_of(model)
    tolerance = 1e-5 if dtype == "float32" else 1e-6  # the logits are float32 in both
    np.testing.assert_allclose(fast, general, rtol=tolerance)
    for ours, theirs in zip(fast_gradients, gradients, strict=True):
        ours, theirs = map(keras.ops.convert_to_numpy, (ours, theirs))
        np.testing.assert_allclose(ours, theirs, atol=tolerance * max(1, abs(theirs).max()))


@tensorflow_only
def test_second_order_gradients_are_refused():
    import tensorflow as tf

    model = bahdanau("gru")
    with tf.GradientTape() as outer:
        loss, gradients = None, None
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model({"source": SOURCE, "target": TARGET}, training=True) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables[-1])
        total = tf.reduce_sum(gradients**2)
    with pytest.raises(NotImplementedError, match="no second-order"):
        outer.gradient(total, model.trainable_variables)


@pytest.mark.parametrize("layer", [AdditiveAttention(4), GeneralAttention(6)], ids=["add", "dot"])
def test_padding_gets_no_attention_and_nothing_gives_a_context_of_zeros(layer):
    rng = np.random.default_rng(0)
    query, memory = rng.normal(size=(3, 6)), rng.normal(size=(3, 5, 7))
    mask = np.arange(5) < np.array([5, 2, 0])[:, None]
    query, memory = (keras.ops.convert_to_tensor(x, "float32") for x in (query, memory))
    layer.build(query.shape, memory.shape)
    context, weights = map(
        keras.ops.convert_to_numpy, layer(query, memory, layer.project(memory), mask)
    )
    assert weights.dtype == np.float32
    assert not weights[~mask].any()
    np.testing.assert_allclose(weights.sum(-1), [1, 1, 0], atol=1e-6)
    np.testing.assert_allclose(
        context, np.einsum("bs,bsd->bd", weights, np.asarray(memory)), atol=1e-5
    )
    assert not context[2].any()


@pytest.mark.parametrize("name", ["seq2seq", "bahdanau_seq2seq", "luong_seq2seq"])
def test_four_pairs_are_learnt_by_heart(name):
    rng = np.random.default_rng(0)
    source = np.concatenate([rng.integers(4, 20, (4, 6)), np.full((4, 1), 3)], 1)
    labels = np.concatenate([rng.integers(4, 20, (4, 5)), np.full((4, 1), 3)], 1)
    target = np.concatenate([np.full((4, 1), 2), labels[:, :-1]], 1)
    keras.utils.set_random_seed(0)
    options = {"attention_dim": 24} if name == "bahdanau_seq2seq" else {}
    model = getattr(zoo, name)(
        20, 20, embedding_dim=24, units=32, num_layers=1, cell="gru", dropout=0.0, **options
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-2), loss, jit_compile=False)
    model.fit({"source": source, "target": target}, labels, epochs=120, verbose=0, shuffle=False)
    written = zoo.generate(model, {"source": source}, zoo.BeamSearch(4, max_length=8))
    np.testing.assert_array_equal(written.tokens[:, 0], labels)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_scheduled_sampling_goes_with_half_precision(policy):
    model = bahdanau("gru", policy, scheduled_sampling=True)
    model.get_layer("decoder").own_tokens.assign(0.5)
    logits = model({"source": SOURCE, "target": TARGET}, training=True)
    assert np.isfinite(keras.ops.convert_to_numpy(logits)).all()


def test_scheduled_sampling_reads_own_tokens_in_training_alone():
    keras.utils.set_random_seed(0)
    model = zoo.bahdanau_seq2seq(
        8, 9, embedding_dim=4, units=5, attention_dim=3, scheduled_sampling=True
    )
    inputs = {"source": SOURCE, "target": TARGET}

    def logits(training):
        return keras.ops.convert_to_numpy(model(inputs, training=training))

    right = logits(False)
    np.testing.assert_allclose(logits(True), right, atol=1e-6)
    model.get_layer("decoder").own_tokens.assign(1.0)
    np.testing.assert_allclose(logits(False), right, atol=1e-6)
    own = logits(True)
    np.testing.assert_allclose(own[:, 0], right[:, 0], atol=1e-6)  # the begin token stays
    assert np.abs(own[:, 1:] - right[:, 1:]).max() > 1e-4


def test_a_reversed_source_is_the_source_read_backwards():
    keras.utils.set_random_seed(0)
    options = {"embedding_dim": 4, "units": 5, "num_layers": 1}
    reads_backwards = zoo.seq2seq(8, 9, reverse_source=True, **options)
    reads_forwards = zoo.seq2seq(8, 9, reverse_source=False, **options)
    reads_forwards.set_weights(reads_backwards.get_weights())
    turned = np.array([row[row != 0][::-1].tolist() + [0] * (row == 0).sum() for row in SOURCE])
    np.testing.assert_allclose(
        reads_backwards.predict_on_batch({"source": SOURCE, "target": TARGET}),
        reads_forwards.predict_on_batch({"source": turned, "target": TARGET}),
        atol=1e-6,
    )
