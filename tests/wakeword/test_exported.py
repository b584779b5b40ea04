"""The loop beside an exported detector decides as the detector that was measured."""

import io
import sys
import types

import numpy as np
import pytest

from recipes.wakeword import exported
from recipes.wakeword.detection.triggers import Trigger

THRESHOLD = 0.5


@pytest.fixture
def fired_by_the_loop(tmp_path, monkeypatch):
    """Function from scores to the frames in which `listen.py` says that it heard the phrase."""

    def listen(scores):
        left, fired = list(scores), []

        class Interpreter:
            def __init__(self, path):
                pass

            def get_signature_runner(self):
                return lambda **inputs: {"logits": left.pop(0), "state": inputs["state"]}

        runtime = types.SimpleNamespace(Interpreter=Interpreter)
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", runtime)
        state = np.zeros((1, 3))
        stream = types.SimpleNamespace(input={"samples": 0, "state": state}, output={"state": 0})
        config = types.SimpleNamespace(words="alexa")
        trained = types.SimpleNamespace(config=config, threshold=THRESHOLD)
        exported.describe(trained, tmp_path, [("detector.tflite", stream)])
        sound = io.BytesIO(bytes(320 * len(scores)))
        monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=sound))

        def say(*args, **options):
            fired.append(len(scores) - len(left) - 1)

        source = (tmp_path / "listen.py").read_text()
        exec(source, {"__file__": str(tmp_path / "listen.py"), "print": say})
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


def test_validation_is_heard_whole_though_noise_gives_other_tracks(monkeypatch):
    from recipes.wakeword import export

    given = {1: ["a", "b"], 2: ["noisy a", "noisy b", "noisy c"]}
    monkeypatch.setattr(
        export.spoken_sources,
        "load",
        lambda config: ({"validation": None}, {"validation": ["noise"]}, ""),
    )
    monkeypatch.setattr(export.tracks, "of_clips", lambda clips, seed, *options: iter(given[seed]))
    heard = list(export._validation(None))
    assert heard == ["a", "noisy a", "b", "noisy b", "noisy c"]
