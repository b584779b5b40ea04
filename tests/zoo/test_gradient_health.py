"""`GradientHealth`: right figures, right words, and a training that stays the same."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework import config

import zoo
from zoo.layers.recurrent import recurrent_layer

STEPS, UNITS, ROWS = 20, 8, 16
X = np.random.default_rng(0).normal(size=(2 * ROWS, STEPS, 2)).astype("float32")
Y = (X[:, -2, 0] > 0).astype("int32")  # a short dependency
CROSSENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(4)


def classifier(cell, scale=1.0, optimizer=None, dtype=None):
    layer = recurrent_layer(cell, UNITS, name="layer", return_sequences=False, dtype=dtype)
    inputs = keras.Input((STEPS, 2))
    logits = keras.layers.Dense(2, name="logits", dtype="float32")(layer(inputs))
    model = keras.Model(inputs, logits)
    layer.cell.recurrent_kernel.assign(scale * layer.cell.recurrent_kernel)
    model.compile(optimizer or keras.optimizers.SGD(1e-3), CROSSENTROPY)
    return model


def trained(model, epochs=1, x=X, y=Y, **options):
    """The callback of a training, and the sentences that it told."""
    told = []
    health = zoo.diagnostics.GradientHealth(tell=told.append, **options)
    model.fit(x, y, ROWS, epochs, shuffle=False, verbose=0, callbacks=[health])
    return health, told


PROBES = pytest.mark.parametrize("probe", [(X[:ROWS], Y[:ROWS]), None], ids=["probe", "none"])


@PROBES
@pytest.mark.parametrize(
    ("scale", "trouble", "advice"),
    [(3.0, "exploding", "clipping by global norm"), (0.5, "vanishing", "Try an LSTM or a GRU")],
)
def test_a_plain_network_scaled_above_or_below_one_is_named_rightly(scale, trouble, advice, probe):
    health, told = trained(classifier("rnn", scale), probe=probe)
    assert {kind for kind, _ in health.findings()} == {trouble}
    for sentence in (told[0], health.verdict()[0]):
        assert sentence.startswith(f"{trouble}: at layer (rnn)")
        assert advice in sentence
        assert f"{scale:g}" in sentence  # the spectral radius


@PROBES
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_gated_network_is_not_accused_while_it_learns_what_is_near(cell, probe):
    model = classifier(cell, optimizer=keras.optimizers.Adam(0.05))
    x, y = np.tile(X, (8, 1, 1)), np.tile(Y, 8)
    health, told = trained(model, epochs=2, x=x, y=y, probe=probe)
    assert told == []
    (sentence,) = health.verdict()
    assert sentence.startswith("healthy: gradient norm")
    losses = health.history["loss"]
    assert losses[-1] < 0.5 * losses[1]


def test_a_gated_network_that_hands_on_nothing_and_learns_nothing_is_told():
    model = classifier("lstm")
    cell = model.get_layer("layer").cell
    bias = np.zeros(4 * UNITS, "float32")
    bias[: 2 * UNITS] = -8  # input and forget gate shut
    cell.bias.assign(bias)
    health, told = trained(model, epochs=2, probe=(X[:ROWS], Y[:ROWS]))
    assert told[0].startswith("vanishing: at layer (lstm)")
    assert health.history["shut/layer/forget"][0] == 1
    assert health.history["shut/layer/output"][0] < 0.1
    assert health.history["open/layer/forget"][0] == 0


def test_before_a_training_nothing_is_said_to_be_ill():
    assert "nothing has been measured yet" in zoo.diagnostics.GradientHealth().verdict()[0]


def test_gates_of_padding_do_not_count():
    model = zoo.rnn_classifier(9, 2, units=4, cell="gru", embedding_dim=3, bidirectional=True)
    for layer in model.get_layer("bidirectional_1")._layers:
        if isinstance(layer, keras.layers.RNN):
            # The update gate is open for token 1, shut for 2, in between for padding.
            layer.cell.recurrent_kernel.assign(np.zeros((4, 12)))
            kernel = np.zeros((3, 12))
            kernel[0, :4], kernel[1, :4] = 9, -9
            layer.cell.kernel.assign(kernel)
    model.get_layer("embed").embeddings.assign(np.eye(9, 3, -1))
    tokens = np.array([[1, 1, 1, 0, 0, 0], [2, 1, 1, 1, 1, 2]])
    model.compile("sgd", CROSSENTROPY)
    health = zoo.diagnostics.GradientHealth(({"tokens": tokens}, Y[:2]))
    model.fit({"tokens": tokens}, Y[:2], verbose=0, callbacks=[health])
    for direction in ("forward", "backward"):
        name = f"{direction}_recurrent_1/update"
        assert health.history[f"open/{name}"][0] == pytest.approx(7 / 9)
        assert health.history[f"shut/{name}"][0] == pytest.approx(2 / 9)


def test_figures_are_those_of_the_gradient_and_the_step(tmp_path):
    model = classifier("rnn", 1.5, keras.optimizers.SGD(0.1))
    weights = [np.array(weight) for weight in model.trainable_weights]
    with tf.GradientTape() as tape:
        loss = CROSSENTROPY(Y[:ROWS], model(X[:ROWS], training=True))
    gradients = [np.array(g) for g in tape.gradient(loss, model.trainable_weights)]
    every = np.sqrt(sum((g**2).sum() for g in gradients))
    own = np.sqrt(sum((g**2).sum() for g in gradients[:3]))
    size = np.sqrt(sum((w**2).sum() for w in weights[:3]))
    health, _ = trained(model, x=X[:ROWS], y=Y[:ROWS], csv=tmp_path / "gradients.csv")
    start, epoch = health.rows
    assert epoch["gradient_norm"] == pytest.approx(every, rel=1e-4)
    assert epoch["gradient/layer"] == pytest.approx(own, rel=1e-4)
    assert epoch["update/layer"] == pytest.approx(0.1 * own / size, rel=1e-3)
    assert start["radius/layer"] == pytest.approx(1.5, rel=1e-4)
    after = np.sqrt(sum((np.array(w) ** 2).sum() for w in model.trainable_weights[:3]))
    assert epoch["growth/layer"] == pytest.approx(after / size, rel=1e-5)
    assert epoch["loss"] == pytest.approx(float(loss), rel=1e-4)
    assert (start["step"], epoch["step"], epoch["counted"]) == (0, 1, 1)
    with (tmp_path / "gradients.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert [line["of"] for line in lines] == ["start", "epoch"]
    assert float(lines[1]["gradient_norm"]) == epoch["gradient_norm"]
    assert lines[0]["gradient_norm"] == ""


@pytest.mark.parametrize(
    ("options", "clipped"),
    [({"clipnorm": 1e-3}, 1), ({"global_clipnorm": 1e3}, 0), ({"global_clipnorm": 1e-3}, 1)],
)
def test_the_share_clipped_is_by_the_norm_before(options, clipped):
    health, _ = trained(classifier("gru", optimizer=keras.optimizers.SGD(0.0, **options)))
    assert health.history["clipped"][-1] == clipped
    assert health.history["gradient_norm"][-1] > 0.01


def test_rows_come_every_few_steps_to_file_and_tensorboard(tmp_path):
    options = {"every": 2, "csv": tmp_path / "g.csv", "log_dir": tmp_path / "board"}
    x, y = np.tile(X, (3, 1, 1)), np.tile(Y, 3)  # six steps
    model = classifier("gru")
    health, _ = trained(model, x=x, y=y, **options)
    assert health.history["of"] == ["start", "steps", "steps", "steps", "epoch"]
    assert health.history["step"] == [0, 2, 4, 6, 6]
    assert health.history["counted"] == [None, 2, 2, 2, 6]
    written = (tmp_path / "g.csv").read_text().splitlines()
    assert len(written) == 6
    found = {}
    for path in (tmp_path / "board").iterdir():
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found.setdefault(value.tag, []).append(event.step)
    assert found["gradients/gradient_norm"] == [2, 4, 6, 6]
    assert found["radius/layer/candidate"] == [0, 6]
    assert "apply" not in vars(model.optimizer)
    model.fit(x, y, ROWS, verbose=0)  # without the callback
    assert len(health.rows) == 5


def test_a_file_of_an_interrupted_training_is_gone_on_with(tmp_path):
    path, model = tmp_path / "g.csv", classifier("gru")
    trained(model, epochs=2, csv=path)
    whole = path.read_text().splitlines()
    assert len(whole) == 4
    model.optimizer.iterations.assign(2)  # as restored from a checkpoint after the first epoch
    health, _ = trained(model, csv=path)
    assert health.history["step"] == [0, 2, 4]
    assert path.read_text().splitlines()[:3] == whole[:3]
    model.optimizer.iterations.assign(0)  # of another training
    assert trained(model, csv=path)[0].history["step"] == [0, 2]


def test_gradients_that_are_no_numbers_and_sudden_ones_are_told():
    x = np.tile(X[:ROWS], (14, 1, 1))
    y = np.tile(Y[:ROWS], 14)
    weights = np.ones(len(x), "float32")
    weights[-ROWS:] = 1e4
    model = classifier("lstm", optimizer=keras.optimizers.SGD(0.0))
    health = zoo.diagnostics.GradientHealth(tell=[].append)
    model.fit(x, y, ROWS, 1, sample_weight=weights, shuffle=False, verbose=0, callbacks=[health])
    assert health.verdict()[0].startswith("exploding: 1 of 14 gradients had more than 100 times")
    weights[-ROWS:] = np.nan
    health = zoo.diagnostics.GradientHealth(tell=[].append)
    model.fit(x, y, ROWS, 1, sample_weight=weights, shuffle=False, verbose=0, callbacks=[health])
    assert health.verdict()[0].startswith("exploding: 1 of 14 gradients were no finite numbers")


def test_what_has_passed_is_told_as_earlier():
    model = classifier("rnn", 0.5)
    health = zoo.diagnostics.GradientHealth(tell=[].append)
    kernel = model.get_layer("layer").cell.recurrent_kernel
    mend = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: epoch and kernel.assign(np.eye(UNITS))
    )
    model.fit(X, Y, ROWS, 2, verbose=0, callbacks=[mend, health])
    now, before = health.verdict()
    assert now.startswith("healthy: ")
    assert before.startswith("earlier, after epoch 0: vanishing: at layer (rnn)")


@pytest.fixture
def without_determinism():
    """Keras leaves XLA off in a process where a recipe has asked for determinism."""
    before = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    yield
    if before:
        config.enable_op_determinism()


@pytest.mark.parametrize("mode", ["graph", "xla", "eager", "mixed_float16"])
@pytest.mark.usefixtures("without_determinism")
def test_training_is_the_same_to_the_last_bit(mode):
    tokens = np.random.default_rng(1).integers(0, 9, (40, 7))
    labels = tokens[:, 0] % 2
    found = []
    for watch in (False, True):
        keras.utils.set_random_seed(4)
        keras.config.set_dtype_policy(mode if mode.startswith("mixed") else "float32")
        try:
            model = zoo.rnn_classifier(
                9, 2, embedding_dim=5, units=6, cell="gru", pooling="last", bidirectional=False
            )
        finally:
            keras.config.set_dtype_policy("float32")
        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.RNN):
                layer.use_cudnn, layer.supports_jit = False, True
        model.compile(
            keras.optimizers.Adam(0.01, clipnorm=0.5), CROSSENTROPY,
            jit_compile=mode == "xla", run_eagerly=mode == "eager",
        )  # fmt: skip
        health = zoo.diagnostics.GradientHealth(({"tokens": tokens[:8]}, labels[:8]), every=1)
        callbacks = [health] if watch else []
        model.fit({"tokens": tokens}, labels, 10, verbose=0, callbacks=callbacks)
        found.append([*model.get_weights(), *map(np.array, model.optimizer.variables)])
    for plain, watched in zip(*found, strict=True):
        np.testing.assert_array_equal(plain, watched)
    norms = health.history["gradient_norm"][1:]
    assert len(norms) == 5
    assert all(0.01 < norm < 10 for norm in norms)  # of the loss before it is scaled
