"""Accuracy and cross-entropy of a network's answers."""

import numpy as np
from scipy.special import log_softmax


def measure(model, batches):
    """Figures of the answers that count in all batches, each answered given those before it.

    Returns:
        A dict of `accuracy` and `crossentropy` in nats.
    """
    right, nats = [], []
    for indices in batches.order():
        inputs, labels, weights = batches.batch(indices)
        counted = weights > 0
        logits = np.asarray(model.predict_on_batch(inputs))[counted]  # (answers, V)
        truth = labels[counted]
        right.append(logits.argmax(-1) == truth)
        nats.append(-log_softmax(logits.astype(float), -1)[np.arange(len(truth)), truth])
    return {
        "accuracy": float(np.concatenate(right).mean()),
        "crossentropy": float(np.concatenate(nats).mean()),
    }
