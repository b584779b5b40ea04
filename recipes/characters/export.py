"""Export a language model: as SavedModel for pieces of text, or one step as ONNX or LiteRT.

The states are inputs and outputs of all of them. Beside a step goes `write.py`, a loop that writes
with it and needs nothing of this project.
"""

import json
import pathlib
import shutil

import keras
import numpy as np
import tensorflow as tf

import zoo
from recipes.characters import words, writing
from recipes.characters.exported import write as script
from recipes.characters.subwords import FILE as PIECES
from recipes.characters.trained import restore
from recipes.characters.training import build_model
from recipes.characters.vocabulary import FILE, SPECIAL
from recipes.common import devices, storage
from recipes.common.export import SUFFIXES, check_difference, check_installed, write_function

CHECKED = 64  # tokens
PATTERNS = {"characters": ".", "subwords": ""}  # of a token, as `write.py` finds it


def export(run, format):
    """Write a language model below `export/` of its run, with its vocabulary.

    `"savedmodel"` takes a dict of `tokens`, `(B, T)` int32, and the states, `state_1` …,
    `(B, units)` float32 each, zeros at first, and gives one of `logits`, `(B, T, vocab_size)`, and
    the states after the last token under the same names.

    `"onnx"` and `"litert"` take `token`, `(1,)` int32, and the states, and give `logits`,
    `(1, vocab_size)`, and `next_state_1` …

    Args:
        run: The finished run.
        format: The format.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits on random
        tokens, and lines for people.

    Raises:
        UserError: If a package is missing, or the exported model gives other logits.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    tokens = np.random.default_rng(0).integers(len(SPECIAL), trained.vocabulary.size, CHECKED)
    tokens = tokens.astype(np.int32)
    expected = trained.model.predict_on_batch({"tokens": tokens[None]})[0]  # (T, V)
    path = storage.make(run.exports) / format
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        if format == "savedmodel":
            found = _saved_model(trained, temporary)(tokens)
        else:
            found = _step(trained, temporary, format)(tokens)
        difference = float(np.abs(found - expected).max())
        check_difference(difference)
        for name in (FILE, PIECES):
            if (run.directory / name).exists():
                shutil.copyfile(run.directory / name, temporary / name)
    result = {"path": str(path), "format": format, "largest_difference": difference}
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    if format != "savedmodel":
        lines.append(f"{path / 'write.py'}: a loop of a few lines that goes on with a text by it")
    return result, lines


def _saved_model(trained, path):
    facts = {"vocab_size": trained.vocabulary.size}
    model = build_model(trained.run.config, facts, states=True)
    model.set_weights(trained.model.get_weights())
    archive = keras.export.ExportArchive()
    archive.track(model)
    inputs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }
    archive.add_endpoint("serve", model.call, input_signature=[inputs])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))

    def apply(tokens):
        parts, states = [], zoo.initial_states(model)
        for piece in np.array_split(tokens[None], [1, len(tokens) // 3], axis=1):
            out = loaded.serve({"tokens": tf.constant(piece), **states})
            states = {name: out[name] for name in states}
            parts.append(out["logits"].numpy()[0])
        return np.concatenate(parts)

    return apply


def _step(trained, path, format):
    decoder, config = trained.model.get_layer("decoder"), trained.run.config
    names = [f"state_{number}" for number in range(1, decoder.num_states + 1)]

    def step(inputs):
        states = [inputs[name] for name in names]
        logits, states = decoder.stream(inputs["token"][:, None], states)
        found = dict(zip(names, states, strict=True))
        return {"logits": logits[:, 0], **{f"next_{name}": x for name, x in found.items()}}

    inputs = {"token": tf.TensorSpec((1,), tf.int32)}
    inputs |= {name: tf.TensorSpec((1, config.units), tf.float32) for name in names}
    file = f"step{SUFFIXES[format]}"
    write_function(step, decoder.variables, inputs, path / file)
    pieces = trained.vocabulary.pieces
    about = {
        "step": file,
        "states": names,
        "units": config.units,
        "whole": trained.whole,
        "knows_unknown": trained.vocabulary.knows_unknown,
        "never": [0, 2, *writing.never(trained.whole)],
        "pattern": PATTERNS.get(pieces) or words.pattern(False).pattern,
    }
    text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    (path / "writer.json").write_text(text, encoding="utf-8")
    shutil.copyfile(script.__file__, path / pathlib.Path(script.__file__).name)
    with devices.quiet():
        _, apply = script.load(path)

    def logits_of(tokens):
        states, found = script.zeros(about), []
        for token in tokens:
            with devices.quiet():
                logits, states = apply(token, states)
            found.append(logits)
        return np.stack(found)

    return logits_of
