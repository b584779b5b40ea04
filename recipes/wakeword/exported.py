"""What is beside the model files of an exported detector, and how to listen with it."""

import json

import numpy as np

from recipes.common.errors import UserError
from recipes.common.sound import samples
from recipes.wakeword import scoring
from recipes.wakeword.detection import triggers


def describe(trained, path, models):
    """Write `detector.json` and `listen.py` beside the model files of a detector.

    Args:
        trained: A `detector.Trained`.
        path: The folder.
        models: Names of files in the order in which they run, each with its streaming model.
    """
    described = {
        "phrase": trained.config.words,
        "threshold": trained.threshold,
        "sample_rate": samples.HOP * 100,
        "samples_per_step": samples.HOP,
        "smoothing": triggers.RULES.smoothing,
        "refractory": triggers.in_frames(triggers.RULES.refractory),
        "models": [
            {
                "file": name,
                "input": next(iter(set(stream.input) - set(stream.output))),
                "states": {
                    state: list(stream.input[state].shape[1:])
                    for state in stream.input
                    if state in stream.output
                },
            }
            for name, stream in models
        ],
    }
    (path / "detector.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    runner = LITERT_LOOP if models[0][0].endswith(".tflite") else ONNX_LOOP
    (path / "listen.py").write_text(runner, encoding="utf-8")


NOT_THERE = "There is no exported detector in {}; make one with the verb export."
NEXT = ".next"  # ends the names of new states in ONNX, which tells inputs from outputs by name
LITERT_LOOP = """# arecord -f S16_LE -r 16000 -t raw | python listen.py; needs ai-edge-litert, numpy
import collections, json, pathlib, sys, numpy as np
from ai_edge_litert.interpreter import Interpreter

here = pathlib.Path(__file__).parent
about = json.loads((here / "detector.json").read_text())
models, size = about["models"], 2 * about["samples_per_step"]
runners = [Interpreter(str(here / m["file"])).get_signature_runner() for m in models]
states = [{n: np.zeros((1, *s), "f4") for n, s in m["states"].items()} for m in models]
recent = collections.deque(maxlen=about["smoothing"])  # logits, whose mean counts
armed, rest = True, 0  # it fires again once the mean was lower, and after so many frames
while len(chunk := sys.stdin.buffer.read(size)) == size:
    x = np.frombuffer(chunk, "<i2").astype("f4")[None] / 32768
    for i, (model, run) in enumerate(zip(models, runners)):
        out = run(**{model["input"]: x}, **states[i])
        states[i], x = {name: out[name] for name in states[i]}, out["logits"]
    recent.append(x.item())
    rest, mean = rest - 1, sum(recent) / len(recent)
    if mean < about["threshold"]:
        armed = True
    elif armed and rest <= 0:
        armed, rest = False, about["refractory"]
        print(f"heard {about['phrase']!r}: {mean:.2f}", flush=True)
"""
ONNX_LOOP = (
    LITERT_LOOP.replace("ai-edge-litert", "onnxruntime")
    .replace("from ai_edge_litert.interpreter import Interpreter", "import onnxruntime")
    .replace(
        'Interpreter(str(here / m["file"])).get_signature_runner()',
        'onnxruntime.InferenceSession(str(here / m["file"]))',
    )
    .replace(
        'out = run(**{model["input"]: x}, **states[i])',
        "names = [o.name.removesuffix('.next') for o in run.get_outputs()]\n"
        '        out = dict(zip(names, run.run(None, {model["input"]: x, **states[i]})))',
    )
)


def threshold(path):
    """The threshold of an exported detector, which a quantised one has of its own.

    Raises:
        UserError: If there is none.
    """
    try:
        return float(json.loads((path / "detector.json").read_text(encoding="utf-8"))["threshold"])
    except FileNotFoundError:
        raise UserError(NOT_THERE.format(path)) from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path / 'detector.json'} is damaged; make it again.") from None


def listener(path):
    """A `listening.Listener` of an exported detector.

    Args:
        path: The folder of the export.

    Raises:
        UserError: If there is none.
    """
    if not (path / "detector.json").exists():
        raise UserError(NOT_THERE.format(path))
    try:
        described = json.loads((path / "detector.json").read_text(encoding="utf-8"))
        hop = described["samples_per_step"]
        steps = [
            (model["input"], model["states"], _runner(path / model["file"]))
            for model in described["models"]
        ]
    except ImportError as error:
        raise UserError(
            f"Running the detector in {path} needs the package {error.name}: pip install "
            "ai-edge-litert for LiteRT, onnxruntime for ONNX."
        ) from None
    except Exception as error:  # each runtime has its own
        raise UserError(
            f"The exported detector in {path} is damaged; make it again with the verb export."
        ) from error
    zeros = {
        f"{number}/{name}": np.zeros((1, *shape), np.float32)
        for number, (_, states, _) in enumerate(steps)
        for name, shape in states.items()
    }

    def step(inputs):
        x, outputs = inputs["samples"], {}
        for number, (name, states, run) in enumerate(steps):
            given = run({name: x, **{state: inputs[f"{number}/{state}"] for state in states}})
            x = given["logits"]
            outputs |= {f"{number}/{state}": given[state] for state in states}
        return {"logits": x, **outputs}

    return scoring.Listener(step, zeros, hop)


class SavedModel:
    """An exported SavedModel, which hears whole recordings as the model does.

    Args:
        path: The folder of the export.

    Raises:
        UserError: If there is none, or it is damaged.
    """

    def __init__(self, path):
        import tensorflow as tf

        if not path.exists():
            raise UserError(NOT_THERE.format(path))
        try:
            self._loaded = tf.saved_model.load(str(path))
        except Exception as error:  # of several kinds, by what is damaged
            raise UserError(
                f"The exported detector in {path} is damaged; make it again with the verb export."
            ) from error

    def predict_on_batch(self, inputs):
        """The logits `(B, T)` of samples `(B, N)`."""
        return self._loaded.serve(inputs).numpy()


def _runner(path):
    """Function from a dict of arrays to one, by the runtime that the file is for."""
    if path.suffix == ".onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        names = [output.name.removesuffix(NEXT) for output in session.get_outputs()]
        return lambda inputs: dict(zip(names, session.run(None, inputs), strict=True))
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path), num_threads=1).get_signature_runner()
    return lambda inputs: runner(**inputs)
