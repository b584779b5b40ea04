"""Runs written before recipes became packages are read as ever.

`old_runs.tar.xz` has a tiny run of each recipe of that time, without checkpoints and pictures, and
the data it was trained on.
"""

import json
import pathlib
import tarfile

import pytest

from tests.contracts.test_recipes import answer, assert_close

ARCHIVE = pathlib.Path(__file__).with_name("old_runs.tar.xz")
INPUTS = {
    "sentiment": ["not bad at all", "dull"],
    "translation": ["the dog sees a house ."],
    "captioning": ["data/pictures/0.png"],
}


@pytest.fixture(scope="session")
def folder(once, data_dir):
    """The unpacked archive; the voices of the wakeword run are those of the whole session."""

    def unpack(path):
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(path, filter="data")
        (path / "tfds").symlink_to(data_dir)

    return once("old_runs", unpack)


with tarfile.open(ARCHIVE) as packed:
    OLD = sorted(name.split("/")[1] for name in packed.getnames() if name.endswith("recipe.json"))


@pytest.mark.parametrize("recipe", OLD)
def test_an_old_run_is_measured_used_and_exported(
    recipe, folder, contract, run_recipe, monkeypatch
):
    monkeypatch.chdir(folder)
    metrics = json.loads((folder / recipe / "metrics.json").read_text())
    measured = answer(run_recipe("evaluate", "--run", recipe, "--json", recipe=recipe))
    comparable = getattr(contract(recipe), "comparable", dict)
    found, kept = comparable(measured["test"]), comparable(metrics["test"])
    assert_close(found, {name: kept[name] for name in found})
    if inputs := INPUTS.get(recipe):
        found = answer(run_recipe("predict", "--run", recipe, "--json", *inputs, recipe=recipe))
        assert len(found["predictions"]) == len(inputs)
    exported = answer(run_recipe("export", "--run", recipe, "--json", recipe=recipe))
    assert exported["largest_difference"] < 1e-3
