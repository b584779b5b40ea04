"""Measure a trained translator on its own test part or on other data."""

from recipes.common import report
from recipes.translation import sources, writing
from recipes.translation.scores import Scorer
from recipes.translation.trained import restore


def evaluate(run, data="", beam=0):
    """Measure a finished run on other data, or on its own test part.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    config, trained = run.config, restore(run)
    if data:
        part = sources.load_one(data, config)
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
