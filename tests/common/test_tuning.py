"""Searches: every tuner, failed trials, and a search that is killed and goes on."""

import csv
import json
import subprocess
import sys
import time

import pytest

from recipes.common import tuning
from tests.common.failing_recipe.config import Config

FAST = ["--epochs", "1", "--embedding-dim", "4"]


def rows(directory):
    with (directory / "trials.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("tuner", ["random", "bayesian", "hyperband"])
def test_tuners_search_and_write_the_best(tuner, tmp_path, reviews_csv, run_recipe, monkeypatch):
    calls = []

    def in_child(package, config):
        assert package == "recipes.sentiment"
        calls.append(config)
        if len(calls) == 1:
            return {"failure": "killed, most likely for want of memory (exit status -9)"}
        return {"val_accuracy": 0.5 + config.units / 1000 + config.dropout / 100}

    monkeypatch.setattr(tuning, "in_child", in_child)
    options = ["--data", reviews_csv, "--run", tmp_path / "search", "--epochs", "4"]
    status, out, err = run_recipe("tune", "--trials", "5", "--tuner", tuner, "--json", *options)
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    found = rows(tmp_path / "search")
    assert len(found) == len(calls) == 5
    assert found[0]["status"] == "invalid" or any(row["status"] != "completed" for row in found)
    best = json.loads((tmp_path / "search" / "best.json").read_text())
    scores = [float(row["val_accuracy"]) for row in found if row["val_accuracy"]]
    assert result["val_accuracy"] == max(scores)
    assert best["units"] == result["best"]["units"]
    assert best["data"] == str(reviews_csv)
    assert (tmp_path / "search" / "trials.png").exists()
    assert "failed: killed" in err
    # A finished search tries nothing again.
    before = len(calls)
    status, _, _ = run_recipe("tune", "--trials", "5", "--tuner", tuner, *options)
    assert (status, len(calls)) == (0, before)
    changed = run_recipe("tune", "--trials", "6", "--tuner", tuner, *options)
    assert changed[0] == 2
    assert "trials: 5 -> 6" in changed[2]


def test_a_search_in_which_every_trial_fails_says_so(
    tmp_path, reviews_csv, run_recipe, monkeypatch
):
    monkeypatch.setattr(tuning, "in_child", lambda package, config: {"failure": "no luck"})
    options = ["--data", reviews_csv, "--run", tmp_path / "search"]
    status, _, err = run_recipe("tune", "--trials", "2", *options)
    assert status == 2
    assert "All 2 trials failed" in err
    assert "Traceback" not in err
    assert len(rows(tmp_path / "search")) == 2


def test_unusable_data_ends_the_search_with_its_sentence(tmp_path, run_recipe):
    (tmp_path / "one.csv").write_text("text,label\na,b\n")
    options = ["--data", tmp_path / "one.csv", "--run", tmp_path / "search"]
    status, _, err = run_recipe("tune", "--trials", "3", *options)
    assert status == 2
    assert "one.csv has too few distinct examples" in err
    assert "Traceback" not in err


def test_best_configuration_trains(tmp_path, reviews_csv, run_recipe, tiny):
    best = tmp_path / "best.json"
    best.write_text(json.dumps({"data": str(reviews_csv), "units": 7, "cell": "gru"}))
    run = tmp_path / "run"
    options = ["--run", run, *(item for item in tiny if item not in ("--units", "5"))]
    status, _, err = run_recipe("train", "--config", best, *options)
    assert status == 0, err
    kept = json.loads((run / "config.json").read_text())
    assert (kept["units"], kept["cell"], kept["epochs"]) == (7, "gru", 2)


def test_a_child_that_dies_or_diverges_is_a_failed_trial(tmp_path):
    outcomes = {
        way: tuning.in_child("tests.common.failing_recipe", Config(data=way, run=str(tmp_path)))
        for way in ("bug", "memory", "diverged", "killed")
    }
    for outcome in outcomes.values():
        assert outcome.keys() == {"failure"}
    assert "KeyError" in outcomes["bug"]["failure"]
    assert "want of memory" in outcomes["killed"]["failure"]


def test_a_killed_search_goes_on(tmp_path, reviews_csv):
    search = tmp_path / "search"
    command = [sys.executable, "-m", "recipes.sentiment", "tune", "--trials", "2", "--json"]
    command += ["--data", reviews_csv, "--run", search, *FAST]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not (search / "trials" / "0" / "checkpoints").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    time.sleep(1)  # its trial notices and ends
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert "Going on with the search" in out.stderr
    assert [row["status"] for row in rows(search)] == ["completed"] * 2
    assert json.loads(out.stdout.splitlines()[-1])["trials"][0]["trial"] == "0"
