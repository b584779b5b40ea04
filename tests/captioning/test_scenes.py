"""The captioning recipe on its embedded scenes, few of them, from training to the report."""

import json

import pytest

from recipes.common.data import catalog
from recipes.datasets import rendered_scenes

TINY = "--epochs 1 --embedding-dim 8 --units 8 --attention-dim 4 --checkpoint-every 99".split()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Options that name a folder with a few prepared scenes, and one for their pixels."""
    root = tmp_path_factory.mktemp("scenes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendered_scenes, "SIZES", {"train": 64, "validation": 16, "test": 24})
        builder = rendered_scenes.RenderedScenes(data_dir=str(root / "data"))
        catalog.prepare(builder, "rendered_scenes")
    return ["--data-dir", str(root / "data"), "--cache", str(root / "cache")]


def test_the_default_recipe_measures_truth_and_attention(folders, caption, tmp_path):
    run = tmp_path / "run"
    status, out, err = caption("train", "--run", run, *folders, *TINY, "--json")
    assert status == 0, err
    metrics = json.loads(out.splitlines()[-1])
    assert json.loads((run / "data.json").read_text())["sizes"]["test"] == 24
    assert 0 <= metrics["test"]["true"] <= 1
    assert "attention_on_named" in metrics["test"]
    assert {"true", "cider"} <= set(metrics["baselines"]["nearest"])
    assert metrics["baselines"]["nearest"]["true"] < 1
    for name in ("samples.png", "attention_1.png"):
        assert (run / name).exists(), name
    assert "rendered_scenes (test), example " in (run / "report.md").read_text()
