"""Measure a trained language model on its own test part or on other text."""

import dataclasses

from recipes.characters import measure, sources
from recipes.characters.data import Part
from recipes.characters.report import NAMES, shown
from recipes.characters.trained import restore
from recipes.common import report
from recipes.common.errors import UserError


def table(figures):
    """Figures as lines for people."""
    return report.columns([(NAMES[key], shown(figures[key])) for key in NAMES if key in figures])


def evaluate(run, data="", **form):
    """Measure a finished run on other text, or on its own test part.

    Args:
        run: The run.
        data: What names other text.
        **form: The form of its files: `text_column` and `encoding`; empty ones are those of the
            run.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    form = {name: value for name, value in form.items() if value}
    if form and not data:
        name, value = next(iter(form.items()))
        option = f"--{name.replace('_', '-')} {value}"
        raise UserError(f"{option} describes the file that --data names, and there is no --data.")
    trained = restore(run)
    if data:
        documents = sources.load_one(data, dataclasses.replace(run.config, **form))
    else:
        parts, about = sources.load(run.config)
        documents = run.own_test_part(parts, about["sha256"])
        data = f"{run.config.data} (test part)"
    part = Part.of(documents, trained.vocabulary, trained.whole)
    part.check(f"--data {data}", trained.vocabulary.unit)
    measure.warn_of_unknown(part, trained.vocabulary)
    figures = measure.of_part(trained.model, part, trained.vocabulary)
    result = {"data": data, "examples": part.characters, "test": figures}
    lines = [f"{part.characters:,} characters of {data}", table(figures)]
    return result, lines
