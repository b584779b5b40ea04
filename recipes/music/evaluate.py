"""Measure a trained network on its own test part or on other pieces."""

import dataclasses

from recipes.common import report
from recipes.music import measure, sources
from recipes.music.report import NAMES
from recipes.music.trained import restore


def evaluate(run, data=""):
    """Measure a finished run on other pieces, or on its own test part.

    Args:
        run: The run.
        data: What names other pieces, with as many frames a quarter note.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    trained, grid = restore(run), run.fact("frames_per_quarter")
    if data:
        config = dataclasses.replace(run.config, frames_per_quarter=grid)
        part = sources.load_one(data, config, grid)
    else:
        parts, about = sources.load(run.config)
        part = run.own_test_part(parts, about["sha256"])
        data = f"{run.config.data} (test part)"
    figures = measure.measure(trained.model, part.frames)
    count = sum(map(len, part.frames))
    lines = [
        f"{len(part):,} pieces of {data}, {count:,} frames",
        report.columns([(NAMES[key], value) for key, value in figures.items()]),
    ]
    return {"data": data, "examples": len(part), "frames": count, "test": figures}, lines
