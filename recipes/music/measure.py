"""Likelihood of pieces: nats a frame and a piece, of the network and of the frame model."""

import numpy as np
from scipy.special import log_expit, log_softmax

from recipes.common.data.batching import pad
from recipes.music import events
from zoo.layers.compiling import padded_size

ROWS = 8  # pieces at once
LEGAL = events.legal()


def event_nats(model, frames):
    """Nats of each event of pieces, those that may not come ruled out.

    Args:
        model: A language model over events.
        frames: A list of pieces.

    Returns:
        A list with a pair of arrays for each piece: `(T,)` nats of each event, that of the end of
        the piece the last, and `(T,)` those of the same events if no piece had an end, which is
        what a frame model is asked for.
    """
    found = [None] * len(frames)
    ranked = np.argsort([len(piece) for piece in frames], kind="stable")
    for begin in range(0, len(ranked), ROWS):
        chosen = ranked[begin : begin + ROWS]
        texts = [[events.BEGIN, *events.encode(frames[i]), events.END] for i in chosen]
        length = padded_size(max(map(len, texts)))
        starts = np.cumsum([0, *map(len, texts)])
        rows = np.minimum(np.arange(ROWS), len(texts) - 1)
        tokens = pad(np.concatenate(texts).astype(np.int32), starts, rows, length)
        logits = np.asarray(model.predict_on_batch({"tokens": tokens}))
        for row, (i, text) in enumerate(zip(chosen, texts, strict=True)):
            read, written = np.array(text[:-1]), np.array(text[1:])
            of_piece = np.where(LEGAL[read], logits[row, : len(read)].astype(float), -np.inf)
            endless = np.where(events.TOKENS == events.END, -np.inf, of_piece)
            places = np.arange(len(read))
            nats = -log_softmax(of_piece, -1)[places, written]
            frame_nats = -log_softmax(endless, -1)[places, written]
            found[i] = nats, np.where(written == events.END, 0.0, frame_nats)
    return found


def figures_of(nats, frames):
    """Figures from the nats of events.

    Args:
        nats: As `event_nats` gives them.
        frames: The pieces.

    Returns:
        A dict of `nats_per_frame`, the mean over all frames of all pieces, as published: notes
        alone, given that there is a frame; `nats_per_piece`, its end included; `nats_per_event`.
    """
    whole, notes = (sum(float(pair[i].sum()) for pair in nats) for i in (0, 1))
    return {
        "nats_per_frame": notes / sum(map(len, frames)),
        "nats_per_piece": whole / len(frames),
        "nats_per_event": whole / sum(len(pair[0]) for pair in nats),
    }


def measure(model, frames):
    """Figures of a language model over events on pieces."""
    return figures_of(event_nats(model, frames), frames)


def measure_frames(model, frames):
    """Figures of a frame model on pieces, the first frame of each included.

    Returns:
        A dict of `nats_per_frame`, `nats_per_piece`, and of the keys that it takes for likelier
        than not `precision`, `recall` and `accuracy`: right ones, divided by right, wrong and
        missing ones.
    """
    total, right, named, true = 0.0, 0, 0, 0
    for begin in range(0, len(frames), ROWS):
        chosen = frames[begin : begin + ROWS]
        roll = np.zeros((ROWS, padded_size(max(map(len, chosen))), events.KEYS), np.float32)
        for row, piece in enumerate(chosen):
            roll[row, : len(piece)] = events.rolls(piece)
        read = np.pad(roll, ((0, 0), (1, 0), (0, 0)))[:, :-1]
        logits = np.asarray(model.predict_on_batch({"roll": read})).astype(float)
        for row, piece in enumerate(chosen):
            keys, scores = roll[row, : len(piece)] > 0, logits[row, : len(piece)]
            total -= log_expit(np.where(keys, scores, -scores)).sum()
            right += int((keys & (scores > 0)).sum())
            named += int((scores > 0).sum())
            true += int(keys.sum())
    return {
        "nats_per_frame": total / sum(map(len, frames)),
        "nats_per_piece": total / len(frames),
        "precision": right / max(1, named),
        "recall": right / max(1, true),
        "accuracy": right / max(1, named + true - right),
    }
