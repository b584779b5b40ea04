"""The comparison as a user runs it: interrupted, measured elsewhere, asked and exported."""

import json

import numpy as np
import pytest

from recipes.common.errors import Diverged, Interrupted
from recipes.common.run import Run
from recipes.memory import networks, sweep
from recipes.memory.config import Config
from recipes.memory.trained import network


def figures(directory):
    return json.loads((directory / "metrics.json").read_text())


def test_every_cell_task_distance_and_seed_has_a_network(finished):
    run = finished("memory")
    found = figures(run)["networks"]
    keys = {(row["task"], row["cell"], row["distance"], row["seed"]) for row in found}
    assert keys == {
        (task, cell, distance, 0)
        for task in ("copying", "agreement")
        for cell in ("rnn", "lstm")
        for distance in (5, 8)
    }
    assert len(found) == len(keys)
    assert not list((run / "networks").glob("*/checkpoints"))


def test_a_comparison_that_was_killed_goes_on(
    finished, training, tmp_path, run_recipe, monkeypatch
):
    train, trained = networks.train, []

    def killed(run, *rest):
        if len(trained) == 5:
            raise Interrupted(15, "Stopped.")
        trained.append(run.stage)
        return train(run, *rest)

    options = ["train", *training("memory"), "--run", tmp_path / "run"]
    monkeypatch.setattr(networks, "train", killed)
    status, _, _ = run_recipe(*options, recipe="memory")
    assert status == 128 + 15
    monkeypatch.setattr(
        networks, "train", lambda run, *rest: trained.append(run.stage) or train(run, *rest)
    )
    status, _, err = run_recipe(*options, recipe="memory")
    assert status == 0, err
    # The first one is opened again, the others are not.
    assert sorted(trained[5:]) == sorted({*trained[5:]})
    assert set(trained[1:5]).isdisjoint(trained[5:])
    assert figures(tmp_path / "run")["networks"] == figures(finished("memory"))["networks"]


def test_a_network_that_diverges_is_told_and_the_others_go_on(
    training, tmp_path, run_recipe, monkeypatch
):
    train = networks.train

    def diverging(run, *rest):
        history = train(run, *rest)
        if "rnn-5" in run.stage:
            raise Diverged("The loss became nan.")
        return history

    monkeypatch.setattr(networks, "train", diverging)
    options = [*training("memory"), "--data", "copying", "--run", tmp_path / "run"]
    status, _, err = run_recipe("train", *options, recipe="memory")
    assert status == 0, err
    rows = figures(tmp_path / "run")["networks"]
    assert [row["cell"] for row in rows if row.get("diverged")] == ["rnn"]
    assert all(0 <= row["accuracy"] <= 1 for row in rows)
    assert "1 of 4 networks diverged" in (tmp_path / "run" / "report.md").read_text()


def test_workers_train_the_same_networks(finished, training, tmp_path, run_recipe):
    options = [*training("memory"), "--workers", "2", "--run", tmp_path / "run"]
    status, _, err = run_recipe("train", *options, recipe="memory")
    assert status == 0, err
    found, expected = figures(tmp_path / "run"), figures(finished("memory"))
    for row, same in zip(found["networks"], expected["networks"], strict=True):
        assert row == pytest.approx(same, abs=2e-3)


def rows(*accuracies):
    return [
        {"task": "copying", "cell": "rnn", "distance": 10 * number, "accuracy": accuracy}
        for number, accuracy in enumerate(accuracies, start=1)
        for _ in range(2)
    ]


@pytest.mark.parametrize(
    ("accuracies", "patience", "expected"),
    [
        ((1.0, 0.13, 0.12, 0.13), 3, True),
        ((1.0, 0.13, 0.12), 3, False),
        ((0.13, 0.12, 0.5), 3, False),
        ((0.13, 0.5, 0.13, 0.12), 3, False),
        ((0.13, 0.12), 0, False),
        ((), 1, False),
    ],
)
def test_a_cell_is_given_up_after_distances_at_chance(accuracies, patience, expected):
    assert sweep.is_hopeless(rows(*accuracies), "copying", "rnn", patience) is expected
    assert not sweep.is_hopeless(rows(*accuracies), "copying", "lstm", max(1, patience))


def test_after_distances_at_chance_only_that_of_the_run_is_trained(training, tmp_path, run_recipe):
    options = [*training("memory"), "--data", "copying", "--cells", "rnn", "--give-up", "1"]
    options += ["--distances", "5,6,8", "--distance", "8", "--cell", "rnn"]
    options += ["--epochs", "1", "--steps", "1", "--run", tmp_path / "run"]
    status, out, err = run_recipe("train", *options, recipe="memory")
    assert status == 0, err
    found = figures(tmp_path / "run")["networks"]
    assert [row["distance"] for row in found] == [5, 8]
    assert "–" in out


