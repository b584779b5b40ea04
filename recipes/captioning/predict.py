"""Caption pictures with a trained captioner."""

import os

import numpy as np

from recipes.captioning import features, writing
from recipes.captioning import plots as captioning_plots
from recipes.captioning.trained import restore
from recipes.common import plots
from recipes.common.errors import UserError
from recipes.common.pictures import decode
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as tokenizers


def predict(run, inputs, beam=0, n_best=1, plot=""):
    """The best captions of each picture.

    Pictures that cannot be used are named, and the others captioned.

    Raises:
        UserError: If none of the pictures can be used.
    """
    config = run.config
    if plot and config.model != "show_attend_and_tell":
        raise UserError("--plot shows attention, and this run's model has none.")
    if plot:
        plots.check_path(plot)
    trained = restore(run)
    names, images = _read(inputs, config.size)
    part = features.Part(None, images, np.arange(len(images)))
    strategy = writing.strategy(config, max(beam or config.beam, n_best), n_best)
    batch_size = min(writing.BATCH, 1 << (len(images) - 1).bit_length())
    written = writing.write(trained.model, part, strategy, batch_size)
    predictions, lines = [], []
    for name, best in zip(names, written, strict=True):
        captions = tokenizers.decode(trained.tokenizer, best["tokens"])
        rows = [
            {"caption": caption, "score": float(score)}
            for caption, score in zip(captions, best["scores"], strict=True)
        ]
        predictions.append({"picture": name, "caption": captions[0], "n_best": rows})
        lines += [
            f"{name}\t{row['caption']}" if n_best == 1
            else f"{name}\t{row['score']:.4f}\t{row['caption']}"
            for row in rows
        ]  # fmt: skip
    if plot:
        _plot(names, written, trained.tokenizer, plot)
    return {"predictions": predictions}, lines


def _read(inputs, size):
    """The names and pixels of the pictures that can be used."""
    names, images, bad = [], [], []
    for name in inputs:
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
    """Plot the attention of each picture's caption; files of several are numbered."""
    stem, suffix = os.path.splitext(plot)
    for number, (name, best) in enumerate(zip(names, written, strict=True), start=1):
        path = plot if len(names) == 1 else f"{stem}_{number}{suffix}"
        with open(name, "rb") as file:
            image = decode.decode(file.read(), captioning_plots.SIZE)
        captioning_plots.attention(image, *writing.attended(tokenizer, best), path)
        tell(f"Attention: {path}")
