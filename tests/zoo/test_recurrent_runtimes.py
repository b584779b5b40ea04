"""The recurrent layers in fit, XLA, files, exports and several processes."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.zoo.recurrent_pairs import KINDS, assert_same, pair, tensors
from zoo.layers import recurrent
from zoo.layers.xla import parts


def model(kind="lstm", length=None, batch=None):
    keras.utils.set_random_seed(5)
    inputs = keras.Input((length, 4), batch, name="x")
    layer = pair(kind, 6, return_sequences=True)[0]
    h = keras.layers.Bidirectional(layer, name="both")(inputs)
    h = pair(kind, 5)[0](h)
    return keras.Model(inputs, keras.layers.Dense(3, name="logits")(h))


def test_fit_with_unknown_sizes():
    net = model()
    net.compile("sgd", "mse", jit_compile=False)
    for rows, steps in ((8, 5), (3, 21), (1, 1)):
        x, y = tensors((rows, steps, 4), (rows, 3))
        expected = np.mean((theirs_of(net)(x) - y) ** 2)
        assert net.train_on_batch(x, y) == pytest.approx(expected, rel=1e-4)
        assert net.predict_on_batch(x).shape == (rows, 3)


def theirs_of(net):
    """The same model of Keras' own layers."""
    theirs = keras.models.clone_model(net, clone_function=_to_keras)
    theirs.set_weights(net.get_weights())
    return theirs


def _to_keras(layer):
    def convert(layer):
        if not isinstance(layer, recurrent._FasterLoop):
            return layer
        return getattr(keras.layers, type(layer).__name__).from_config(layer.get_config())

    if isinstance(layer, keras.layers.Bidirectional):
        return keras.layers.Bidirectional(convert(layer.forward_layer))
    return (
        convert(layer)
        if isinstance(layer, keras.layers.RNN)
        else layer.from_config(layer.get_config())
    )


def test_the_whole_model_may_be_compiled():
    net = model()
    theirs = theirs_of(net)
    x, y = tensors((6, 9, 4), (6, 3))

    def gradients(net):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((net(x, training=True) - y) ** 2)
        return tape.gradient(loss, [v.value for v in net.trainable_variables])

    compiled = tf.function(lambda: gradients(net), jit_compile=True)()
    assert_same(compiled, gradients(theirs), 1e-5)


def test_saved_models_are_loaded_and_run(tmp_path):
    net = model()
    (x,) = tensors((3, 7, 4))
    net.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.get_layer("both").forward_layer, recurrent.LSTM)
    np.testing.assert_array_equal(net.predict_on_batch(x), loaded.predict_on_batch(x))


@pytest.mark.parametrize("kind", KINDS)
def test_exports_hold_no_xla_and_run_elsewhere(kind, tmp_path):
    import onnxruntime

    net = model(kind)
    (x,) = tensors((3, 7, 4))
    expected = net.predict_on_batch(x)
    net.export(tmp_path / "saved", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "saved")
    np.testing.assert_allclose(loaded.serve(x), expected, atol=1e-5)
    assert b"_XlaMustCompile" not in (tmp_path / "saved" / "saved_model.pb").read_bytes()
    tf.saved_model.save(model(kind), str(tmp_path / "direct"))
    assert b"_XlaMustCompile" not in (tmp_path / "direct" / "saved_model.pb").read_bytes()
    net.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    (out,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*tf.lite.Interpreter is deprecated")
@pytest.mark.parametrize("kind", KINDS)
def test_litert_runs_a_fixed_size(kind, tmp_path):
    net = model(kind, length=7, batch=1)
    (x,) = tensors((1, 7, 4))
    path = str(tmp_path / "model.tflite")
    signature = [tf.TensorSpec((1, 7, 4))]
    net.export(path, format="litert", input_signature=signature, verbose=False)
    interpreter = tf.lite.Interpreter(path)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    out = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_allclose(out, net.predict_on_batch(x), atol=1e-5)


PROGRAM = """
import hashlib, json, sys
import keras, numpy as np, tensorflow as tf
from zoo.layers.recurrent import GRU, LSTM

replicas = int(sys.argv[1])
if replicas > 1:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy([d.name for d in tf.config.list_logical_devices()])
else:
    strategy = tf.distribute.get_strategy()
keras.utils.set_random_seed(0)
with strategy.scope():
    net = keras.Sequential([
        keras.Input((None, 6)), keras.layers.Bidirectional(LSTM(40, return_sequences=True)),
        GRU(30), keras.layers.Dense(1),
    ])
    net.compile("adam", "mse")
rng = np.random.default_rng(0)
x, y = rng.normal(size=(320, 24, 6)).astype("float32"), rng.normal(size=(320, 1))
history = net.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0).history
weights = b"".join(w.tobytes() for w in net.get_weights())
print(json.dumps({"loss": history["loss"][0], "hash": hashlib.sha256(weights).hexdigest()}))
"""


def run_program(replicas):
    out = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(replicas)], capture_output=True, text=True, check=False
    )
    assert out.returncode == 0, out.stderr[-3000:]
    return json.loads(out.stdout.splitlines()[-1])


