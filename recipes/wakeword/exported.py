"""Exported detectors: their description, the loop that listens with them, and their scores."""

import json
import pathlib
import shutil

import numpy as np
import tensorflow as tf

from recipes.common.errors import UserError
from recipes.common.export import litert_runner
from recipes.common.sound.samples import HOP, SAMPLE_RATE
from recipes.wakeword import scoring
from recipes.wakeword.detection import triggers

NOT_THERE = "There is no exported detector in {}; make one with the verb export."
NEXT = ".next"  # ends the names of new states in ONNX, which tells inputs from outputs by name
LOOPS = pathlib.Path(__file__).parent / "listen_loops"


def describe(trained, path, models):
    """Write `detector.json` and `listen.py` beside the model files of a detector.

    Args:
        trained: A `Trained`.
        path: The folder.
        models: Names of files in the order in which they run, each with its streaming model.
    """
    described = {
        "phrase": trained.config.words,
        "threshold": trained.threshold,
        "sample_rate": SAMPLE_RATE,
        "samples_per_step": HOP,
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
    loop = "litert.py" if models[0][0].endswith(".tflite") else "onnx.py"
    shutil.copyfile(LOOPS / loop, path / "listen.py")


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
    """A `scoring.Listener` of an exported detector.

    Args:
        path: The folder of the export.

    Raises:
        UserError: If there is none, it is damaged, or its runtime is not installed.
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
    runner = litert_runner(path)
    return lambda inputs: runner(**inputs)
