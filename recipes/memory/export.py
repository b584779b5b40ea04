"""Export one of the trained networks as SavedModel or ONNX, with its vocabulary."""

import numpy as np
import tensorflow as tf

from recipes.common import models, storage
from recipes.common.errors import UserError
from recipes.common.export import TOLERANCE, check_installed, write_function, write_module
from recipes.memory import tasks
from recipes.memory.trained import demanded

CHECKED = 8  # sequences whose logits are compared


def export(run, format, cell="", task="", distance=0):
    """Write a network below `export/` of its run, with its vocabulary, a word a line.

    The exported model takes `tokens`, `(B, T)` int32, and gives logits, `(B, T, vocab_size)`, of
    the token after each.

    Args:
        run: The finished run.
        format: `"savedmodel"` or `"onnx"`.
        cell, task, distance: The network; where empty or 0, as of the one that was trained first.

    Returns:
        `result, lines`: a dict of `path`, `format`, `cell`, `task`, `distance` and
        `largest_difference` of logits, and lines for people.

    Raises:
        UserError: If there is no such network, or a package that the format needs is missing.
    """
    if format != "savedmodel":
        check_installed(format)
    config = run.config
    spec = {
        "task": task or config.task,
        "cell": cell or config.cell,
        "distance": distance or config.distance,
    }
    model = demanded(run, **spec)
    models.give_up_cudnn(model)
    tokens, _, _ = tasks.examples(
        spec["task"], spec["distance"], CHECKED, (config.seed, 0, 0), "test"
    )
    expected = np.asarray(model.predict_on_batch({"tokens": tokens}))
    path = storage.make(run.exports) / format
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        apply = WRITERS[format](model, temporary)
        difference = float(np.abs(np.asarray(apply(tokens)) - expected).max())
        if difference > TOLERANCE * max(1.0, np.abs(expected).max()):
            raise UserError(
                f"The exported model's logits differ from the trained one's by {difference:.1e}; "
                "nothing was written."
            )
        words = "\n".join(tasks.VOCABULARY) + "\n"
        (temporary / "vocabulary.txt").write_text(words, encoding="utf-8")
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    return {"path": str(path), "format": format, **spec, "largest_difference": difference}, lines


class Network(tf.Module):
    """A network as one function of tokens."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="tokens")])
    def serve(self, tokens):
        """Logits of the token after each."""
        return {"logits": self.model({"tokens": tokens}, training=False)}


def _write_saved_model(model, path):
    apply = write_module(Network(model), path)
    return lambda tokens: apply(tf.constant(tokens))["logits"]


def _write_onnx(model, path):
    import onnxruntime

    def logits(inputs):
        return {"logits": model(inputs, training=False)}

    spec = {"tokens": tf.TensorSpec((None, None), tf.int32)}
    write_function(logits, model.variables, spec, path / "model.onnx")
    session = onnxruntime.InferenceSession(path / "model.onnx", providers=["CPUExecutionProvider"])
    return lambda tokens: session.run(["logits"], {"tokens": tokens})[0]


WRITERS = {"savedmodel": _write_saved_model, "onnx": _write_onnx}
