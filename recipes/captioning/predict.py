"""Caption pictures with a trained captioner."""

import os

import numpy as np

from recipes.captioning import features, report, writing
from recipes.common import plots
from recipes.common.config import check_counts
from recipes.common.errors import UserError
from recipes.common.pictures import decode
from recipes.common.terminal import lines_of, tell
from recipes.common.text import tokenizer as text_tokenizer


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
    part = features.Part(None, images, np.arange(len(images)))
    beam = max(beam or config.beam, n_best)
    size = min(writing.BATCH, 1 << (len(images) - 1).bit_length())
    written = writing.write(trained.model, part, writing.strategy(config, beam, n_best), size)
    predictions, lines = [], []
    for name, best in zip(names, written, strict=True):
        decoded = text_tokenizer.decode(trained.tokenizer, best["tokens"])
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
                images.append(decode.decode(file.read(), size))
            names.append(name)
        except OSError as error:
            bad.append(f"The picture {name} cannot be read: {error.strerror}.")
        except decode.BadPicture as error:
            bad.append(f"The picture {name} {error}.")
    if not names:
        raise UserError(bad[0] if bad else "No picture was named.")
    for message in bad:
        tell(message)
    return names, np.stack(images)


def _plot(names, written, tokenizer, plot):
    """One plot a picture; of several, numbered before the suffix."""
    stem, suffix = os.path.splitext(plot)
    for number, (name, best) in enumerate(zip(names, written, strict=True), start=1):
        path = plot if len(names) == 1 else f"{stem}_{number}{suffix}"
        with open(name, "rb") as file:
            image = decode.decode(file.read(), (224, 224))
        report.overlay(image, best, tokenizer, path)
        tell(f"Attention: {path}")
