"""`--gradients`: the training stays the same, and what was found is said, drawn and kept."""

import csv
import shutil

import numpy as np
import pytest

from recipes.common.training import checkpoints


class Killed(BaseException):
    """An end that nothing catches."""


def rows(run):
    with (run / "gradients.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def assert_same(run, other):
    mine, others = (checkpoints.load(folder / "checkpoints")[0] for folder in (run, other))
    assert mine.keys() == others.keys()
    for name in mine:
        np.testing.assert_array_equal(mine[name], others[name])


def test_a_watched_training_that_is_killed_ends_the_same_and_has_every_row(
    finished_run, training, tmp_path, run_recipe, monkeypatch
):
    run, save = tmp_path / "run", checkpoints.save
    saved = []

    def then_killed(*args):
        save(*args)
        saved.append(args[1])
        if len(saved) == 5:  # in the middle of the second epoch
            raise Killed

    command = ["train", *training("sentiment"), "--gradients", "--run", str(run)]
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "save", then_killed)
        with pytest.raises(Killed):
            run_recipe(*command)
    status, _, err = run_recipe(*command)
    assert status == 0, err
    assert "Going on after epoch 1" in err
    assert_same(run, finished_run)
    resumed, whole = rows(run), rows(finished_run)
    assert [(row["of"], row["step"]) for row in resumed] == [
        (row["of"], row["step"]) for row in whole
    ]
    assert [row["of"] for row in whole] == ["start", "epoch", "epoch", "end"]
    assert resumed[:2] == whole[:2]
    assert resumed[-1] == whole[-1]
    sentence = "healthy: gradient norm "
    assert f"\n{sentence}" in err
    assert f"\n- {sentence}" in (run / "report.md").read_text(encoding="utf-8")
    assert list((run / "tensorboard" / "gradients").iterdir())


def test_a_training_can_be_watched_from_any_sitting_on(
    finished_run, training, tmp_path, run_recipe
):
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    for name in ("metrics.json", "gradients.csv", "gradients.json", "gradient_flow.png"):
        (run / name).unlink()
    command = ["train", *training("sentiment"), "--run", str(run)]
    status, _, err = run_recipe(*command)
    assert status == 0, err
    assert "## Gradients" not in (run / "report.md").read_text(encoding="utf-8")
    (run / "metrics.json").unlink()
    status, _, err = run_recipe(*command, "--gradients")
    assert status == 0, err
    assert [row["of"] for row in rows(run)] == ["end"]  # no step was left to do
    assert (run / "gradient_flow.png").stat().st_size
    assert_same(run, finished_run)
