"""Models that write, as two files for another runtime: the encoder, and one step of the decoder.

`greedy.py`, the loop that writes with them, goes beside them and needs nothing of this project.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import keras
import numpy as np
import tensorflow as tf

import zoo
from recipes.common import devices
from recipes.common.errors import UserError
from recipes.common.export import SUFFIXES, TOLERANCE, write_function
from recipes.common.text.tokenizer import BEGIN, END
from recipes.common.writing import greedy
from zoo.decoding import writer_of

TIE = 1e-5  # of log-probabilities: of two tokens so near each other either will do
SOURCE = ("memory", "keys", "mask")  # the parts of `StepWeights` that come of the source


def write(folder, format, model, spec, max_length, more):
    """Write encoder, step, their description and their loop into a folder.

    Args:
        folder: The folder, which is made.
        format: `"onnx"` or `"litert"`.
        model: The trained model.
        spec: `tf.TensorSpec` of its input for one row, named as the model names it.
        max_length: Tokens of an output at most.
        more: What else `writer.json` says.
    """
    folder.mkdir()
    writer, suffix = writer_of(model), SUFFIXES[format]
    rows = None if format == "onnx" else 1  # LiteRT's loops have a fixed number of rows

    def encode(inputs):
        given = keras.ops.cast(inputs[spec.name], writer.inputs[spec.name].dtype)
        states, prepared = writer.decoder.prepare_steps(*writer.run_encoder({spec.name: given}))
        named = enumerate(keras.tree.flatten(states), start=1)
        return {f"state_{number}": state for number, state in named} | _source(prepared)

    example = {spec.name: np.ones([n or 1 for n in spec.shape], spec.dtype.as_numpy_dtype)}
    encoded = encode(example)
    # As NumPy, or what is large would become another input of the step.
    source = [keras.ops.convert_to_numpy(x) for x in writer.run_encoder(example)]
    states = [name for name in encoded if name.startswith("state_")]

    def step(inputs):
        _, prepared = writer.decoder.prepare_steps(*source)  # of which the weights are kept
        prepared = prepared._replace(**{name: inputs[name] for name in _source(prepared)})
        given = writer.decoder.group_states([inputs[name] for name in states])
        logits, new, weights = writer.decoder.step(inputs["token"], given, prepared)
        new = keras.tree.flatten(new)
        found = {f"next_{name}": state for name, state in zip(states, new, strict=True)}
        return {"logits": logits, **found, **({} if weights is None else {"attention": weights})}

    is_sequence = None in spec.shape
    of_step = {"token": tf.TensorSpec((rows,), tf.int32)}
    for name, x in encoded.items():
        shape = [rows, *x.shape[1:]]
        if is_sequence and name not in states:
            shape[1] = None
        of_step[name] = tf.TensorSpec(shape, x.dtype)
    inputs = {spec.name: tf.TensorSpec((rows, *spec.shape[1:]), spec.dtype)}
    write_function(encode, model.variables, inputs, folder / f"encoder{suffix}")
    write_function(step, writer.decoder.variables, of_step, folder / f"step{suffix}")
    about = {
        "encoder": f"encoder{suffix}",
        "step": f"step{suffix}",
        "input": spec.name,
        "states": states,
        "begin": BEGIN,
        "end": END,
        "max_length": max_length,
        **more,
    }
    text = json.dumps(about, indent=2) + "\n"
    (folder / "writer.json").write_text(text, encoding="utf-8")
    shutil.copyfile(greedy.__file__, folder / "greedy.py")


def _source(prepared):
    """The parts of the source that steps look at, by name: none without attention."""
    named = {name: getattr(prepared, name) for name in SOURCE}
    return {name: x for name, x in named.items() if x is not None}


def check(folder, model, arrays, expected):
    """Write with the loop in a folder, and compare it with the model token by token.

    Args:
        folder: The folder.
        model: The trained model.
        arrays: Inputs, each an array without the batch.
        expected: For each a dict of `tokens` and `scores` that the model writes by `zoo.Greedy`.

    Returns:
        `tokens, difference`: what the loop writes of each, and the largest difference of
        log-probabilities, a token.

    Raises:
        UserError: If another token is written.
    """
    with devices.quiet():
        about, write = greedy.load(folder)
    outputs, largest = [], 0.0
    for number, (array, best) in enumerate(zip(arrays, expected, strict=True), start=1):
        with devices.quiet():
            tokens, score = write(array)
        outputs.append(tokens)
        trained = [int(token) for token in best["tokens"][0] if token]
        if tokens == trained:
            largest = max(largest, abs(score - float(best["scores"][0])) / len(tokens))
        elif not _is_tie(model, about["input"], array, tokens, trained):
            raise UserError(
                f"Of input {number} the exported model writes {tokens} where the trained one "
                f"writes {trained}; nothing was written."
            )
    if not largest <= TOLERANCE:
        raise UserError(
            f"The exported model's log-probabilities differ from the trained one's by "
            f"{largest:.1e} a token; nothing was written."
        )
    return outputs, largest


def _is_tie(model, name, array, *outputs):
    """True if the first tokens in which two outputs differ are equally likely."""
    pairs = zip(*outputs, strict=False)
    same = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    if same is None:  # one goes on where the other has ended
        return False
    first = np.array([[output[: same + 1] for output in outputs]], np.int32)
    scores = zoo.score(model, {name: array[None].astype(model.input[name].dtype)}, first)
    return float(np.ptp(scores)) <= TIE


def check_script(folder, name, arguments, lines, expected):
    """Run a script in a folder as a user would, and compare the lines that it prints.

    Raises:
        UserError: If it fails or prints others.
    """
    done = subprocess.run(
        [sys.executable, "-B", folder / name, *arguments],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        env={key: value for key, value in os.environ.items() if not key.startswith("PYTHON")},
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise UserError(f"{name} beside the exported model fails ({' '.join(reason)}).")
    printed = done.stdout.decode().split("\n")[:-1]
    if printed != expected:
        raise UserError(
            f"{name} beside the exported model prints {printed} where the run writes {expected}; "
            "nothing was written."
        )


def result(path, format, difference, script):
    """`result, lines` of the verb.

    Args:
        path: The folder.
        format: As for `write`.
        difference: Of `check`.
        script: Name of the script to run.
    """
    size = sum(file.stat().st_size for file in pathlib.Path(path).glob(f"*{SUFFIXES[format]}"))
    found = {
        "path": str(path),
        "text_path": None,
        "format": format,
        "bytes": size,
        "largest_difference": difference,
    }
    return found, [
        f"{path}: {size / 1e6:.1f} MB; writes greedily what the model writes, token by token; "
        f"log-probabilities differ by at most {difference:.1e} a token",
        f"{path / script}: a loop of a few lines that runs it",
    ]
