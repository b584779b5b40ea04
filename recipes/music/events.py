"""Pieces as events: the notes of a frame from low to high, then the token of the next frame."""

import numpy as np

PADDING, NEXT, BEGIN, END = range(4)
LOWEST, HIGHEST = 21, 108  # keys of a piano, as numbers of MIDI
KEYS = HIGHEST - LOWEST + 1
FIRST = 4  # token of the lowest key
VOCAB_SIZE = FIRST + KEYS
TOKENS = np.arange(VOCAB_SIZE)


def encode(frames):
    """The tokens of a piece, without those of its beginning and its end.

    Args:
        frames: A list of rising tuples of keys.
    """
    found = []
    for frame in frames:
        found += [key - LOWEST + FIRST for key in frame]
        found.append(NEXT)
    return found


def decode(tokens):
    """The frames of tokens, up to the end; a frame that is not closed is left out."""
    frames, now = [], []
    for token in np.asarray(tokens).tolist():
        if token in (PADDING, END):
            break
        if token == NEXT:
            frames.append(tuple(now))
            now = []
        elif token >= FIRST:
            now.append(token - FIRST + LOWEST)
    return frames


def within(frame, lowest=LOWEST, highest=HIGHEST):
    """The keys of a frame, those off the keyboard moved by octaves, each once, rising."""
    found = set()
    for key in frame:
        while key < lowest:
            key += 12
        while key > highest:
            key -= 12
        found.add(key)
    return tuple(sorted(found))


def legal():
    """Table of the tokens that may follow each, `(VOCAB_SIZE, VOCAB_SIZE)` bool, the earlier first.

    Keys rise within a frame; a piece ends between frames.
    """
    is_key = TOKENS >= FIRST
    after_key = (is_key & (TOKENS[:, None] < TOKENS)) | (TOKENS == NEXT)
    between = is_key | (TOKENS == NEXT) | (TOKENS == END)
    return np.where(is_key[:, None], after_key, between)


def shifted(ids, shift):
    """Tokens with their keys moved by semitones."""
    ids = np.asarray(ids, np.uint8)
    return np.where(ids >= FIRST, ids.astype(int) + shift, ids).astype(np.uint8)


def rolls(frames):
    """Frames as `(T, KEYS)` float32, 1 for keys that sound."""
    roll = np.zeros((len(frames), KEYS), np.float32)
    for place, frame in enumerate(frames):
        roll[place, [key - LOWEST for key in frame]] = 1
    return roll
