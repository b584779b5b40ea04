"""Label pictures with a trained classifier."""

import numpy as np

from recipes.common.pictures import labelled
from recipes.digits import measure
from recipes.digits.trained import restore


def predict(run, inputs, invert=False):
    """The label of each picture with its probability.

    Args:
        run: The finished run.
        inputs: Names of files.
        invert: Whether dark and light are exchanged first.

    Raises:
        UserError: If a file is no picture.
    """
    if not inputs:
        return {"predictions": []}, []
    trained = restore(run)
    images = np.stack([labelled.read_picture(path, trained.image_shape) for path in inputs])
    images = 255 - images if invert else images
    part = labelled.Labelled(images, np.zeros(len(images), np.int32))
    predictions = [
        {
            "picture": str(path),
            "label": trained.labels[row.argmax()],
            "probability": float(row.max()),
            "probabilities": dict(zip(trained.labels, map(float, row), strict=True)),
        }
        for path, row in zip(inputs, measure.probabilities(trained.model, part), strict=True)
    ]
    lines = [f"{row['label']}\t{row['probability']:.4f}\t{row['picture']}" for row in predictions]
    return {"predictions": predictions}, lines
