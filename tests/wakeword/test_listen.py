"""Listening: to a microphone, for several runs at once, with commands that detections start."""

import io
import json
import os
import sys

import numpy as np
import pytest

from recipes.wakeword import probabilities
from recipes.wakeword.commands import Commands
from tests.common.sound.fake_sounddevice import fake

soundfile = pytest.importorskip("soundfile", reason="needs the extra speech")
pytest.importorskip("espeakng_loader", reason="needs the extra speech")


class Terminal(io.StringIO):
    """Standard input of somebody who types."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (44_100, 2)])
def test_a_microphone_hears_what_predict_hears(
    rate, channels, wake_run, sounds, tmp_path, run_recipe, monkeypatch
):
    spoken = soundfile.read(sounds / "with" / "0.wav", dtype="float32")[0][: 11 * 1_600]
    if rate != 16_000:
        spoken = np.repeat(spoken, 3)[: len(spoken) * 3 // (3 * 4_410) * 4_410]
    heard = np.repeat(spoken[:, None], channels, 1)
    soundfile.write(tmp_path / "same.wav", heard, rate, "FLOAT")
    command = ["--run", wake_run, "--json", "--probability"]
    _, out, _ = run_recipe("predict", *command, 0.999999, tmp_path / "same.wav", recipe="wakeword")
    (answer,) = json.loads(out.splitlines()[-1])["predictions"]
    level = answer["highest_probability"] - 2e-6
    status, out, err = run_recipe(
        "predict", *command, level, tmp_path / "same.wav", recipe="wakeword"
    )
    assert status == 0, err
    (answer,) = json.loads(out.splitlines()[-1])["predictions"]
    assert answer["detections"]
    module = fake(heard, rates=(rate,), most=channels)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    monkeypatch.setattr(sys, "stdin", Terminal())
    status, out, err = run_recipe("listen", *command, level, recipe="wakeword")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert f"Listening for 'alexa'; Headset, {rate:,} Hz" in err
    assert "Some sound was lost" in err
    assert result["detections"] == answer["times"]
    for mine, other in zip(result["heard"], answer["detections"], strict=True):
        assert mine["phrase"] == "alexa"
        assert mine["seconds"] == other["seconds"]
        assert mine["probability"] == pytest.approx(other["probability"], abs=1e-4)


def test_several_runs_listen_at_once_and_start_commands(
    wake_run, tmp_path, run_recipe, monkeypatch
):
    other = tmp_path / "other, run"
    other.mkdir()
    for name in ("model.keras", "recipe.json", "data.json", "threshold.json"):
        (other / name).write_bytes((wake_run / name).read_bytes())
    settings = json.loads((wake_run / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**settings, "phrase": "computer"}))
    stdin = io.TextIOWrapper(io.BytesIO(np.zeros(3_200, "<i2").tobytes()))
    monkeypatch.setattr(sys, "stdin", stdin)  # no terminal, so no microphone is looked for
    command = f"echo $PHRASE,$SECONDS,$PROBABILITY,$RUN >> {tmp_path}/heard; echo told; exit 7"
    status, out, err = run_recipe(
        "listen", "--run", wake_run, "--also", other, "--threshold", "-50", "--on-detection",
        command, "--json", recipe="wakeword",
    )  # fmt: skip
    assert status == 0, err
    assert len(out.splitlines()) == 1
    result = json.loads(out)
    assert [run["phrase"] for run in result["runs"]] == ["alexa", "computer"]
    assert [(found["run"], found["phrase"]) for found in result["heard"]] == [
        (str(wake_run), "alexa"),
        (str(other), "computer"),
    ]
    assert "Listening for 'alexa' and 'computer'; 16 kHz" in err
    assert "0.01 s: heard 'computer' (0." in err
    expected = {
        f"{found['phrase']},0.01,{found['probability']:.6f},{found['run']}"
        for found in result["heard"]
    }
    assert set((tmp_path / "heard").read_text().splitlines()) == expected
    assert err.count("The command of 0.01 s ended with status 7.") == 2


def test_a_command_does_not_run_twice_at_once(tmp_path, capsys):
    commands = Commands(f"echo >> {tmp_path}/begun; read line < {tmp_path}/fifo")
    os.mkfifo(tmp_path / "fifo")
    found = {"run": "a", "phrase": "alexa", "seconds": 1.5, "probability": 0.9}
    commands.start(found)
    commands.start({**found, "seconds": 4})
    assert "The command of 1.50 s still runs, so that of 4.00 s does not." in (
        capsys.readouterr().err
    )
    (tmp_path / "fifo").write_text("\n")  # waits until the command reads
    commands.finish()
    assert capsys.readouterr().err == ""
    assert (tmp_path / "begun").read_text() == "\n"


def test_a_command_that_never_ends_is_left_alone(monkeypatch, capsys):
    monkeypatch.setattr("recipes.wakeword.commands.PATIENCE", 0.05)
    commands = Commands("exec sleep 30")
    commands.start({"run": "a", "phrase": "alexa", "seconds": 1, "probability": 0.9})
    commands.finish()
    assert "The command of 1.00 s still runs; it is left alone." in capsys.readouterr().err
    process, _ = commands._running["a"]
    process.kill()
    assert process.wait() == -9


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-", "--device", "0"], "--device 0 names a microphone, and - another source"),
        (["--probability", "1.5"], "--probability must be above 0 and below 1; got 1.5. A logit"),
        (["--probability", "0.5", "--threshold", "1"], "both say what counts; give one of them"),
        (["--also", "nowhere"], "There is no run directory nowhere"),
    ],
)
def test_options_of_listen_that_are_refused(options, sentence, wake_run, run_recipe, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    status, _, err = run_recipe("listen", "--run", wake_run, *options, recipe="wakeword")
    assert status == 2
    assert sentence in err


@pytest.mark.parametrize(
    ("logit", "text"),
    [
        (0, "0.50"), (1, "0.73"), (5, "0.9933"), (-5, "0.0067"), (-9, "0.00012"),
        (9, "0.99988"), (40, "above 0.999999"), (-800, "below 0.000001"),
    ],
)  # fmt: skip
def test_probabilities_have_the_digits_that_say_something(logit, text):
    assert probabilities.shown(logit) == text
    if abs(logit) < 10:
        given = probabilities.probability(logit)
        assert probabilities.threshold(None, given) == pytest.approx(logit)
    assert probabilities.threshold(logit, None) == logit
