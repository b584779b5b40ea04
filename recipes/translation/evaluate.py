"""Measure a trained translator on its own test part or on other data."""

from recipes.common import report
from recipes.common.config import check_counts
from recipes.common.errors import UserError
from recipes.translation import scores, sources, writing


def evaluate(trained, data="", beam=0):
    """Measure a finished run on other data, or on its own test part.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    check_counts(beam)
    config = trained.config
    if data:
        part = sources.load_one(data, config)
    else:
        parts, sha256 = sources.load(config)
        if sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training pairs. Name what to measure on with --data."
            )
        part, data = parts["test"], f"{config.data} (test part)"
    beam = beam or config.beam
    written = writing.translate(trained.model, trained.tokenizers, part.sources, config, beam)
    figures = scores.measure(written, part.targets, config.lowercase)
    signatures = scores.signatures(config.lowercase)
    groups = scores.bleu_by_length(part.sources, written, part.targets, config.lowercase)
    rows = [*figures.items()]
    rows += [
        (f"BLEU, {group['words']} words ({group['count']})", group["bleu"]) for group in groups
    ]
    return {
        "data": data,
        "examples": len(part),
        "beam": beam,
        "test": figures,
        "by_length": groups,
        "signatures": signatures,
        "summary": [
            f"{len(part):,} pairs of {data}, beam {beam}",
            report.columns(rows),
            *(f"{name}: {signature}" for name, signature in signatures.items()),
        ],
    }
