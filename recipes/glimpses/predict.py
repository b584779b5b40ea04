"""Label pictures with a trained network, and show where it looked."""

import numpy as np
from scipy.special import softmax

from recipes.common import plots
from recipes.common.errors import UserError
from recipes.common.pictures import labelled
from recipes.glimpses import measure
from recipes.glimpses import plots as glimpses_plots
from recipes.glimpses.trained import restore

MOST_DRAWN = 50


def predict(run, inputs, invert=False, plot=""):
    """The label of each picture, or its labels from left to right, and the glimpses.

    Args:
        run: The finished run.
        inputs: Names of files, each of a whole scene.
        invert: Whether dark and light are exchanged first.
        plot: Where a drawing of the glimpses goes, if anywhere.

    Raises:
        UserError: If a file is no picture, or the drawing would be too long.
    """
    if plot:
        plots.check_path(plot)
        if len(inputs) > MOST_DRAWN:
            raise UserError(f"--plot draws {MOST_DRAWN} pictures at most; there are {len(inputs)}.")
    if not inputs:
        return {"predictions": []}, []
    trained = restore(run)
    images = np.stack([labelled.read_picture(path, trained.image_shape) for path in inputs])
    images = 255 - images if invert else images
    part = labelled.Labelled(images, np.zeros(len(images), np.int32))
    found = measure.outputs(trained.model, part)
    pixels = glimpses_plots.pixels(found["locations"], trained.image_shape)
    predictions, lines, titles = [], [], []
    for path, logits, path_of_glimpses in zip(inputs, found["logits"], pixels, strict=True):
        answer = _labelled(softmax(logits.astype(np.float64), -1), trained.labels)
        row = {"picture": str(path), **answer, "glimpses": path_of_glimpses.round(1).tolist()}
        predictions.append(row)
        titles.append(" ".join(row["labels"]) if "labels" in row else row["label"])
        lines.append(f"{titles[-1]}\t{row['probability']:.4f}\t{row['picture']}")
    if plot:
        glimpses_plots.paths(trained.model, images, found, titles, trained.labels, plot)
    return {"predictions": predictions}, lines


def _labelled(probabilities, names):
    """The answer of a scene; of a sequence those before the end, and its probability."""
    best = probabilities.argmax(-1)
    if probabilities.ndim == 1:
        each = dict(zip(names, map(float, probabilities), strict=True))
        return {
            "label": names[best],
            "probability": float(probabilities[best]),
            "probabilities": each,
        }
    ends = np.flatnonzero(best == len(names))
    count = int(ends[0]) if len(ends) else len(best)
    chosen = probabilities.max(-1)[: count + 1]
    labels = [names[number] for number in best[:count]]
    return {"labels": labels, "probability": float(chosen.prod())}
