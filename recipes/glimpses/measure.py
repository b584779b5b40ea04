"""Outputs of a network over glimpses, and its errors with their interval."""

import numpy as np
from scipy.special import log_softmax

from recipes.common.labelling.measure import errors
from recipes.common.pictures.batches import padded


def outputs(model, part):
    """Outputs of a network for the scenes of a `labelled.Labelled`, a dict of arrays."""
    found = [model.predict_on_batch({"image": batch}) for batch in padded(part.images)]
    return {
        name: np.concatenate([np.asarray(batch[name]) for batch in found])[: len(part)]
        for name in found[0]
    }


def measure(logits, labels):
    """Figures of logits.

    Args:
        logits: `(N, num_classes)`, or `(N, L, num_classes)` of sequences.
        labels: `(N,)`, or `(N, L)`.

    Returns:
        A dict: `error`, the share of scenes with a wrong label, `wrong`, their number, `interval`,
        of 95 in 100 for the share (Wilson's), `accuracy`, and `crossentropy` in nats a scene; of
        sequences also `error_by_place`, of each label by itself.
    """
    wrong = logits.argmax(-1) != labels
    each = log_softmax(logits.astype(np.float64), -1)
    nats = -np.take_along_axis(each, labels[..., None], -1)[..., 0]
    more = {}
    if labels.ndim == 2:
        more["error_by_place"] = wrong.mean(0).tolist()
        wrong, nats = wrong.any(-1), nats.sum(-1)
    return {
        **errors(wrong),
        "accuracy": 1 - float(wrong.mean()),
        "crossentropy": float(nats.mean()),
        **more,
    }
