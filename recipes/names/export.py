"""Export a network of names as SavedModel, ONNX or LiteRT, with its characters."""

import pathlib
import shutil

import keras
import numpy as np
import tensorflow as tf

from recipes.common import devices, storage
from recipes.common.export import SUFFIXES, check_difference, check_installed, write_function
from recipes.names.characters import FILE
from recipes.names.exported import write as script
from recipes.names.trained import restore

CHECKED = (1, 2, 9, 17)  # lengths of random names


def export(run, format):
    """Write a network of names below `export/` of its run, with `characters.json`.

    The exported model takes `tokens`, `(B, T)` int32, the begin token 2 and then ids of characters,
    and gives `logits`, `(B, T, ids)`, of what follows each. Beside ONNX and LiteRT goes `write.py`,
    which writes names with the file and needs nothing of this project.

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"`, or `"litert"`, which takes a name at a time.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits on random
        names, and lines for people.

    Raises:
        UserError: If a package is missing, or the exported model gives other logits.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    path = storage.make(run.exports) / format
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        shutil.copyfile(run.directory / FILE, temporary / FILE)
        write = _saved_model if format == "savedmodel" else _file
        difference = _largest_difference(trained, write(trained.model, temporary, format))
        check_difference(difference)
    result = {"path": str(path), "format": format, "largest_difference": difference}
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    if format != "savedmodel":
        lines.append(f"{path / 'write.py'}: writes names with it")
    return result, lines


def _largest_difference(trained, logits_of):
    generator, largest = np.random.default_rng(0), 0.0
    for length in CHECKED:
        tokens = generator.integers(1, len(trained.network.characters), length).astype(np.int32)
        expected = trained.model.predict_on_batch({"tokens": tokens[None]})[0]
        largest = max(largest, float(np.abs(expected - logits_of(tokens)).max()))
    return largest


def _saved_model(model, path, format):
    archive = keras.export.ExportArchive()
    archive.track(model)
    tokens = {"tokens": tf.TensorSpec((None, None), tf.int32, name="tokens")}
    archive.add_endpoint("serve", model.call, input_signature=[tokens])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return lambda tokens: loaded.serve({"tokens": tf.constant(tokens[None])}).numpy()[0]


def _file(model, path, format):
    rows = None if format == "onnx" else 1

    def serve(inputs):
        return {"logits": model(inputs, training=False)}

    tokens = {"tokens": tf.TensorSpec((rows, None), tf.int32)}
    write_function(serve, model.variables, tokens, path / f"model{SUFFIXES[format]}")
    shutil.copyfile(script.__file__, path / pathlib.Path(script.__file__).name)
    with devices.quiet():
        return script.load(path)[1]
