"""Caption pictures with a trained captioner."""

import os
import pathlib

import numpy as np

from recipes.captioning import features, writing
from recipes.captioning import plots as captioning_plots
from recipes.captioning.trained import restore
from recipes.common import plots
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.pictures import decode
from recipes.common.pictures.decode import SUFFIXES
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing.strategy import probabilities, ranked


def predict(run, inputs, beam=0, n_best=1, plot=""):
    """The best captions of each picture.

    Pictures that cannot be used are named, and the others captioned.

    Args:
        run: The finished run.
        inputs: Names of pictures, or of folders, of which all pictures below them are taken.
        beam: Width of the beam; the run's own if 0.
        n_best: Captions of each picture.
        plot: Where a picture of the attention goes, if anywhere.

    Raises:
        UserError: If none of the pictures can be used.
    """
    config = run.config
    if plot and config.model != "show_attend_and_tell":
        raise UserError("--plot shows attention, and this run's model has none.")
    if plot:
        plots.check_path(plot)
    trained = restore(run)
    paths = _pictures(inputs)
    strategy = writing.strategy(config, max(beam or config.beam, n_best), n_best)
    batch_size = min(writing.BATCH, 1 << (len(paths) - 1).bit_length())
    names, written, bad = [], [], []
    for start in range(0, len(paths), batch_size):
        found, images = _read(paths[start : start + batch_size], config.size, bad)
        if found:
            part = features.Part(None, images, np.arange(len(images)))
            written += writing.write(trained.model, part, strategy, batch_size)
            names += found
    if not names:
        raise UserError(bad[0])
    for message in bad:
        tell(message)
    predictions, lines = [], []
    for name, best in zip(names, written, strict=True):
        captions = tokenizers.decode(trained.tokenizer, best["tokens"])
        chances = probabilities(strategy, best)
        rows = [
            {"caption": caption, "score": float(score), "probability": chance}
            for caption, score, chance in zip(captions, best["scores"], chances, strict=True)
        ]
        predictions.append(
            {"picture": name, "caption": captions[0], "probability": chances[0], "n_best": rows}
        )
        lines += (
            [f"{name}\t{captions[0]}\t{chances[0]:.4f}"]
            if n_best == 1
            else ranked(name, captions, chances)
        )
    if plot:
        _plot(names, written, trained.tokenizer, plot)
    return {"predictions": predictions}, lines


def _pictures(inputs):
    """Names of pictures; a folder stands for all below it, links followed."""
    paths = []
    for name in inputs:
        if not os.path.isdir(name):
            paths.append(name)
            continue
        found = files.walk(name, SUFFIXES)
        if not found:
            raise UserError(f"The folder {name} has no pictures ({', '.join(SUFFIXES)}).")
        others = sum(path.is_file() for path in pathlib.Path(name).iterdir()) - sum(
            path.parent == pathlib.Path(name) for path in found
        )
        passed_over = f"; passed over {others:,} other files" if others else ""
        tell(f"{name}: {len(found):,} pictures{passed_over}.")
        paths += map(str, found)
    if not paths:
        raise UserError("No picture was named.")
    return paths


def _read(paths, size, bad):
    """The names and pixels of the pictures that can be used; sentences on others go to `bad`."""
    names, images = [], []
    for name in paths:
        try:
            with open(name, "rb") as file:
                images.append(decode.decode(file.read(), size))
            names.append(name)
        except OSError as error:
            bad.append(f"The picture {name} cannot be read: {error.strerror}.")
        except decode.BadPicture as error:
            bad.append(f"The picture {name} {error}.")
    return names, np.stack(images) if images else None


def _plot(names, written, tokenizer, plot):
    """Plot the attention of each picture's caption; files of several are numbered."""
    stem, suffix = os.path.splitext(plot)
    for number, (name, best) in enumerate(zip(names, written, strict=True), start=1):
        path = plot if len(names) == 1 else f"{stem}_{number}{suffix}"
        with open(name, "rb") as file:
            image = decode.decode(file.read(), captioning_plots.SIZE)
        captioning_plots.attention(image, *writing.attended(tokenizer, best), path)
        tell(f"Attention: {path}")
