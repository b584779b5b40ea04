"""The version is stated once: in the package, from where the build reads it."""

import importlib.metadata
import pathlib
import tomllib

import zoo

ROOT = pathlib.Path(__file__).parents[2]


def test_the_version_is_that_of_the_package_and_stated_once():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in settings["project"]
    assert settings["tool"]["hatch"]["version"] == {"path": "zoo/__init__.py"}
    assert zoo.__version__ == importlib.metadata.version("sequence-zoo")
