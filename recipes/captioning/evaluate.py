"""Measure a trained captioner on its own test part or on other pictures."""

import dataclasses

from recipes.captioning import features, measure, scores, sources
from recipes.captioning.trained import restore
from recipes.common import report
from recipes.common.errors import UserError
from recipes.common.pictures import cache


def evaluate(run, data="", beam=0, captions="", encoding=""):
    """Measure a finished run on other data, or on its own test part.

    Args:
        run: The finished run.
        data: A folder or a set; the test part of the run if empty.
        beam: Width of the beam; the run's own if 0.
        captions: File of captions of that folder, if it has none of the usual names.
        encoding: Encoding of that file; the run's own if empty.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    config = run.config
    if (captions or encoding) and not data:
        name = "captions" if captions else "encoding"
        raise UserError(f"--{name} belongs to pictures that --data names.")
    if data:
        # The file that a run names belongs to the run's own data.
        given = {"captions": captions, "encoding": encoding or config.encoding}
        rows = sources.load_one(data, dataclasses.replace(config, **given))
        total = len(rows)
    else:
        parts, sha256 = sources.load(config)
        rows, data = run.own_test_part(parts, sha256), f"{config.data} (test part)"
        total = sum(map(len, parts.values()))  # as bad pictures were counted in training
    trained, beam = restore(run), beam or config.beam
    part = features.prepared({"test": rows}, config, cache.pixels(config.size), total)["test"]
    test = measure.on_part(trained.model, trained.tokenizer, part, config, beam)
    result = {
        "data": data,
        "examples": len(part),
        "beam": beam,
        "test": test.figures,
        "shuffled": test.shuffled,
        "shuffle_gap": test.gain,
        "signature": scores.signature(),
    }
    rows = [
        *test.figures.items(),
        *((f"{name}, pictures shuffled", test.shuffled[name]) for name in test.gain),
        *((f"{name}, gain over shuffled pictures", gain) for name, gain in test.gain.items()),
    ]
    lines = [
        f"{len(part):,} pictures of {data}, beam {beam}",
        report.columns(rows),
        scores.signature(),
    ]
    return result, lines
