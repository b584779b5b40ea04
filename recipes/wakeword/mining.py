"""Hard negatives: the utterances without the phrase that a detector is most certain of."""

import numpy as np

from recipes.common import storage
from recipes.wakeword import scoring

HARD_SHARE, HARD_LEAST = 0.02, 100  # of the other speech, and at least so many utterances


def hard_negatives(run, clips, model):
    """Numbers of the utterances of words and sentences with the highest logits.

    Near misses, which the training has its share of anyway, would be all that is found. What was
    found once is kept in the run, so that an interrupted training goes on with the same ones.

    Args:
        run: The run.
        clips: `Clips` of the training.
        model: The network.
    """
    path = run.directory / "mined.json"
    if path.exists():
        return np.asarray(storage.read_json(path, ("utterances",))["utterances"])
    others = np.flatnonzero(~clips.is_phrase & (np.asarray(clips.kinds) != "near_miss"))
    logits = scoring.of_lengths(
        model,
        clips.lengths[others],
        lambda i: clips.samples(others[i]),
        "looking for hard negatives",
    )
    peaks = np.array([row.max(initial=-np.inf) for row in logits])
    number = max(HARD_LEAST, round(HARD_SHARE * len(others)))
    hard = others[np.argsort(-peaks, kind="stable")[:number]]
    storage.write_json(path, {"utterances": hard.tolist()})
    return hard
