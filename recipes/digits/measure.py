"""Predicted probabilities of a classifier of pictures, and its errors with their interval."""

import numpy as np
from scipy.special import softmax
from scipy.stats import binomtest

from recipes.common.labelling import measure as labelling

BATCH = 500
PIXELS = 1_000_000  # of a batch at most, as a convolution keeps many numbers for each


def probabilities(model, part):
    """`(N, num_classes)` probabilities of the pictures of a `labelled.Labelled`."""
    height, width = part.images.shape[1:3]
    rows = max(1, min(BATCH, PIXELS // (height * width)))
    batches = [part.images[start : start + rows] for start in range(0, len(part), rows)]
    logits = [
        np.asarray(model.predict_on_batch({"image": _padded(batch, rows)})) for batch in batches
    ]
    return softmax(np.concatenate(logits)[: len(part)].astype(np.float64), axis=-1)


def _padded(images, rows):
    """A batch of full size, so that one shape is compiled; of few pictures as they are."""
    images = images.astype(np.float32)
    more = rows - len(images) if len(images) > rows // 4 else 0
    return np.pad(images, [(0, more), (0, 0), (0, 0), (0, 0)])


def measure(probabilities, labels):
    """Metrics of predicted probabilities: those of all labels, and errors.

    Args:
        probabilities: `(N, num_classes)`.
        labels: `(N,)` true labels.

    Returns:
        A dict: `error`, the share of wrong labels, `wrong`, their number, `interval`, of 95 in
        100 for the share (Wilson's), and what `labelling.measure` gives.
    """
    wrong = int((probabilities.argmax(-1) != labels).sum())
    interval = binomtest(wrong, len(labels)).proportion_ci(method="wilson")
    return {
        "error": wrong / len(labels),
        "wrong": wrong,
        "interval": [float(interval.low), float(interval.high)],
        **labelling.measure(probabilities, labels),
    }
