"""Measure a trained classifier on its own test part or on other data."""

import dataclasses

from recipes.common import report
from recipes.common.errors import UserError
from recipes.common.labelling.measure import measure
from recipes.sentiment import sources, tables
from recipes.sentiment.renaming import renames
from recipes.sentiment.trained import probabilities, restore


def evaluate(run, data="", **form):
    """Measure a finished run on other data, or on its own test part.

    Args:
        run: The run.
        data: What names other data.
        **form: The form of its files: `text_column`, `label_column`, `header`, `encoding` and
            `labels`; empty ones are those of the run.

    Raises:
        UserError: If the data is unusable or has labels that the training did not have.
    """
    form = {name: value for name, value in form.items() if value}
    if form and not data:
        name, value = next(iter(form.items()))
        option = f"--{name.replace('_', '-')} {value}"
        raise UserError(f"{option} describes the file that --data names, and there is no --data.")
    trained = restore(run)
    if data:
        split = _other_data(run, data, form, trained.labels)
        sources.check_labels(split, trained.labels)
    else:
        asked = {"text_column": run.asked.text_column, "label_column": run.asked.label_column}
        parts, sha256, _ = sources.load(dataclasses.replace(run.config, **asked))
        split = run.own_test_part(parts, sha256)
        data = f"{run.config.data} (test part)"
    metrics = measure(*probabilities(trained, split))
    result = {"data": data, "examples": len(split), "test": metrics}
    return result, [f"{len(split):,} examples of {data}", report.columns(metrics.items())]


def _other_data(run, data, given, labels):
    """Read as the run's own files are, but where its names do not fit, by what is recognised."""
    config = dataclasses.replace(run.config, **given)
    form = dataclasses.replace(
        tables.Form.of(config),
        demanded=tuple(given[name] for name in ("text_column", "label_column") if name in given),
        header=given.get("header", ""),
        fallback=run.config.header,
        known=frozenset({*labels, *renames(config.labels)}),
    )
    return sources.load_one(data, config, form)
