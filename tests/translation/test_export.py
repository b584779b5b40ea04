"""A translator exported as encoder and step translates lines elsewhere as the run does."""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from recipes.common import export as exports


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_a_run_is_exported_and_translates_elsewhere(format, finished, run_recipe, tmp_path):
    run = finished("translation")
    options = ["export", "--run", run, "--format", format, "--to", tmp_path / "out", "--json"]
    status, out, err = run_recipe(*options, recipe="translation")
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])
    assert found["largest_difference"] < 1e-4
    path = pathlib.Path(found["path"])
    assert path == tmp_path / "out" / format
    suffix = exports.SUFFIXES[format]
    assert {file.name for file in path.iterdir()} == {
        f"encoder{suffix}", f"step{suffix}", "writer.json", "greedy.py", "translate.py",
        "source.model", "target.model",
    }  # fmt: skip
    assert found["bytes"] == sum(file.stat().st_size for file in path.glob(f"*{suffix}"))
    moved = shutil.copytree(path, tmp_path / "moved")
    texts = ["the dog sees a house .", "", "she does not sleep ."]
    done = subprocess.run(
        [sys.executable, moved / "translate.py"], input="\n".join(texts) + "\n", cwd="/",
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    options = ["predict", "--run", run, "--json", "--beam", "1", *texts]
    status, out, err = run_recipe(*options, recipe="translation")
    assert status == 0, err
    expected = [one["translation"] for one in json.loads(out.splitlines()[-1])["predictions"]]
    assert done.stdout.split("\n")[:-1] == expected
