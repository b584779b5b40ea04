"""Trained models in forms that need neither this package nor Keras."""

import importlib.util
import pathlib

import numpy as np

from recipes.common import runs
from recipes.common.errors import UserError
from recipes.common.terminal import say

CHECKED_BATCHES = 20
TOLERANCE = 1e-4


def export_text_classifier(run, format, labels, tokenizer, model, max_length):
    """Write a text classifier below `export/` of its run, with its tokenizer and its labels.

    The exported model takes `tokens`, `(B, T)` int32, and gives logits, `(B, num_classes)`. A
    SavedModel also has the signature `serve_text` if tensorflow-text is installed: texts in,
    probabilities out; whoever loads it has to import tensorflow-text first.

    Args:
        run: The run directory.
        format: `"savedmodel"` or `"onnx"`.
        labels: Names of the classes.
        tokenizer: The SentencePiece tokenizer of the run.
        model: The trained model.
        max_length: Tokens a text.

    Returns:
        A dict of `path`, `format`, `largest_difference` of logits on random tokens, `signatures`,
        and the summary.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    path = pathlib.Path(run) / "export" / format
    path.parent.mkdir(exist_ok=True)
    signatures = ["serve"]
    with runs.replacing(path) as temporary:
        temporary.mkdir()
        if format == "onnx":
            _need("onnx", "tf2onnx", "onnxruntime")
            apply = _write_onnx(model, temporary / "model.onnx")
        else:
            apply = _write_saved_model(model, temporary, tokenizer, max_length, signatures)
        difference = _largest_difference(model, apply, tokenizer.vocab_size())
        (temporary / "tokenizer.model").write_bytes(tokenizer.serialized_model_proto())
        (temporary / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    if difference > TOLERANCE:
        raise RuntimeError(f"The exported model differs from the trained one by {difference}.")
    return {
        "path": str(path),
        "format": format,
        "signatures": signatures,
        "largest_difference": difference,
        "summary": [
            f"{path}: {', '.join(signatures)}; its logits differ from the trained model's by at "
            f"most {difference:.1e}"
        ],
    }


def _need(*packages):
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"ONNX export needs {' and '.join(missing)}: pip install 'sequence-zoo[onnx]'."
        )


def _largest_difference(model, apply, vocab_size):
    """Over random batches of several sizes, lengths and paddings."""
    generator = np.random.default_rng(0)
    largest = 0.0
    for _ in range(CHECKED_BATCHES):
        rows, length = generator.integers(1, 6), generator.integers(1, 40)
        tokens = generator.integers(1, vocab_size, (rows, length)).astype(np.int32)
        tokens[np.arange(length) >= generator.integers(0, length + 1, (rows, 1))] = 0
        expected = np.asarray(model.predict_on_batch({"tokens": tokens}))
        largest = max(largest, float(np.abs(expected - np.asarray(apply(tokens))).max()))
    return largest


def _write_onnx(model, path):
    import onnxruntime

    model({"tokens": np.ones((1, 1), np.int32)})  # Keras exports only what was called once
    model.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tokens: session.run(None, {name: tokens})[0]


def _write_saved_model(model, path, tokenizer, max_length, signatures):
    import keras
    import tensorflow as tf

    archive = keras.export.ExportArchive()
    archive.track(model)
    tokens = {"tokens": tf.TensorSpec((None, None), tf.int32, name="tokens")}
    archive.add_endpoint("serve", model.call, input_signature=[tokens])
    if importlib.util.find_spec("tensorflow_text") is None:
        say("No signature for texts: that takes pip install 'sequence-zoo[serving]'.")
    else:
        import tensorflow_text

        pieces = tensorflow_text.SentencepieceTokenizer(tokenizer.serialized_model_proto())
        archive._tf_trackable.pieces = pieces

        def serve_text(texts):
            texts = tf.strings.regex_replace(texts, r"(?i)<br\s*/?>", " ")
            ids = pieces.tokenize(tf.strings.strip(texts))
            head, tail = max_length // 2, max_length - max_length // 2
            fits = ids.row_lengths()[:, None] <= max_length
            shortened = tf.concat([ids[:, :head], ids[:, -tail:]], axis=1)
            # Long texts lose their middle; the width is that of the longest text that is left.
            width = tf.minimum(tf.reduce_max(ids.row_lengths()), max_length)
            kept = tf.where(
                fits,
                ids[:, :max_length].to_tensor(shape=(None, max_length)),
                shortened.to_tensor(shape=(None, max_length)),
            )[:, : tf.maximum(width, 1)]
            return tf.nn.softmax(model({"tokens": kept}))

        archive.add_endpoint(
            "serve_text",
            serve_text,
            input_signature=[tf.TensorSpec((None,), tf.string, name="texts")],
        )
        signatures.append("serve_text")
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return lambda tokens: loaded.serve({"tokens": tokens})
