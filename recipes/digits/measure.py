"""Predicted probabilities of a classifier of pictures, and its errors with their interval."""

import numpy as np
from scipy.special import softmax

from recipes.common.labelling import measure as labelling
from recipes.common.pictures.batches import padded


def probabilities(model, part):
    """`(N, num_classes)` probabilities of the pictures of a `labelled.Labelled`."""
    logits = [np.asarray(model.predict_on_batch({"image": batch})) for batch in padded(part.images)]
    return softmax(np.concatenate(logits)[: len(part)].astype(np.float64), axis=-1)


def measure(probabilities, labels):
    """Metrics of predicted probabilities.

    Args:
        probabilities: `(N, num_classes)`.
        labels: `(N,)` true labels.

    Returns:
        A dict of what `labelling.errors` and `labelling.measure` give.
    """
    return {
        **labelling.errors(probabilities.argmax(-1) != labels),
        **labelling.measure(probabilities, labels),
    }
