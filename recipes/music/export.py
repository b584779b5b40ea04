"""Export one step of the network as SavedModel, ONNX or LiteRT, states as inputs and outputs."""

import json

import numpy as np
import tensorflow as tf

from recipes.common import devices, storage
from recipes.common.export import (
    SUFFIXES,
    check_difference,
    check_installed,
    litert_runner,
    write_function,
    write_module,
)
from recipes.music import events
from recipes.music.trained import restore

CHECKED = 48  # events


def export(run, format):
    """Write the step of the network below `export/` of its run, and `music.json` on its tokens.

    It takes `token`, `(1,)` int32, and the states, `state_1` …, zeros at first, and gives `logits`,
    `(1, vocab_size)`, and the states after the token as `next_state_1` …

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"` or `"litert"`.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits on random
        events, and lines for people.

    Raises:
        UserError: If a package is missing, or the exported model gives other logits.
    """
    if format != "savedmodel":
        check_installed(format)
    model = restore(run, for_export=True).model
    decoder = model.get_layer("decoder")
    shapes = {f"state_{n}": s for n, s in enumerate(decoder.state_shapes(None), start=1)}
    frames = [(48, 55, 64, 72), (50, 57, 62, 65), (), (43, 55, 59)] * (CHECKED // 16)
    tokens = np.array([events.BEGIN, *events.encode(frames)], np.int32)
    expected = model.predict_on_batch({"tokens": tokens[None]})[0]
    path = storage.make(run.exports) / format
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        apply = WRITERS[format](decoder, shapes, temporary)
        difference = float(np.abs(_run(apply, shapes, tokens) - expected).max())
        check_difference(difference)
        about = {
            "frames_per_quarter": run.data["frames_per_quarter"],
            "states": {name: list(shape) for name, shape in shapes.items()},
            "tokens": {"next_frame": events.NEXT, "begin": events.BEGIN, "end": events.END},
            "token_of_key": {"key": events.LOWEST, "token": events.FIRST, "keys": events.KEYS},
        }
        text = json.dumps(about, indent=2) + "\n"
        (temporary / "music.json").write_text(text, encoding="utf-8")
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    return {"path": str(path), "format": format, "largest_difference": difference}, lines


def _run(apply, shapes, tokens):
    """The logits `(T, vocab_size)` of tokens, one after the other."""
    states = {name: np.zeros((1, *shape), np.float32) for name, shape in shapes.items()}
    found = []
    for token in tokens:
        with devices.quiet():
            out = apply({"token": np.array([token], np.int32), **states})
        found.append(np.asarray(out["logits"])[0])
        states = {name: np.asarray(out[f"next_{name}"]) for name in states}
    return np.stack(found)


def _step(decoder, names):
    def step(inputs):
        logits, states = decoder.stream(inputs["token"][:, None], [inputs[n] for n in names])
        after = {f"next_{name}": x for name, x in zip(names, states, strict=True)}
        return {"logits": logits[:, 0], **after}

    return step


def _specs(shapes):
    states = {name: tf.TensorSpec((1, *shape), tf.float32) for name, shape in shapes.items()}
    return {"token": tf.TensorSpec((1,), tf.int32), **states}


def _saved_model(decoder, shapes, path):
    module, step = tf.Module(), _step(decoder, list(shapes))
    module.variables_of_step = [variable.value for variable in decoder.variables]
    module.serve = tf.function(step, input_signature=[_named(_specs(shapes))], autograph=False)
    apply = write_module(module, path)
    return lambda inputs: apply({name: tf.constant(array) for name, array in inputs.items()})


def _named(specs):
    return {name: tf.TensorSpec(s.shape, s.dtype, name=name) for name, s in specs.items()}


def _one_file(format):
    def write(decoder, shapes, path):
        file = path / f"step{SUFFIXES[format]}"
        write_function(_step(decoder, list(shapes)), decoder.variables, _specs(shapes), file)
        if format == "litert":
            runner = litert_runner(file)
            return lambda inputs: runner(**inputs)
        import onnxruntime

        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        return lambda inputs: dict(zip(names, session.run(None, inputs), strict=True))

    return write


WRITERS = {
    "savedmodel": _saved_model,
    "onnx": _one_file("onnx"),
    "litert": _one_file("litert"),
}
