"""The loops beside an exported detector decide as the detector that was measured."""

import ast
import io
import runpy
import sys
import types

import numpy as np
import pytest

from recipes.wakeword import calibration, exported
from recipes.wakeword.detection.triggers import Trigger

THRESHOLD = 0.5


class LiteRT:
    """The interpreter of ai-edge-litert, giving scores that were made by hand."""

    name = "ai_edge_litert.interpreter"
    file = "detector.tflite"

    def __init__(self, left):
        self.Interpreter = lambda path: self
        self.left = left

    def get_signature_runner(self):
        return lambda **inputs: {"logits": self.left.pop(0), "state": inputs["state"]}


class Onnx:
    """A session of onnxruntime, giving scores that were made by hand."""

    name = "onnxruntime"
    file = "detector.onnx"

    def __init__(self, left):
        self.InferenceSession = lambda path: self
        self.left = left

    def get_outputs(self):
        return [types.SimpleNamespace(name=name) for name in ("logits", "state.next")]

    def run(self, names, inputs):
        assert inputs["samples"].shape == (1, 160)
        return self.left.pop(0), inputs["state"]


@pytest.fixture(params=[LiteRT, Onnx])
def fired_by_the_loop(request, tmp_path, monkeypatch, capsys):
    """Function from scores to the frames in which `listen.py` says that it heard the phrase."""

    def listen(scores):
        left = list(scores)
        runtime = request.param(left)
        monkeypatch.setitem(sys.modules, runtime.name, runtime)
        state = np.zeros((1, 3))
        stream = types.SimpleNamespace(input={"samples": 0, "state": state}, output={"state": 0})
        settings = types.SimpleNamespace(words="alexa")
        trained = types.SimpleNamespace(config=settings, threshold=THRESHOLD)
        exported.describe(trained, tmp_path, [(runtime.file, stream)])
        sound = io.BytesIO(bytes(320 * len(scores) + 11))
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=sound))
        fired = []

        class Output:
            def write(self, text):
                if "heard 'alexa'" in text:
                    fired.append(len(scores) - len(left) - 1)

            def flush(self):
                pass

        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", Output())
            runpy.run_path(str(tmp_path / "listen.py"))
        return fired

    return listen


def test_the_loop_fires_where_the_trigger_does(fired_by_the_loop):
    generator = np.random.default_rng(0)
    levels = generator.normal(0, 2, 400).astype(np.float32)
    scores = np.repeat(levels, generator.integers(1, 160, 400))  # often long above the threshold
    expected = Trigger(THRESHOLD).feed(scores)
    assert len(expected) > 50
    assert min(np.diff(expected)) == 100  # some fire as soon as the refractory time is over
    assert fired_by_the_loop(scores) == expected


def test_the_loop_says_a_lasting_score_once(fired_by_the_loop):
    assert fired_by_the_loop(np.ones(500, np.float32)) == [0]


@pytest.mark.parametrize("path", sorted(exported.LOOPS.glob("*.py")), ids=lambda path: path.name)
def test_a_loop_needs_nothing_of_this_project(path):
    tree = ast.parse(path.read_text())
    names = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert names - sys.stdlib_module_names <= {"numpy", "ai_edge_litert", "onnxruntime"}
    assert "numpy" in names


def test_validation_is_heard_whole_though_noise_gives_other_tracks(monkeypatch):
    given = {1: ["a", "b"], 2: ["noisy a", "noisy b", "noisy c"]}
    monkeypatch.setattr(
        calibration.sources,
        "load",
        lambda config: ({"validation": None}, {"validation": ["noise"]}, ""),
    )
    monkeypatch.setattr(
        calibration.tracks, "of_clips", lambda clips, seed, *options: iter(given[seed])
    )
    heard = list(calibration.validation(None))
    assert heard == ["a", "noisy a", "b", "noisy b", "noisy c"]
