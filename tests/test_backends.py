"""A model written under one backend gives the same numbers under the others."""

import importlib.util
import itertools
import os
import subprocess
import sys

import numpy as np
import pytest

PROGRAM = """
import sys
import keras, numpy as np
import zoo, zoo.layers.recurrent

action, folder = sys.argv[1:]
ids = np.random.default_rng(0).integers(1, 11, (4, 9)).astype("int32")
ids[np.arange(9) >= np.array([[9], [4], [1], [0]])] = 0
outputs = []
for cell in ("lstm", "gru", "rnn", "irnn"):
    for pooling in ("last", "attention"):
        path = f"{folder}/{cell}-{pooling}.keras"
        if action == "write":
            keras.utils.set_random_seed(3)
            zoo.rnn_classifier(11, 3, cell=cell, pooling=pooling, num_layers=2).save(path)
        model = keras.saving.load_model(path)
        outputs.append(np.asarray(model.predict_on_batch({"tokens": ids})))
kernels = {model.get_layer("bidirectional_1").forward_layer.kernel}
print(keras.backend.backend(), *kernels)
np.save(f"{folder}/{keras.backend.backend()}.npy", np.stack(outputs))
"""
BACKENDS = ("tensorflow", "jax", "torch")


def run(action, backend, folder):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed: pip install 'sequence-zoo[{backend}]'")
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, action, str(folder)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    kernel = "xla" if backend == "tensorflow" else "keras"
    assert done.stdout.split() == [backend, kernel]
    return np.load(folder / f"{backend}.npy")


@pytest.mark.parametrize(("writer", "reader"), list(itertools.permutations(BACKENDS, 2)))
def test_a_file_of_one_backend_gives_equal_output_under_another(writer, reader, tmp_path):
    written = run("write", writer, tmp_path)
    read = run("read", reader, tmp_path)
    assert np.abs(written).max() > 0.01
    np.testing.assert_allclose(read, written, atol=3e-6)
