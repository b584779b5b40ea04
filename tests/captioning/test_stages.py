"""Trainings with later stages: the best one is kept and described, and each can be cut off."""

import contextlib
import io
import json
import shutil

import numpy as np
import pytest

from recipes.captioning import config, features, measure, plots, trained, training
from recipes.common import cli, verbs
from recipes.common.run import Run
from recipes.common.training import checkpoints
from tests.captioning import contract

STAGES = ("train", "fine_tune", "self_critical")
RATES = dict(zip(STAGES, (2e-3, 1e-4, 2e-4), strict=True))  # learning rates, which tell them apart


def train(tiny, run, scores):
    """Train with all stages, in each of which greedy captions have a given score."""
    by_rate = {RATES[stage]: score for stage, score in scores.items()}
    options = [
        *contract.options(tiny), *contract.OPTIONS, "--run", str(run), "--cnn", "Tiny",
        "--model", "show_and_tell", "--beam", "1", "--fine-tune-epochs", "1",
        "--self-critical-epochs", "1",
    ]  # fmt: skip
    for stage, name in zip(STAGES, ("learning", "fine-tune", "self-critical"), strict=True):
        options += [f"--{name}-rate", str(RATES[stage])]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(
            measure,
            "on_validation",
            lambda model, data, config: {"cider": by_rate[config.learning_rate]},
        )
        patch.setattr(plots, "sheet", lambda samples, path: None)  # which take long
        patch.setattr(Run, "thin_out", lambda run: None)  # `forget` goes back by a checkpoint
        cli.main("recipes.captioning", ["train", *options])
    return run


def forget(run, stage):
    """Leave a run as if it had been killed in a stage, after the last checkpoint but one."""
    for name in ("metrics.json", "model.keras", "report.md"):
        (run / name).unlink()
    for later in STAGES[STAGES.index(stage) + 1 :]:
        shutil.rmtree(run / later)
    last = max((run / stage / "checkpoints").glob("step-*"))
    shutil.rmtree(last)


@pytest.fixture(scope="module")
def runs(tiny, tiny_network, tmp_path_factory):
    """Runs by the stage that scored best; their first stage is the same."""
    root = tmp_path_factory.mktemp("stages")
    scores = {"train": 0.1, "fine_tune": 0.3, "self_critical": 0.2}
    first = train(tiny, root / "fine_tune", scores)
    second = shutil.copytree(first, root / "self_critical")
    forget(second, "fine_tune")
    shutil.rmtree(second / "fine_tune")
    train(tiny, second, {"train": 0.1, "fine_tune": 0.05, "self_critical": 0.5})
    return {"fine_tune": first, "self_critical": second}


def weights(run):
    """The weights of a finished run, in no order."""
    reopened = Run.reopen(run, "captioning", config.Config)
    return sorted(array.tobytes() for array in trained.restore(reopened).model.get_weights())


def best_weights(run, stage):
    """The weights of a stage's best epoch, in no order."""
    arrays, state = checkpoints.load(run / stage / "checkpoints")
    return sorted(arrays[f"best/{i}"].tobytes() for i in range(state["best_count"]))


def test_the_kept_stage_is_described_and_all_are_shown(runs):
    for kept, run in runs.items():
        metrics = json.loads((run / "metrics.json").read_text())
        assert metrics["kept_stage"] == kept
        assert metrics["epochs"] == 1  # the first stage has two
        best = {"fine_tune": 0.3, "self_critical": 0.5}[kept]
        assert metrics["validation"]["cider"] == best
        assert metrics["validation"] == metrics["stages"][kept]["validation"]
        assert list(metrics["stages"]) == list(STAGES)
        assert metrics["stages"]["train"]["epochs"] == 2
        assert metrics["seconds"].keys() >= set(STAGES)
        page = (run / "report.md").read_text(encoding="utf-8")
        for stage in STAGES:
            assert (f"stage {stage}, kept" in page) == (stage == kept)
            assert f"stage {stage}" in page


