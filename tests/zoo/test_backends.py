"""Models saved under one backend give the same numbers under the others."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

PROGRAM = """
import sys
import keras, numpy as np
import zoo, zoo.layers.recurrent
from tests.contracts import small_models

folder, action, *writers = sys.argv[1:]
backend = keras.backend.backend()
ids = np.random.default_rng(0).integers(1, 11, (4, 9)).astype("int32")
ids[np.arange(9) >= np.array([[9], [4], [1], [0]])] = 0
for writer in writers:
    outputs = []
    for cell in ("lstm", "gru", "rnn", "irnn"):
        path = f"{folder}/{writer}-{cell}.keras"
        if action == "write":
            keras.utils.set_random_seed(3)
            zoo.rnn_classifier(11, 3, cell=cell, num_layers=2).save(path)
        model = keras.saving.load_model(path)
        outputs.append(keras.ops.convert_to_numpy(model({"tokens": ids})))
    for name in small_models.BUILDERS:
        path = f"{folder}/{writer}-{name}.keras"
        if action == "write":
            small_models.build(name).save(path)
        other = keras.saving.load_model(path)
        batch = small_models.batch(other, ids)
        outputs.append(small_models.answer(other(batch)))
        if name == "bahdanau_seq2seq":
            del batch["target"]
            beam = zoo.BeamSearch(2, max_length=5)
            outputs.append(np.exp(zoo.generate(other, batch, beam).scores))
            batch = small_models.batch(other, ids)
            flows = zoo.diagnostics.gradient_flow(other, (batch, np.ones((4, 4), "int32")))
            outputs += [flow.norm for flow in flows]
    flat = np.concatenate([output.ravel() for output in outputs])
    np.save(f"{folder}/{writer}-under-{backend}.npy", flat)
print(backend, model.get_layer("bidirectional_1").forward_layer.kernel)
"""
ROOT = pathlib.Path(__file__).parents[2]
BACKENDS = ("tensorflow", "jax", "torch")


def run(folder, action, backend, writers):
    environment = {**os.environ, "KERAS_BACKEND": backend}
    if backend != "tensorflow":  # another XLA ends a process over a flag that it lacks
        environment.pop("XLA_FLAGS", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), action, *writers],
        capture_output=True, text=True, check=False, cwd=ROOT, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == [backend, "xla" if backend == "tensorflow" else "keras"]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Arrays by name of the backend that wrote the model and of the one that ran it."""
    folder = tmp_path_factory.mktemp("backends")
    present = [name for name in BACKENDS if importlib.util.find_spec(name)]
    for backend in present:
        run(folder, "write", backend, [backend])
    for backend in present if len(present) > 1 else []:
        run(folder, "read", backend, [name for name in present if name != backend])
    return {tuple(path.stem.split("-under-")): np.load(path) for path in folder.glob("*.npy")}


@pytest.mark.parametrize("writer", BACKENDS)
@pytest.mark.parametrize("reader", BACKENDS)
def test_a_file_of_one_backend_gives_equal_output_under_another(writer, reader, outputs):
    for backend in (writer, reader):
        if (backend, backend) not in outputs:
            pytest.skip(f"{backend} is not installed: pip install 'sequence-zoo[{backend}]'")
    written = outputs[writer, writer]
    assert np.abs(written).max() > 0.01
    np.testing.assert_allclose(outputs[writer, reader], written, atol=3e-6)
