"""Measure a trained translator on its own test part or on other data."""

import dataclasses

from recipes.common import report
from recipes.common.errors import UserError
from recipes.translation import sources, writing
from recipes.translation.scores import Scorer
from recipes.translation.trained import restore


def evaluate(run, data="", beam=0, source_column=0, target_column=0, encoding=""):
    """Measure a finished run on other data, or on its own test part.

    Args:
        run: The finished run.
        data: Files or a set; the test part of the run if empty.
        beam: Width of the beam; the run's own if 0.
        source_column, target_column: Columns of that file; the run's own if 0.
        encoding: Encoding of those files; the run's own if empty.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    config = run.config
    given = {"source_column": source_column, "target_column": target_column, "encoding": encoding}
    given = {name: value for name, value in given.items() if value}
    if given and not data:
        raise UserError("--source-column, --target-column and --encoding belong to --data.")
    read_with = dataclasses.replace(config, **given)
    read_with.check()
    trained = restore(run)
    if data:
        part = sources.load_one(data, read_with)
    else:
        part, data = run.own_test_part(*sources.load(config)), f"{config.data} (test part)"
    scorer = Scorer.of_run(run)
    beam = beam or config.beam
    written = writing.translate(trained.model, trained.tokenizers, part.sources, config, beam)
    figures = scorer.measure(written, part.targets)
    groups = scorer.bleu_by_length(part.sources, written, part.targets)
    signatures = scorer.signatures()
    result = {
        "data": data,
        "examples": len(part),
        "beam": beam,
        "test": figures,
        "by_length": groups,
        "signatures": signatures,
    }
    rows = [*figures.items()]
    rows += [
        (f"BLEU, {group['words']} {group['unit']} ({group['count']})", group["bleu"])
        for group in groups
    ]
    lines = [
        f"{len(part):,} pairs of {data}, beam {beam}",
        report.columns(rows),
        *(f"{name}: {signature}" for name, signature in signatures.items()),
    ]
    return result, lines
