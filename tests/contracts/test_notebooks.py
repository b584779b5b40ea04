"""The notebooks of the recipes, executed as they are but for a training of seconds."""

import dataclasses
import importlib
import pathlib
import warnings

import pytest

from recipes.common import cli

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted(path.parent.name for path in (ROOT / "recipes").glob("*/__main__.py"))


def tiny(recipe, options):
    """The options of the recipe's contract as settings by name."""
    config = importlib.import_module(f"recipes.{recipe}.config")
    chosen = cli.parse(["train", *options], f"recipes.{recipe}", config, "")[1].settings
    usual = dataclasses.asdict(config.Config())
    return {name: value for name, value in vars(chosen).items() if value != usual[name]}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_notebook_runs_from_its_first_cell_to_its_last(
    recipe, contract, data_dir, tmp_path, monkeypatch
):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nbclient = pytest.importorskip("nbclient", reason="needs the extra test")
        import nbformat
    contract(recipe)
    book = nbformat.read(ROOT / "docs" / "notebooks" / f"{recipe}.ipynb", as_version=4)
    cells = [cell for cell in book.cells if "parameters" in cell.metadata.get("tags", ())]
    assert len(cells) == 1
    settings = {
        **tiny(recipe, contract(recipe).OPTIONS),
        "run": str(tmp_path / "run"),
        "limit": 200,
        "data_dir": data_dir,
    }
    if hasattr(importlib.import_module(f"recipes.{recipe}.config").Config, "cache"):
        settings["cache"] = str(tmp_path / "cache")
    cells[0].source += f"\nsettings |= {settings!r}"
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    client = nbclient.NotebookClient(
        book, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the kernel's client
        client.execute()
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    shown = [out for cell in code for out in cell.outputs if "image/png" in out.get("data", {})]
    assert shown, "it shows a picture"
    assert (tmp_path / "run" / "model.keras").exists()