def test_the_weights_are_those_of_the_kept_stage(runs):
    run = runs["fine_tune"]
    assert weights(run) == best_weights(run, "fine_tune")
    # The last stage of the other one began from features, after fine-tuning had been given up.
    run = runs["self_critical"]
    assert not set(best_weights(run, "self_critical")) - set(weights(run))
    assert weights(run) != weights(runs["fine_tune"])
    reopened = Run.reopen(run, "captioning", config.Config)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    encoder = trained.restore(reopened).model.get_layer("cnn")
    found = encoder(images.astype(np.float32)).numpy().astype(np.float16)
    np.testing.assert_array_equal(found, features.preparation(reopened.config).make(images))


@pytest.mark.parametrize("stage", ["fine_tune", "self_critical"])
def test_a_run_cut_off_in_a_later_stage_ends_the_same(stage, runs, tiny, tmp_path, capsys):
    whole = runs[stage]
    metrics = json.loads((whole / "metrics.json").read_text())
    cut = shutil.copytree(whole, tmp_path / "cut")
    forget(cut, stage)
    stages = metrics["stages"]
    train(tiny, cut, {name: stages[name]["validation"]["cider"] for name in STAGES})
    assert "Going on after epoch" in capsys.readouterr().err
    again = json.loads((cut / "metrics.json").read_text())
    for name in ("stages", "kept_stage", "validation", "epochs", "test", "greedy"):
        assert again[name] == metrics[name]
    assert weights(cut) == weights(whole)
    for name in ("fine_tune", "self_critical"):
        mine, others = (checkpoints.load(run / name / "checkpoints")[0] for run in (cut, whole))
        assert mine.keys() == others.keys()
        for array in mine:
            np.testing.assert_array_equal(mine[array], others[array])
        first, second = ((run / name / "history.csv").read_text() for run in (cut, whole))
        assert first == second


def test_going_on_begins_with_all_weights_of_a_run_whose_network_for_images_was_trained(
    runs, tiny, caption, tmp_path, monkeypatch
):
    """Features are then those of that network, and the finished model has it."""
    first, began, start = runs["fine_tune"], [], training._start

    def noted(run, pictures):
        model = start(run, pictures)
        began.append({layer.name: layer.get_weights() for layer in model.layers})
        return model

    monkeypatch.setattr(training, "_start", noted)
    own = verbs.defaults(config.Config, init_from=first, data="mine")
    assert (own.cnn, own.cnn_weights, own.captions) == ("Tiny", "", "")  # the network is the run's
    later = ["--epochs", "1", "--fine-tune-epochs", "0", "--self-critical-epochs", "0"]
    again = ["train", *contract.options(tiny), "--run", tmp_path / "run", "--init-from", first]
    for option, message in (
        ("--cnn=MobileNet", "has --cnn Tiny, not MobileNet"),
        ("--pieces=words", "was made with pieces subwords, not words"),
    ):
        status, _, err = caption(*again, option)
        assert status == 2
        assert message in err
    status, _, err = caption(*again, *later)
    assert status == 0, err
    opened = Run.reopen(first, "captioning", config.Config)
    whole = trained.restore(opened).model
    assert {name for name, weights in began[0].items() if weights} == {
        layer.name for layer in whole.layers if layer.weights and layer.name != "cnn"
    }
    for name, weights in began[0].items():
        for mine, theirs in zip(weights, whole.get_layer(name).get_weights(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    seen = whole.get_layer("cnn").predict_on_batch(images.astype(np.float32))
    made = features.preparation(opened.config, opened).make(images)
    np.testing.assert_allclose(made, seen, rtol=2e-3, atol=seen.std() / 1e3)
    new = trained.restore(Run.reopen(tmp_path / "run", "captioning", config.Config)).model
    for mine, theirs in zip(
        new.get_layer("cnn").get_weights(), whole.get_layer("cnn").get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
