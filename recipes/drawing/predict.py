"""Paint given pictures with a trained painter, with the bound of each."""

import pathlib

import numpy as np

from recipes.common import plots, report
from recipes.common.errors import UserError
from recipes.common.pictures import idx, labelled
from recipes.drawing import binarisation, measure, pictures
from recipes.drawing import plots as drawing_plots
from recipes.drawing.bound import Bound
from recipes.drawing.data import batches
from recipes.drawing.trained import restore


def predict(run, inputs, label="", invert=False, plot=""):
    """The bound of each picture, and what is painted of it.

    Args:
        run: The finished run.
        inputs: Names of files of pictures, or of idx files of many.
        label: Label of all of them, if the run has classes.
        invert: Whether dark and light are exchanged first.
        plot: PNG file for pictures and paintings.

    Raises:
        UserError: If a file is no picture, or the run's classes ask for a label.
    """
    if not inputs:
        return {"predictions": []}, []
    trained = restore(run)
    if run.config.classes and not label:
        raise UserError(
            "The run was trained with --classes; name the label of the pictures with --label."
        )
    number = trained.number_of(label) if label else 0
    if plot:
        plots.check_path(plot)
    names, images = _read(inputs, trained.image_shape)
    images = 255 - images if invert else images
    part = labelled.Labelled(images, np.full(len(images), number, np.int32))
    part = binarisation.once(part, run.config.binarise, "test")
    parts = measure.parts_of_bound(Bound(trained.model), batches(part, run.config))
    if plot:
        labels = part.labels if run.config.classes else None
        again = trained.strokes.reconstruct(part.images / 255, labels)
        page = drawing_plots.beside(part.images, np.asarray(again["logits"]))
        pictures.save_png(page, plot)
    predictions = [
        {
            "picture": name,
            "bound": float(row[0] + row[2:].sum()),
            "reconstruction": float(row[0]),
            "divergence": float(row[2:].sum()),
        }
        for name, row in zip(names, parts, strict=True)
    ]
    lines = [
        f"{row['bound']:.2f} nats ({row['reconstruction']:.2f} of pixels, "
        f"{row['divergence']:.2f} of strokes)\t{report.shorten(row['picture'])}"
        for row in predictions
    ]
    return {"predictions": predictions}, lines


def _read(inputs, shape):
    """Names and pictures `(N, H, W, C)` of files; an idx file has many."""
    names, images = [], []
    for path in map(pathlib.Path, inputs):
        if not _is_idx(path):
            names.append(str(path))
            images.append(labelled.read_picture(path, shape))
            continue
        many = idx.read(path, 3)[..., None]
        if many.shape[1:] != shape:
            raise UserError(
                f"The pictures in {path} are {many.shape[1]} x {many.shape[2]} pixels of one "
                f"channel; the run's are {shape[0]} x {shape[1]} of {shape[2]}."
            )
        names += [f"{path}, picture {number}" for number in range(1, len(many) + 1)]
        images += list(many)
    return names, np.stack(images)


def _is_idx(path):
    return path.name.removesuffix(".gz").endswith(("-ubyte", ".idx"))
