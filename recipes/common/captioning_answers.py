"""What a finished captioner gives: figures on other data, captions of single pictures."""

import dataclasses
import os

import numpy as np

from recipes.common import (
    caption_parts,
    caption_scores,
    captioned,
    captioner,
    captioning_report,
    picture_cache,
    pictures,
    plots,
    report,
    text,
)
from recipes.common.config import check_counts
from recipes.common.errors import UserError
from recipes.common.terminal import lines_of, say


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
        found = captioned.load_one(data, dataclasses.replace(config, captions=captions))
        total = len(found)
    else:
        parts, sha256 = captioned.load(config)
        if sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training pictures. Name what to measure on with --data."
            )
        found, data = parts["test"], f"{config.data} (test part)"
        total = sum(map(len, parts.values()))  # bad pictures were counted so when it was trained
    beam = beam or config.beam
    pixels = picture_cache.pixels(config.size)
    part = caption_parts.made({"test": found}, config, pixels, total)["test"]
    written = captioner.write(trained.model, part, captioner.strategy(config, beam))
    outputs = text.decode(trained.tokenizer, [best["tokens"][0] for best in written])
    figures = captioning_report.scores(outputs, part, written, trained.tokenizer)
    others = captioning_report.shuffled(outputs, part.references)
    gap = captioning_report.gap(figures, others)
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
        "signature": caption_scores.signature(),
        "summary": [
            f"{len(part):,} pictures of {data}, beam {beam}",
            report.columns(rows),
            caption_scores.signature(),
        ],
    }


def predict(trained, inputs, beam=0, n_best=1, plot=""):
    """The best captions of each picture; `-` stands for names in lines of standard input.

    Pictures that cannot be used are named, and the others captioned.

    Raises:
        UserError: If none of the pictures can be used.
    """
    config = trained.config
    check_counts(beam, n_best)
    if plot and config.model != "show_attend_and_tell":
        raise UserError("--plot shows attention, and this run's model has none.")
    if plot:
        plots.check_path(plot)
    names, images = _read(inputs, config.size)
    part = caption_parts.Part(None, images, np.arange(len(images)))
    beam = max(beam or config.beam, n_best)
    size = min(captioner.AT_ONCE, 1 << (len(images) - 1).bit_length())
    written = captioner.write(trained.model, part, captioner.strategy(config, beam, n_best), size)
    predictions, lines = [], []
    for name, best in zip(names, written, strict=True):
        decoded = text.decode(trained.tokenizer, best["tokens"])
        n_best_of = [
            {"caption": caption, "score": float(score)}
            for caption, score in zip(decoded, best["scores"], strict=True)
        ]
        predictions.append({"picture": name, "caption": decoded[0], "n_best": n_best_of})
        lines += [
            f"{name}\t{row['caption']}" if n_best == 1
            else f"{name}\t{row['score']:.4f}\t{row['caption']}"
            for row in n_best_of
        ]  # fmt: skip
    if plot:
        _plot(names, written, trained.tokenizer, plot)
    return {"predictions": predictions, "summary": lines}


def _read(inputs, size):
    """The names and pixels of the pictures that can be used."""
    names, images, bad = [], [], []
    for name in lines_of(inputs):
        try:
            with open(name, "rb") as file:
                images.append(pictures.decode(file.read(), size))
            names.append(name)
        except OSError as error:
            bad.append(f"The picture {name} cannot be read: {error.strerror}.")
        except pictures.BadPicture as error:
            bad.append(f"The picture {name} {error}.")
    if not names:
        raise UserError(bad[0] if bad else "No picture was named.")
    for message in bad:
        say(message)
    return names, np.stack(images)


def _plot(names, written, tokenizer, plot):
    """One plot a picture; of several, numbered before the suffix."""
    stem, suffix = os.path.splitext(plot)
    for number, (name, best) in enumerate(zip(names, written, strict=True), start=1):
        path = plot if len(names) == 1 else f"{stem}_{number}{suffix}"
        with open(name, "rb") as file:
            image = pictures.decode(file.read(), (224, 224))
        captioning_report.overlay(image, best, tokenizer, path)
        say(f"Attention: {path}")
