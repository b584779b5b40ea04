"""Training that is cut off ends with the very state it would have had."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest

from benchmarks import resume
from recipes.common.data import batching
from recipes.common.training import callbacks, checkpoints


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    resume.write_reviews(folder / "reviews.csv")
    process = resume.start(folder / "reviews.csv", folder / "run")
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return folder / "reviews.csv", resume.state(folder / "run")


def wait_for(run, step, process):
    """Until a checkpoint of at least this step is there."""
    while process.poll() is None:
        if any(int(name[5:]) >= step for name in resume.checkpoint_names(run)):
            return
        time.sleep(0.01)
    raise AssertionError(process.communicate()[1])


def finish(data, run, reference):
    process = resume.start(data, run)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert resume.differences(reference, resume.state(run)) == []
    return errors


@pytest.mark.parametrize("step", [16, 30])
def test_killed_and_resumed_runs_are_byte_equal(step, undisturbed, tmp_path):
    data, reference = undisturbed
    process = resume.start(data, tmp_path / "run")
    wait_for(tmp_path / "run", step, process)
    process.kill()
    process.communicate()
    assert "Going on after epoch" in finish(data, tmp_path / "run", reference)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_save_and_say_how_to_go_on(number, undisturbed, tmp_path):
    data, reference = undisturbed
    process = resume.start(data, tmp_path / "run")
    wait_for(tmp_path / "run", 2, process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "everything is saved. The same command goes on from there." in errors
    assert "Traceback" not in errors
    # The newest checkpoint is of the very step the message names: no step is lost.
    newest = resume.checkpoint_names(tmp_path / "run")[-1]
    state = json.loads((tmp_path / "run" / "checkpoints" / newest / "state.json").read_text())
    assert f"after epoch {state['epoch']}, step {state['step']};" in errors
    finish(data, tmp_path / "run", reference)


def test_a_damaged_newest_checkpoint_costs_steps_and_nothing_else(undisturbed, tmp_path):
    data, reference = undisturbed
    process = resume.start(data, tmp_path / "run")
    wait_for(tmp_path / "run", 6, process)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    newest = tmp_path / "run" / "checkpoints" / resume.checkpoint_names(tmp_path / "run")[-1]
    content = (newest / "arrays.npz").read_bytes()
    (newest / "arrays.npz").write_bytes(content[: len(content) // 2])
    assert "is damaged; going on from the one before it" in finish(
        data, tmp_path / "run", reference
    )


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(
    reviews_csv, tmp_path, run_recipe, tiny, monkeypatch
):
    whole = batching.Batches.batch
    calls = []

    def poisoned(self, indices):
        inputs, labels, weights = whole(self, indices)
        if self.seed is not None:
            calls.append(1)
            if len(calls) == 8:
                weights = np.full_like(weights, np.nan)
        return inputs, labels, weights

    monkeypatch.setattr(batching.Batches, "batch", poisoned)
    options = ["--data", reviews_csv, "--run", tmp_path / "run", *tiny, "--checkpoint-every", "2"]
    status, _, err = run_recipe("train", *options)
    assert status == 3
    assert "The loss became nan at step" in err
    assert "of epoch 1" in err
    arrays, _ = checkpoints.load(tmp_path / "run" / "checkpoints")
    assert all(np.isfinite(arrays[name]).all() for name in arrays)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_weights_that_are_no_numbers_are_never_saved(reviews_csv, tmp_path, run_recipe, tiny):
    options = ["--data", reviews_csv, "--run", tmp_path / "run", *tiny, "--checkpoint-every", "1"]
    status, _, err = run_recipe("train", *options, "--learning-rate", "1e39")
    assert status == 3
    assert "There was no checkpoint yet" in err
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_signal_in_the_last_validation_stops_too(
    reviews_csv, tmp_path, run_recipe, tiny, monkeypatch
):
    on_epoch_end = callbacks.EpochEnd.on_epoch_end

    def signalled(self, epoch, logs=None):
        on_epoch_end(self, epoch, logs)
        if epoch == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(callbacks.EpochEnd, "on_epoch_end", signalled)
    options = ["--data", reviews_csv, "--run", tmp_path / "run", *tiny]
    status, _, err = run_recipe("train", *options)
    assert status == 128 + signal.SIGTERM
    assert "everything is saved" in err
    assert not (tmp_path / "run" / "metrics.json").exists()
    monkeypatch.undo()
    status, _, err = run_recipe("train", *options)
    assert status == 0, err


def test_a_stop_before_training_leaves_at_once(tmp_path):
    process = resume.start("grammar_reviews", tmp_path / "run", "--data-dir", tmp_path / "data")
    time.sleep(1.5)
    process.send_signal(signal.SIGTERM)
    try:
        _, errors = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert process.returncode == 128 + signal.SIGTERM
    assert "Stopped. The same command goes on" in errors
