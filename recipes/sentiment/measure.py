"""Predicted probabilities of a classifier."""

import numpy as np
from scipy.special import softmax


def probabilities(model, batches):
    """`(N, num_classes)` probabilities in the order of the sequences."""
    logits = model.predict(batches.once(), verbose=0)[: len(batches.sequences)]
    ordered = np.empty_like(logits)
    ordered[np.concatenate(batches.order())] = logits
    return softmax(ordered.astype(np.float64), axis=-1)
