"""Music that a network writes: from nothing, on from a piece, or under a melody."""

import numpy as np

import zoo
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.music import events, harmony, rules

SAMPLES = 20  # pieces that are measured
LONGEST = 512  # frames of a piece that ends by itself
# Hypotheses of the search for the voices under a melody; the README has what it was chosen by.
WIDTH = 128


def pieces(model, run, count=SAMPLES, temperature=1.0, seed=0):
    """Pieces from nothing, each to its own end, or to three times the length of those it knows."""
    usual = run.data["frames"]["train"] / run.data["sizes"]["train"]
    length = min(LONGEST, round(3 * usual))
    sample = {"temperature": temperature, "seed": seed, "n": count}
    return [piece for piece, _ in go_on(model, run, [], length, open_end=True, **sample)]


def go_on(model, run, prime, length, open_end=False, **options):
    """Frames after those of a piece.

    Args:
        model: The language model.
        run: Its run, whose `data.json` has the numbers of voices.
        prime: The frames to go on from; none for a beginning.
        length: Frames to write, or at most with `open_end`.
        open_end: Whether the piece may end by itself.
        **options: Those of `zoo.Sample`; `n` pieces are written.

    Returns:
        A list of the frames that were written and their log-probability, for each piece.
    """
    most = run.fact("voices")["most"]
    strategy = zoo.Sample(max_length=length * (most + 1) + 1, **options)
    constraints = [rules.rising(), rules.framed([None] * length, most, open_end=open_end)]
    tokens = np.array([[events.BEGIN, *events.encode(prime)]], np.int32)
    out = zoo.generate(model, {"tokens": tokens}, strategy, constraints=constraints)
    return [
        (events.decode(row), float(score))
        for row, score in zip(out.tokens[0], out.scores[0], strict=True)
    ]


def harmonise(model, run, melody, count=1, width=0):
    """Voices under a melody: of those that a beam search finds, the likeliest with the melody.

    Notes of a chord are written from low to high, so the bass stands before the note of the melody
    that it is to go with: hypotheses that this note makes unlikely are those that a search drops.

    Args:
        model: The language model.
        run: Its run.
        melody: The highest key of each frame, -1 where there is none.
        count: Ways to harmonise it.
        width: Hypotheses of the search; 0 for the usual number.

    Returns:
        A list of frames and their log-probability, the likeliest first.

    Raises:
        UserError: If the search finds no voices that fit.
    """
    usual = run.fact("voices")["usual"]
    width = max(width or WIDTH, count)
    beam = zoo.BeamSearch(
        width, length_penalty=0.0, max_length=len(melody) * (usual + 1) + 1, n_best=count
    )
    constraints = [rules.rising(), rules.framed(melody, usual, usual - 1)]
    prime = {"tokens": np.array([[events.BEGIN]], np.int32)}
    out = zoo.generate(model, prime, beam, constraints=constraints)
    found = [
        (events.decode(row), float(score))
        for row, score in zip(out.tokens[0], out.scores[0], strict=True)
        if len(events.decode(row)) == len(melody)
    ]
    if not found:
        raise UserError(
            "No voices were found that fit under this melody; it may lie too low, or --width "
            f"{width} is too small."
        )
    return found


def melody_of(frames):
    """The highest key of each frame, -1 where there is none."""
    return [frame[-1] if frame else -1 for frame in frames]


def shift_of(run, frames, transposes=True):
    """Semitones that bring a piece into the key and register that a run knows.

    Args:
        run: The run.
        frames: The frames of the piece.
        transposes: Whether it may be moved but by octaves off the keyboard; else 0.
    """
    if not transposes:
        return 0
    melody = [key for key in melody_of(frames) if key >= 0]
    shift = harmony.best_shift(melody, run.fact("registers"))
    if shift:
        way = "up" if shift > 0 else "down"
        unit = "semitone" if abs(shift) == 1 else "semitones"
        tell(f"Read {abs(shift)} {unit} {way}, where the network knows music, and written back.")
    known = {key for pairs in run.fact("registers") for key, _ in pairs}
    if sum(key + shift not in known for key in melody) > len(melody) / 2:
        tell(
            "Most of its notes lie where no piece of the training has any, so what is written is "
            "little worth; transpose the file."
        )
    return shift


def moved(frames, shift):
    """Frames moved by semitones, keys off the keyboard by octaves."""
    return [events.within(key + shift for key in frame) for frame in frames]
