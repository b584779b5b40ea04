"""Predicted probabilities of clips and frames, and how good they are."""

import numpy as np
from scipy.special import softmax
from sklearn.metrics import f1_score

from recipes.common.labelling import measure as labelling
from recipes.video.moments import runs

NEAR = 1  # frames by which an onset may be off


def probabilities(model, batches):
    """`(N, num_classes)` or `(N, T, num_classes)` probabilities in the order of the clips."""
    logits = model.predict(batches.once(), verbose=0)[: len(batches.part)]
    return softmax(logits.astype(np.float64), axis=-1)


def measure(predicted, part):
    """Metrics of the probabilities for a part, of clips or of frames, by its labels."""
    if part.labels.ndim == 1:
        return labelling.measure(predicted, part.labels)
    return of_frames(predicted, part.labels, part.lengths)


def of_frames(predicted, labels, lengths):
    """Metrics of labels of frames, label 0 being that of frames without an event.

    Args:
        predicted: `(N, T, num_classes)` probabilities.
        labels: `(N, T)` true labels.
        lengths: `(N,)` number of real frames.

    Returns:
        A dict of `accuracy` over real frames; `f1`, the mean over labels of events of the F1 over
        real frames; `crossentropy` in nats; `events`, their number; and the shares of events that
        are found with their onset and their end off by `NEAR` frames at most, `onsets` and `ends`;
        and `false_events` a true one.
    """
    real = np.arange(labels.shape[1]) < lengths[:, None]
    chosen = predicted.argmax(-1)
    of_truth = np.take_along_axis(predicted, labels[..., None], -1)[..., 0][real]
    known = [label for label in range(1, predicted.shape[-1]) if (labels[real] == label).any()]
    f1 = f1_score(labels[real], chosen[real], labels=known, average="macro", zero_division=0)
    counts = np.zeros(4, int)  # events, onsets found, ends found, false events
    for truth, found, length in zip(labels, chosen, lengths, strict=True):
        counts += _compared(runs(truth[:length], 0), runs(found[:length], 0))
    events, onsets, ends, false = map(int, counts)
    return {
        "accuracy": float(np.mean((chosen == labels)[real])),
        "f1": float(f1) if known else 0.0,
        "crossentropy": float(-np.mean(np.log(np.maximum(of_truth, 1e-12)))),
        "events": events,
        "onsets": onsets / max(1, events),
        "ends": ends / max(1, events),
        "false_events": false / max(1, events),
    }


def _compared(truth, found):
    """Numbers of true events, of onsets and ends found, and of found events that are none."""
    left, onsets, ends = list(found), 0, 0
    for first, after, label in truth:
        overlapping = [
            run
            for run in left
            if run[2] == label and run[0] < after + NEAR and run[1] + NEAR > first
        ]
        if not overlapping:
            continue
        best = min(overlapping, key=lambda run: abs(run[0] - first) + abs(run[1] - after))
        left.remove(best)
        onsets += abs(best[0] - first) <= NEAR
        ends += abs(best[1] - after) <= NEAR
    return np.array([len(truth), onsets, ends, len(left)])
