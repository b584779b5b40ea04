"""Recipes: data, training, measuring and export around the models of `zoo`.

From the shell `python -m recipes.<task> <verb>`; from Python::

    import recipes

    run = recipes.sentiment.train(data="reviews.csv", run="runs/mine", epochs=5)
    run = recipes.load("runs/mine")  # later, from anywhere
    run.predict(["not bad at all"])
"""

import importlib
import pathlib

from recipes.common.errors import UserError
from recipes.common.trained_run import TrainedRun

__all__ = ["TrainedRun", "UserError", "load"]


def load(directory):
    """A finished run of any recipe.

    Args:
        directory: Directory of the run, which may have been moved.

    Returns:
        A `TrainedRun`, with `predict`, `evaluate`, `export`, `model`, `config`, `metrics` and
        `tokenizers`.

    Raises:
        UserError: If it is no run directory, damaged, or not finished.
    """
    return TrainedRun(directory)


def _tasks():
    return [path.parent.name for path in pathlib.Path(__file__).parent.glob("*/__main__.py")]


def __getattr__(name):
    """A recipe's package, imported when it is first named."""
    if name in _tasks():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_tasks()])
