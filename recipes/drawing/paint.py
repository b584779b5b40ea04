"""Paint new pictures with a trained painter."""

import pathlib

import numpy as np

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.drawing import pictures
from recipes.drawing.trained import restore

MOST = 10_000  # pictures, each a file
SHEET = 64  # of them that the sheet and the GIF show at most
ROWS = 100  # painted at a time


def paint(run, folder="", count=16, label="", seed=0, temperature=1.0):
    """Write new pictures as PNG files, a sheet of them, and a GIF of their canvases growing.

    Args:
        run: The finished run.
        folder: Where they go; `painted` in the run by default.
        count: Their number.
        label: Label of all of them, if the run has classes; by default all labels in turn.
        seed: Seed of the latent vectors.
        temperature: Factor of their deviation.

    Returns:
        `result, lines`: a dict of `folder`, `pictures` (a dict of `picture` and `label` each),
        `sheet` and `gif`, and lines for people.

    Raises:
        UserError: If the label is unknown, or there would be too many files.
    """
    trained = restore(run)
    if count > MOST:
        raise UserError(f"--count must be at most {MOST:,}; got {count:,}.")
    labels = np.arange(count) % len(trained.labels) if run.config.classes else None
    if label:
        labels = np.full(count, trained.number_of(label))
    folder = storage.make(pathlib.Path(folder) if folder else run.directory / "painted")
    painted, views = [], []
    for start in range(0, count, ROWS):
        rows = min(ROWS, count - start)
        chosen = None if labels is None else labels[start : start + rows]
        latent = _latent(trained.strokes, range(start, start + rows), seed) * temperature
        found = trained.strokes.paint(latent, chosen)
        painted.append(pictures.grey(found.pop("logits")))
        if start < SHEET:
            views.append({name: np.asarray(x)[:, :SHEET] for name, x in found.items()})
    written = []
    for number, image in enumerate(np.concatenate(painted)):
        path = folder / f"{number + 1:05}.png"
        pictures.save_png(pictures.coloured(image, 1), path)
        named = {} if labels is None else {"label": trained.labels[labels[number]]}
        written.append({"picture": str(path), **named})
    columns = min(8, count)
    pictures.save_growing(views[0], trained.strokes, folder / "painting.gif", columns=columns)
    finished = pictures.coloured(np.concatenate(painted)[:SHEET], 4)
    pictures.save_png(pictures.sheet(finished, columns), folder / "sheet.png")
    result = {
        "folder": str(folder),
        "pictures": written,
        "sheet": str(folder / "sheet.png"),
        "gif": str(folder / "painting.gif"),
    }
    return result, [f"{count:,} pictures, sheet.png and painting.gif: {folder}"]


def _latent(layer, numbers, seed):
    """Latent vectors of some pictures, `(T, B, latent_dim)`, the same whatever others there are."""
    shape = layer.steps, layer.latent_dim
    return np.stack([np.random.default_rng([seed, n]).normal(size=shape) for n in numbers], 1)
