"""Outputs of a network over glimpses, and its errors with their interval."""

import numpy as np
from scipy.special import log_softmax
from scipy.stats import binomtest

BATCH = 500


def outputs(model, part):
    """Outputs of a network for the scenes of a `labelled.Labelled`, a dict of arrays."""
    found = [
        model.predict_on_batch({"image": _padded(part.images[start : start + BATCH])})
        for start in range(0, len(part), BATCH)
    ]
    return {
        name: np.concatenate([np.asarray(batch[name]) for batch in found])[: len(part)]
        for name in found[0]
    }


def _padded(images):
    """A batch of full size, so that one shape is compiled; of few pictures as they are."""
    images = images.astype(np.float32)
    more = BATCH - len(images) if len(images) > BATCH // 4 else 0
    return np.pad(images, [(0, more), (0, 0), (0, 0), (0, 0)])


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
    count = int(wrong.sum())
    interval = binomtest(count, len(wrong)).proportion_ci(method="wilson")
    return {
        "error": count / len(wrong),
        "wrong": count,
        "interval": [float(interval.low), float(interval.high)],
        "accuracy": 1 - count / len(wrong),
        "crossentropy": float(nats.mean()),
        **more,
    }
