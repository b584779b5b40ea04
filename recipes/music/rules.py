"""Rules that what is written keeps, as constraints of decoding."""

import numpy as np

import zoo
from recipes.music import events


def rising():
    """Keys rise within a frame, and a piece ends between frames: the state is the last token."""
    size = events.VOCAB_SIZE
    following = np.tile(np.arange(size), (size, 1))
    allowed = events.legal()
    allowed[:, [events.PADDING, events.BEGIN]] = False
    return zoo.Constraint(allowed, following, events.BEGIN)


def framed(melody, most, least=0, open_end=False):
    """Frames under a melody: the state is the number of the frame and of the notes it has.

    Args:
        melody: For each frame its highest key, -1 for a frame without notes, or None for any.
        most: Notes of a frame at most, that of the melody included.
        least: Notes at least of a frame with a melody, as far as there is room for them.
        open_end: Whether the piece may end earlier.
    """
    # In each frame as many states as there are notes, then one for a frame whose melody is written.
    width = most + 1
    states = len(melody) * width + 1
    allowed = np.zeros((states, events.VOCAB_SIZE), bool)
    following = np.zeros(allowed.shape, np.int32)
    for place, key in enumerate(melody):
        base = place * width
        for count in range(width):
            state, row = base + count, allowed[base + count]
            following[state] = state + 1 if count < most else state
            following[state, events.NEXT] = base + width
            if key is None:
                row[events.FIRST :] = count < most
                row[events.NEXT] = True
                row[events.END] = open_end and not count and place > 0
                continue
            if key < 0 or count == most:
                row[events.NEXT] = True
                continue
            token = key - events.LOWEST + events.FIRST
            row[events.FIRST : token] = count < most - 1
            row[token] = count >= min(least, token - events.FIRST + 1) - 1
            following[state, token] = base + most
    allowed[-1, events.END] = True
    return zoo.Constraint(allowed, following)