def test_two_processes_give_equal_bytes_and_two_replicas_the_same_loss():
    first, second = run_program(1), run_program(1)
    assert first == second
    assert run_program(2)["loss"] == pytest.approx(first["loss"], rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("sizes", "dtype", "tolerance"),
    [
        ("known", "float32", 1e-5),
        ("unknown", "float32", 1e-5),
        ("unknown", "mixed_bfloat16", 2**-4),
    ],
)
def test_gradients_of_batches_that_are_split_and_padded(kind, sizes, dtype, tolerance, monkeypatch):
    monkeypatch.setattr(parts, "_cores", lambda: 2)
    monkeypatch.setattr(parts, "bfloat16_units", lambda: "AMX")
    rows, steps, features, units = 17, 19, 3, 5  # 17 rows in two shares, 19 steps padded to 20
    options = {"return_sequences": True, "return_state": True}
    ours, theirs = pair(kind, units, **options)
    if dtype != "float32":
        ours = pair(kind, units, keras.DTypePolicy(dtype), **options)[0]
    x, outer, last = tensors((rows, steps, features), (rows, steps, units), (rows, units))
    mask = tf.constant(np.random.default_rng(3).random((rows, steps)) < 0.7)
    for layer in (ours, theirs):
        layer(x, mask=mask)
    theirs.set_weights(ours.get_weights())

    def gradients(layer):
        shape = (rows, steps) if sizes == "known" else (None, None)

        @tf.function(
            input_signature=[
                tf.TensorSpec((*shape, features)), tf.TensorSpec(shape, "bool"),
                tf.TensorSpec((*shape, units)), tf.TensorSpec((shape[0], units)),
            ]
        )  # fmt: skip
        def compute(x, mask, outer, last):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs, *states = layer(x, mask=mask, training=True)
                total = tf.reduce_sum(tf.cast(outputs, "float32") * outer)
                for state in states:
                    total += tf.reduce_sum(tf.cast(state, "float32") * last)
            return tape.gradient(total, [x, *(v.value for v in layer.trainable_variables)])

        return compute(x, mask, outer, last)

    for mine, other in zip(gradients(ours), gradients(theirs), strict=True):
        scale = max(1.0, float(np.abs(other).max()))
        np.testing.assert_allclose(tf.cast(mine, "float32"), other, atol=tolerance * scale)


def test_an_export_takes_no_cudnn_where_there_is_a_gpu(monkeypatch):
    devices = [*tf.config.list_logical_devices("CPU"), tf.config.LogicalDevice("gpu", "GPU")]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind=None: devices)
    layer = recurrent.LSTM(3)
    assert layer.kernel == "cudnn"
    with recurrent.portable():
        assert layer.kernel == "keras"
