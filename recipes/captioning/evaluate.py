"""Measure a trained captioner on its own test part or on other pictures."""

import dataclasses

from recipes.captioning import features, measure, scores, sources, writing
from recipes.common import report
from recipes.common.config import check_counts
from recipes.common.errors import UserError
from recipes.common.pictures import cache
from recipes.common.text import tokenizer


def evaluate(trained, data="", beam=0, captions=""):
    """Measure a finished run on other data, or on its own test part.

    Args:
        trained: A `captioner.Trained`.
        data: A folder or a set; the test part of the run if empty.
        beam: Width of the beam; the run's own if 0.
        captions: File of captions of that folder, if it has none of the usual names.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    check_counts(beam)
    config = trained.config
    if captions and not data:
        raise UserError("--captions belongs to pictures that --data names.")
    if data:
        # The file that a run names belongs to the run's own data.
        found = sources.load_one(data, dataclasses.replace(config, captions=captions))
        total = len(found)
    else:
        parts, sha256 = sources.load(config)
        if sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training pictures. Name what to measure on with --data."
            )
        found, data = parts["test"], f"{config.data} (test part)"
        total = sum(map(len, parts.values()))  # bad pictures were counted so when it was trained
    beam = beam or config.beam
    pixels = cache.pixels(config.size)
    part = features.prepared({"test": found}, config, pixels, total)["test"]
    written = writing.write(trained.model, part, writing.strategy(config, beam))
    outputs = tokenizer.decode(trained.tokenizer, [best["tokens"][0] for best in written])
    figures = measure.scores(outputs, part, written, trained.tokenizer)
    others = measure.shuffled(outputs, part.references)
    gap = measure.gap(figures, others)
    rows = [*figures.items()]
    rows += [(f"{name}, pictures shuffled", others[name]) for name in gap]
    rows += [(f"{name}, owed to the pictures", gap[name]) for name in gap]
    return {
        "data": data,
        "examples": len(part),
        "beam": beam,
        "test": figures,
        "shuffled": others,
        "shuffle_gap": gap,
        "signature": scores.signature(),
        "summary": [
            f"{len(part):,} pictures of {data}, beam {beam}",
            report.columns(rows),
            scores.signature(),
        ],
    }
