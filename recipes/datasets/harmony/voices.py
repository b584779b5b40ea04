"""Four voices for a row of chords: of all ways to write it the one that moves least, by rule."""

import functools
import itertools

import numpy as np

from recipes.datasets.harmony.chords import KEYS

# Lowest and highest note of bass, tenor, alto and soprano.
RANGES = ((40, 60), (48, 67), (55, 72), (60, 79))
FORBIDDEN = 10_000
PAIRS = tuple(itertools.combinations(range(4), 2))


@functools.cache
def voicings(mode, name):
    """The ways to write a chord, `(N, 4)` from the bass up, and what is against each, `(N,)`."""
    chords, leading, _ = KEYS[mode]
    notes, bass = chords[name]
    ranges = [range(low, high + 1) for low, high in RANGES]
    lines = [[p for p in ranges[0] if p % 12 == bass]]
    lines += [[p for p in voice if p % 12 in notes] for voice in ranges[1:]]
    found, costs = [], []
    for voicing in itertools.product(*lines):
        low, tenor, alto, soprano = voicing
        classes = [p % 12 for p in voicing]
        spaced = low < tenor < alto < soprano and alto - tenor <= 12 and soprano - alto <= 12
        if not spaced or tenor - low > 19 or set(classes) != set(notes):
            continue
        doubled = [note for note in notes if classes.count(note) > 1]
        if leading in doubled:
            continue
        found.append(voicing)
        costs.append(sum((0, 4, 2, 6)[notes.index(note)] for note in doubled))
    return np.array(found), np.array(costs)


@functools.cache
def transitions(mode, first, second):
    """Cost of going from each voicing of a chord to each of the next, `(N, M)` whole."""
    (before, _), (after, _) = voicings(mode, first), voicings(mode, second)
    _, leading, tonic = KEYS[mode]
    before, after = before[:, None], after[None]  # (N, 1, 4), (1, M, 4)
    moves = after - before  # (N, M, 4)
    size = np.abs(moves)
    cost = size @ np.array([1, 2, 2, 2]) + 3 * (size[..., 3] == 0)
    cost = cost + FORBIDDEN * ((size > 9).any(-1) | (size[..., 1:3] > 7).any(-1))
    for low, high in PAIRS:
        interval = (before[..., high] - before[..., low]) % 12
        same = interval == (after[..., high] - after[..., low]) % 12
        both = (moves[..., low] != 0) & (moves[..., high] != 0)
        cost = cost + FORBIDDEN * (same & both & np.isin(interval, (0, 7)))
    # The leading note goes up in the soprano, and voices do not cross where another one was.
    leads = (before[..., 3] % 12 == leading) & np.isin(tonic, KEYS[mode][0][second][0])
    cost = cost + 20 * (leads & (after[..., 3] % 12 != tonic))
    for low in range(3):
        crossed = after[..., low] > before[..., low + 1]
        crossed |= before[..., low] > after[..., low + 1]
        cost = cost + 15 * crossed
    return cost


def led(draw, mode, names):
    """The notes of a row of chords, a list of tuples from bass to soprano.

    What the soprano likes is drawn anew at each step, so that the same chords have many melodies.
    """
    total, back = None, []
    for place, name in enumerate(names):
        notes, cost = voicings(mode, name)
        likes = np.array([draw.below(14) for _ in range(RANGES[3][1] + 1)])
        cost = cost + likes[notes[:, 3]]
        if place:
            reached = total[:, None] + transitions(mode, names[place - 1], name)
            back.append(reached.argmin(0))
            cost = cost + reached.min(0)
        total = cost
    chosen = [int(total.argmin())]
    for origin in reversed(back):
        chosen.append(int(origin[chosen[-1]]))
    pairs = zip(names, reversed(chosen), strict=True)
    return [tuple(voicings(mode, name)[0][i].tolist()) for name, i in pairs]
