"""Export a classifier as SavedModel, ONNX or LiteRT, with its tokenizer and labels."""

import keras
import numpy as np
import tensorflow as tf

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.export import (
    TOLERANCE,
    check_difference,
    check_installed,
    installed,
    litert_runner,
    write_function,
    write_module,
)
from recipes.common.terminal import tell
from recipes.sentiment.sources import Split
from recipes.sentiment.trained import probabilities, restore

CHECKED_BATCHES = 20
ODD_TEXTS = [
    "", " ", "Not bad<br />at <BR> all.", "two\u00a0words\x0b\x1cand\u3000more\x85\n",
    "long " * 1000, "\U0001f600 \u05e1\u05e8\u05d8", "<br\u00a0/>",
]  # fmt: skip


def export(run, format):
    """Write a text classifier below `export/` of its run, with its tokenizer and its labels.

    The exported model takes `tokens`, `(B, T)` int32, and gives logits, `(B, num_classes)`. Beside
    `savedmodel`, if tensorflow-text is installed, goes `savedmodel_text`: texts in, probabilities
    out; to load that one takes an import of tensorflow-text first.

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"`, or `"litert"`, which takes a text at a time.

    Returns:
        `result, lines`: a dict of `path`, `format`, `largest_difference` of logits on random tokens
        and `text_path` (None without tensorflow-text), and lines for people.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    path = storage.make(run.exports) / format
    text_path = None
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        apply = WRITERS[format](trained.model, temporary)
        difference = _largest_difference(trained, apply)
        check_difference(difference)
        (temporary / "tokenizer.model").write_bytes(trained.tokenizer.serialized_model_proto())
        labels = "\n".join(trained.labels) + "\n"
        (temporary / "labels.txt").write_text(labels, encoding="utf-8")
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    if format == "savedmodel" and installed("tensorflow_text"):
        text_path = path.with_name("savedmodel_text")
        with storage.replacing(text_path) as temporary:
            _check_texts(trained, _write_text_model(trained, temporary))
        lines.append(f"{text_path}: texts in, probabilities of {', '.join(trained.labels)} out")
    elif format == "savedmodel":
        tell("For a model that takes texts as well: pip install 'sequence-zoo[serving]'.")
    result = {
        "path": str(path),
        "text_path": text_path and str(text_path),
        "format": format,
        "largest_difference": difference,
    }
    return result, lines


def _largest_difference(trained, apply):
    """Over random batches of several sizes, lengths and paddings."""
    generator = np.random.default_rng(0)
    largest = 0.0
    for _ in range(CHECKED_BATCHES):
        rows, length = generator.integers(1, 6), generator.integers(1, 40)
        tokens = generator.integers(1, trained.tokenizer.vocab_size(), (rows, length))
        tokens[np.arange(length) >= generator.integers(0, length + 1, (rows, 1))] = 0
        tokens = tokens.astype(np.int32)
        expected = np.asarray(trained.model.predict_on_batch({"tokens": tokens}))
        largest = max(largest, float(np.abs(expected - np.asarray(apply(tokens))).max()))
    return largest


def _write_onnx(model, path):
    import onnxruntime

    model({"tokens": np.ones((1, 2), np.int32)})  # Keras exports only what was called once
    model.export(path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path / "model.onnx", providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda tokens: session.run(None, {name: tokens})[0]


def _write_litert(model, path):
    tokens = {"tokens": tf.TensorSpec((1, None), tf.int32)}

    def serve(inputs):
        return {"logits": model(inputs, training=False)}

    write_function(serve, model.variables, tokens, path / "model.tflite")
    run = litert_runner(path / "model.tflite")
    return lambda tokens: np.concatenate([run(tokens=row[None])["logits"] for row in tokens])


def _write_saved_model(model, path):
    archive = keras.export.ExportArchive()
    archive.track(model)
    tokens = {"tokens": tf.TensorSpec((None, None), tf.int32, name="tokens")}
    archive.add_endpoint("serve", model.call, input_signature=[tokens])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return lambda tokens: loaded.serve({"tokens": tokens})


WRITERS = {"savedmodel": _write_saved_model, "onnx": _write_onnx, "litert": _write_litert}


def _write_text_model(trained, path):
    import tensorflow_text

    max_length = trained.run.config.max_length
    head, tail = max_length // 2, max_length - max_length // 2

    class TextModel(tf.Module):
        def __init__(self):
            super().__init__()
            self.model = trained.model
            self.pieces = tensorflow_text.SentencepieceTokenizer(
                trained.tokenizer.serialized_model_proto()
            )

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="texts")])
        def serve(self, texts):
            ids = self.pieces.tokenize(tf.strings.regex_replace(texts, r"(?i)<br\s*/?>", " "))
            lengths = ids.row_lengths()
            # Long texts lose their middle; the width is that of the longest text that is left.
            both_ends = tf.concat([ids[:, :head], ids[:, -tail:]], axis=1)
            tokens = tf.where(
                lengths[:, None] <= max_length,
                ids[:, :max_length].to_tensor(shape=(None, max_length)),
                both_ends.to_tensor(shape=(None, max_length)),
            )
            width = tf.clip_by_value(tf.reduce_max(lengths), 1, max_length)
            return tf.nn.softmax(self.model({"tokens": tokens[:, :width]}))

    loaded = write_module(TextModel(), path)
    return lambda texts: loaded(tf.constant(texts)).numpy()


def _check_texts(trained, apply):
    """Odd texts must come out as they do from `predict`."""
    split = Split(ODD_TEXTS, [trained.labels[0]] * len(ODD_TEXTS), [])
    expected, _ = probabilities(trained, split)
    difference = float(np.abs(apply(ODD_TEXTS) - expected).max())
    if difference > TOLERANCE:
        raise UserError(
            f"The exported text model's probabilities differ from predict's by {difference:.1e}; "
            "savedmodel_text was not written."
        )
