"""The captioning recipe on its embedded scenes, few of them: training to report, and a trial."""

import json

import pytest

from recipes.captioning import config, train
from recipes.common.data import catalog
from recipes.datasets import rendered_scenes

TINY = "--epochs 1 --embedding-dim 8 --units 8 --attention-dim 4 --checkpoint-every 99".split()


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Options that name a folder with a few prepared scenes, and one for their pixels."""
    root = tmp_path_factory.mktemp("scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendered_scenes, "SIZES", {"train": 64, "validation": 16, "test": 24})
        builder = rendered_scenes.RenderedScenes(data_dir=str(root / "data"))
        catalog.prepare(builder, "rendered_scenes")
    return ["--data-dir", str(root / "data"), "--cache", str(root / "cache")]


def test_the_default_recipe_measures_truth_and_attention(places, run_recipe, tmp_path):
    run = tmp_path / "run"
    options = ["--run", run, *places, *TINY]
    status, out, err = run_recipe("train", *options, "--json", main=train.main)
    assert status == 0, err
    metrics = json.loads(out.splitlines()[-1])
    assert json.loads((run / "data.json").read_text())["sizes"]["test"] == 24
    assert 0 <= metrics["test"]["true"] <= 1
    assert "attention_on_named" in metrics["test"]
    assert {"true", "cider"} <= set(metrics["baselines"]["nearest"])
    assert metrics["baselines"]["nearest"]["true"] < 1
    for name in ("report.md", "samples.png", "attention_1.png"):
        assert (run / name).exists(), name


def test_a_trial_gives_the_best_validation_score(places, tmp_path):
    program = "python -m recipes.captioning"
    argv = ["train", "--run", str(tmp_path / "trial"), *places, *TINY]
    _, chosen = train.cli.parse(argv, config.Config, program, "")
    found = train.trial(chosen.settings)
    assert set(found) == {"val_cider", "seconds"}
    assert 0 <= found["val_cider"] <= 10