def test_evaluate_at_other_distances(finished, run_recipe):
    arguments = ["evaluate", "--run", finished("memory"), "--data", "copying"]
    status, out, err = run_recipe(*arguments, "--distances", "8,30", "--json", recipe="memory")
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])
    assert {cell: list(row) for cell, row in found["accuracy"].items()} == {
        "rnn": ["8", "30"],
        "lstm": ["8", "30"],
    }
    trained = [
        row["accuracy"]
        for row in figures(finished("memory"))["networks"]
        if row["task"] == "copying" and row["distance"] == 8
    ]
    assert [row["8"] for row in found["accuracy"].values()] == pytest.approx(trained)


def test_predict_takes_the_networks_of_the_nearest_distance(finished, run_recipe):
    arguments = ["predict", "--run", finished("memory"), "--json", "A B C x y z u v recall"]
    found = []
    for more in ([], ["--distance", "5"]):
        status, out, err = run_recipe(*arguments, *more, recipe="memory")
        assert status == 0, err
        found.append(json.loads(out.splitlines()[-1])["predictions"][0])
    assert [row["answers"]["rnn"]["trained_at"] for row in found] == [8, 5]
    assert [row["distance"] for row in found] == [8, 8]
    assert found[0]["task"] == "copying"
    assert all(len(row["answer"].split()) == 3 for row in found[0]["answers"].values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "I was born in Rome . at home I speak"], "The networks know no 'Rome'"),
        (["predict", "*1 2 *3 0 1 ="], "is a sequence of adding, and the run in"),
        (["evaluate", "--data", "adding"], "was trained in copying, agreement, not in 'adding'"),
        (["evaluate", "--distances", "3"], "A distance is a whole number from 5"),
        (["export", "--cell", "gru"], "has no gru network for agreement at distance 8"),
        (["export", "--distance", "6"], "there are those at 5, 8"),
    ],
)
def test_what_a_run_has_not_is_said(arguments, message, finished, run_recipe):
    verb, *rest = arguments
    status, _, err = run_recipe(verb, "--run", finished("memory"), *rest, recipe="memory")
    assert status == 2
    assert message in err
    assert "Traceback" not in err


def test_export_of_another_cell_has_its_logits(finished, tmp_path, run_recipe):
    import tensorflow as tf

    arguments = ["export", "--run", finished("memory"), "--cell", "rnn", "--distance", "5"]
    status, _, err = run_recipe(*arguments, "--to", tmp_path, "--json", recipe="memory")
    assert status == 0, err
    loaded = tf.saved_model.load(str(tmp_path / "savedmodel"))
    run = Run.reopen(finished("memory"), "memory", Config)
    model = network(run, "agreement", "rnn", 5, 0)
    tokens = np.array([[5, 9, 12, 4]], np.int32)
    expected = np.asarray(model.predict_on_batch({"tokens": tokens}))
    found = loaded.serve(tf.constant(tokens))["logits"].numpy()
    np.testing.assert_allclose(found, expected, atol=1e-4)
    words = (tmp_path / "savedmodel" / "vocabulary.txt").read_text().splitlines()
    assert len(words) == expected.shape[-1]


def test_onnx_has_the_logits(finished, tmp_path, run_recipe):
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    pytest.importorskip("tf2onnx", reason="needs the extra onnx")
    arguments = ["export", "--run", finished("memory"), "--format", "onnx", "--to", tmp_path]
    status, _, err = run_recipe(*arguments, recipe="memory")
    assert status == 0, err
    assert (tmp_path / "onnx" / "model.onnx").stat().st_size


def test_the_report_has_tables_and_pictures(finished):
    run = finished("memory")
    page = (run / "report.md").read_text()
    assert "| cell | 5 | 8 |" in page
    assert "share left before" in page
    for picture in ("memory.png", "gradients.png", "learning_curves.png"):
        assert f"({picture})" in page
        assert (run / picture).stat().st_size > 5_000


def test_a_quick_run_has_few_distances_and_cells_and_one_seed():
    quick = Config(quick=True).resolved()
    assert set(quick.compared_cells) == {"rnn", "irnn", "gru", "lstm"}
    assert (quick.trained_distances, quick.seeds) == ([5, 25, 100], 1)
    assert Config(quick=True, seeds=2).resolved().seeds == 2
    assert Config().resolved() == Config()


def test_names_given_twice_count_once():
    config = Config(data="adding,copying,adding", cells="rnn, rnn,lstm", distances="8,5,8")
    assert (config.tasks, config.compared_cells) == (["adding", "copying"], ["rnn", "lstm"])
    assert config.trained_distances == [5, 8]


def test_a_gru_learns_what_a_plain_rnn_does_not(tmp_path, run_recipe):
    options = "--data agreement --distances 25 --distance 25 --seeds 1 --cells rnn,gru --cell gru"
    options += f" --epochs 2 --steps 60 --run {tmp_path / 'run'}"
    status, _, err = run_recipe("train", *options.split(), recipe="memory")
    assert status == 0, err
    rnn, gru = (row["accuracy"] for row in figures(tmp_path / "run")["networks"])
    assert gru > 0.8
    assert rnn < 0.25
