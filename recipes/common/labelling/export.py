"""Export of classifiers of pictures as SavedModel, ONNX or LiteRT, with their labels."""

import keras
import numpy as np
import tensorflow as tf

from recipes.common import storage
from recipes.common.export import (
    SUFFIXES,
    check_difference,
    check_installed,
    litert_runner,
    write_function,
)

CHECKED = 8  # pictures whose logits are compared


def export_pictures(run, format, restore, outputs):
    """Write a classifier below `export/` of its run, with its labels, one a line.

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"`, or `"litert"`, which takes a picture at a time.
        restore: Gives the trained network of a run: `model`, `image_shape` and `labels`.
        outputs: `outputs(model)` is a function of `{"image": (B, H, W, C)}` that gives a dict with
            `logits` among its arrays.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits on random
        pictures, and lines for people.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    path = storage.make(run.exports) / format
    images = np.random.default_rng(0).uniform(0, 255, (CHECKED, *trained.image_shape))
    images = images.astype(np.float32)
    serve = outputs(trained.model)
    expected = np.asarray(serve({"image": images})["logits"])
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        apply = WRITERS[format](trained.model, serve, trained.image_shape, temporary)
        # Random pixels give large logits; rounding goes with their size.
        difference = float(np.abs(apply(images) - expected).max() / max(1, np.abs(expected).max()))
        check_difference(difference)
        labels = "\n".join(trained.labels) + "\n"
        (temporary / "labels.txt").write_text(labels, encoding="utf-8")
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    return {"path": str(path), "format": format, "largest_difference": difference}, lines


def _write_saved_model(model, serve, shape, path):
    archive = keras.export.ExportArchive()
    archive.track(model)
    image = {"image": tf.TensorSpec((None, *shape), tf.float32, name="image")}
    archive.add_endpoint("serve", serve, input_signature=[image])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return lambda images: np.asarray(loaded.serve({"image": images})["logits"])


def _write_onnx(model, serve, shape, path):
    import onnxruntime

    path = path / f"model{SUFFIXES['onnx']}"
    write_function(serve, model.variables, _signature(None, shape), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda images: session.run(["logits"], {"image": images})[0]


def _write_litert(model, serve, shape, path):
    path = path / f"model{SUFFIXES['litert']}"
    write_function(serve, model.variables, _signature(1, shape), path)
    run = litert_runner(path)
    return lambda images: np.concatenate([run(image=x[None])["logits"] for x in images])


def _signature(rows, shape):
    return {"image": tf.TensorSpec((rows, *shape), tf.float32)}


WRITERS = {"savedmodel": _write_saved_model, "onnx": _write_onnx, "litert": _write_litert}
