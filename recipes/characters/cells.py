"""Find the cells of a trained network that follow quotes, lines, indentation, brackets or words."""

import dataclasses

import numpy as np

import zoo.diagnostics
from recipes.characters import sources
from recipes.characters.inspection import features as text_features
from recipes.characters.inspection import losses, page, search
from recipes.characters.inspection.reading import Reading
from recipes.characters.trained import restore
from recipes.common import storage
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell

LEAST = 2_000  # tokens: cells are chosen on one half and measured on the other
STRANGERS = 12  # that are shown
SHORT = {"AUC": "AUC ", "correlation": "corr"}
HEADER = (
    "feature",
    "layer",
    "cell",
    "state",
    "score",
    "rank",
    "loss",
    "random",
    "at most",
    "inside",
)
ABOUT = (
    "Each section colours a text by the cell that follows one of its features best: red where the "
    "cell says that the feature is there, or large, blue where it says not. Cells were chosen on "
    "the first half of what was read; figures and texts here are of the second half. The score is "
    "the AUC of a yes or no, the chance that the cell is higher with the feature than without, and "
    "the correlation (Pearson) with a count; beside it stands the rank correlation (Spearman). The "
    "loss is the nats a token that holding the unit at its mean adds, and random that of other "
    "units of its layer, drawn at random, on average and at most; inside is what the unit adds "
    "where the feature is there."
)


def cells(run, text="", encoding="", kind="auto", length=100_000):
    """Find the cells that follow features of a text, and the loss without each.

    Writes `cells.html` and `cells.png` into the run.

    Args:
        run: The run.
        text: File to read; the run's own test part if empty.
        encoding: Its encoding; that of the run if empty.
        kind: `"python"`, `"prose"` or `"auto"`: the features to look for.
        length: Characters to read at most.

    Raises:
        UserError: If the text cannot be read, or has too little to find a cell by.
    """
    trained = restore(run)
    name, documents = _documents(run, text, encoding, length)
    reading = Reading.of(documents, trained.vocabulary, run.fact("whole"))
    count, unit = len(reading.places), trained.vocabulary.unit
    if count < LEAST:
        raise UserError(
            f"{name} has {count:,} {unit}{'s' * (count != 1)}, and cells are found by {LEAST:,} at "
            "least; name a longer text with --text."
        )
    _tell_strangers(trained.vocabulary, reading.documents, name)
    kind, features = text_features.features(reading.documents, kind)
    tell(f"Reading {count:,} {unit}s of {name}, taken for {kind}.")
    recorded = _record(trained.model, reading)
    half = count // 2
    found, rare = search.find(recorded, [f.at(reading.ends) for f in features], half)
    if rare:
        tell(f"Too rare in this text to find a cell by: {', '.join(rare)}.")
    if not found:
        raise UserError(f"{name} has no quotes, lines, brackets or words to find a cell by.")
    tell(f"Silencing {len(found)} cells, and others for comparison.")
    loss = losses.measure(trained.model, reading, recorded, found, half, run.config.seed)
    rows = [_row(follower, loss) for follower in found]
    paths = _write(run, name, rows, _sections(found, recorded, reading, half))
    result = {
        "text": name, "kind": kind, f"{unit}s": count, "loss": loss.whole,
        "loss_of": loss.tokens, "cells": rows, **paths,
    }  # fmt: skip
    lines = [
        *_aligned([HEADER, *map(_shown, rows)]),
        f"loss of the whole network: {loss.whole:.4f} nats a {unit} ({loss.tokens:,} {unit}s)",
        *(f"{kind}: {path}" for kind, path in paths.items()),
    ]
    return result, lines


def _documents(run, text, encoding, length):
    """The name of what is read, and its documents up to so many characters."""
    if not text:
        parts, about = sources.load(run.config)
        part = run.own_test_part(parts, about["sha256"], "Name a text to read with --text.")
        name = f"the test part of {run.config.data}"
    else:
        if not files.exists(text):
            raise files.missing(text)
        config = dataclasses.replace(run.config, encoding=encoding or run.config.encoding)
        part, name = sources.load_one(text, config), text
    documents, left = [], length
    for document in part.sample(max(1, length // 1_000)).texts:
        documents.append(document[:left])
        left -= len(documents[-1])
    return name, documents


def _tell_strangers(vocabulary, documents, name):
    strangers = list(dict.fromkeys(s for text in documents for s in vocabulary.strangers(text)))
    if strangers:
        shown = " ".join(repr(stranger)[1:-1] for stranger in strangers[:STRANGERS])
        more = " …" if len(strangers) > STRANGERS else ""
        unit = f"{vocabulary.unit}{'s' * (len(strangers) > 1)}"
        tell(
            f"{name} has {len(strangers):,} {unit} that the training lacked, read as unknown: "
            f"{shown}{more}"
        )


def _record(model, reading):
    """All cells after each token that stands for text."""
    recorded = zoo.diagnostics.cells(model, reading.tokens, fresh=reading.fresh, dtype="float16")
    return {
        layer: {quantity: values[reading.places] for quantity, values in of_layer.items()}
        for layer, of_layer in recorded.items()
    }


def _row(follower, loss):
    others = loss.others[follower.layer]
    own, random = loss.inside.get(follower.feature.name, (None, None))
    return {
        "feature": follower.feature.name,
        "label": follower.feature.label,
        "layer": follower.layer,
        "cell": follower.unit,
        "state": follower.quantity,
        "measure": follower.measure,
        "score": follower.score,
        "score_where_chosen": follower.chosen,
        "rank_correlation": follower.rank,
        "rises": follower.sign > 0,
        "loss_added": loss.more[follower.layer, follower.unit],
        "loss_added_by_random": others,
        "loss_added_inside": own,
        "loss_added_inside_by_random": random,
    }


def _shown(row):
    others = row["loss_added_by_random"]
    return (
        row["label"],
        row["layer"],
        str(row["cell"]),
        row["state"],
        f"{SHORT[row['measure']]} {row['score']:.3f}",
        f"{row['rank_correlation']:.3f}",
        f"{row['loss_added']:+.4f}",
        f"{np.mean(others):+.4f}" if others else "",
        f"{max(others):+.4f}" if others else "",
        "" if row["loss_added_inside"] is None else f"{row['loss_added_inside']:+.4f}",
    )


def _aligned(rows):
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def _sections(found, recorded, reading, half):
    """Heading, texts of the second half and values of the cell, for each follower."""
    texts = reading.texts[half:]
    for follower in found:
        values = recorded[follower.layer][follower.quantity][half:, follower.unit]
        values = page.scaled(values.astype(np.float32), follower.sign)
        heading = (
            f"{follower.feature.label}: {follower.layer}, cell {follower.unit} "
            f"({follower.quantity}), {follower.measure} {follower.score:.2f}"
        )
        yield heading, texts, values, follower.feature.values[half:]


def _write(run, name, rows, sections):
    """The page and the picture, in the run: their paths by kind."""
    paths = {"page": run.directory / "cells.html", "picture": run.directory / "cells.png"}
    long, short = [], []
    for heading, texts, values, feature in sections:
        for kept, size in ((long, page.PAGE), (short, page.PICTURE)):
            span = page.excerpt(texts, feature, **size)
            kept.append((heading, texts[span], values[span]))
    table = [HEADER, *map(_shown, rows)]
    title = f"Cells of {run.directory.resolve().name} on {name}"
    storage.write_text(paths["page"], page.page(title, ABOUT, table, long))
    page.picture(paths["picture"], short)
    return {kind: str(path) for kind, path in paths.items()}
