"""Keys, intervals and copies: what is measured of chords, written or real."""

import collections
import itertools

import numpy as np

# Profiles of Krumhansl & Kessler (1982), by which the key of a piece is found.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
# Notes of a key by steps from its tonic; minor has the leading note of its dominant too.
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10, 11)}
NAMES = ("C", "C#", "D", "E♭", "E", "F", "F#", "G", "A♭", "A", "B♭", "B")
PERFECT = {0: "octaves", 7: "fifths"}
REGISTERS = 200  # pieces whose notes are kept to find the register of a melody by


def classes(frames):
    """Counts of the twelve notes, `(12,)`."""
    counts = collections.Counter(key % 12 for frame in frames for key in frame)
    return np.array([counts[note] for note in range(12)], float)


def key_of(frames):
    """The key of a piece by the correlation of its notes with a profile: tonic and mode."""
    counts = classes(frames)
    best = max(
        (_correlation(np.roll(profile, tonic), counts), -tonic, mode)
        for mode, profile in (("major", MAJOR), ("minor", MINOR))
        for tonic in range(12)
    )
    return -best[1], best[2]


def _correlation(profile, counts):
    spread = counts.std()
    return float(np.corrcoef(profile, counts)[0, 1]) if spread else 0.0


def name_of(key):
    """A key for people, as `"A minor"`."""
    tonic, mode = key
    return f"{NAMES[tonic]} {mode}"


def shared_key(pieces):
    """Share of the pieces that have the commonest tonic, or the commonest signature."""
    keys = [key_of(piece) for piece in pieces]
    signatures = [tonic if mode == "major" else (tonic + 3) % 12 for tonic, mode in keys]
    counts = (collections.Counter(those) for those in ([key[0] for key in keys], signatures))
    return max(count.most_common(1)[0][1] for count in counts) / len(pieces)


def in_key(frames):
    """Share of the notes of a piece that belong to its key."""
    tonic, mode = key_of(frames)
    counts = classes(frames)
    inside = [(tonic + step) % 12 for step in SCALES[mode]]
    return float(counts[inside].sum() / max(1, counts.sum()))


def voices(pieces):
    """The commonest number of notes a frame, and the least and the most of what is not rare."""
    counts = collections.Counter(len(frame) for piece in pieces for frame in piece if frame)
    total = sum(counts.values())
    usual = [size for size, count in counts.items() if count >= 0.02 * total]
    return {"usual": counts.most_common(1)[0][0], "least": min(usual), "most": max(usual)}


def registers(pieces):
    """For each of some pieces the highest keys of its frames and how often each comes."""
    chosen = [pieces[i * len(pieces) // REGISTERS] for i in range(REGISTERS)]
    chosen = chosen if len(pieces) > REGISTERS else pieces
    found = []
    for piece in chosen:
        counts = collections.Counter(frame[-1] for frame in piece if frame)
        found.append([list(pair) for pair in sorted(counts.items())])
    return found


def best_shift(melody, registers, farthest=30):
    """Semitones that bring a melody into the key and register of known pieces.

    Of all shifts the one whose notes are likeliest, drawn from the notes of one of the pieces.

    Args:
        melody: Keys.
        registers: As `registers` gives them.
        farthest: Semitones at most.
    """
    table = np.full((len(registers), 128 + 2 * farthest), 0.02)
    for row, pairs in zip(table, registers, strict=True):
        for key, count in pairs:
            row[key + farthest] += count
    table = np.log(table / table.sum(1, keepdims=True))
    keys = np.asarray(melody) + farthest
    shifts = np.arange(-farthest, farthest + 1)
    scores = np.array([np.logaddexp.reduce(table[:, keys + shift].sum(1)) for shift in shifts])
    return int(shifts[np.lexsort((np.abs(shifts), -scores))[0]])


def dissonant(frames):
    """Share of the frames with notes that are a semitone apart, octaves aside."""
    found = [
        any((high - low) % 12 in (1, 11) for low, high in itertools.combinations(frame, 2))
        for frame in frames
        if frame
    ]
    return sum(found) / max(1, len(found))


def parallels(frames):
    """Parallel fifths and octaves of a piece, by name, and the changes of chord that they are of.

    Voices are those of the same rank from below, of chords with equally many notes. Two voices go
    in parallel if both move the same way and keep a fifth or an octave, or either of these with
    octaves between.
    """
    found, changes = dict.fromkeys(PERFECT.values(), 0), 0
    for before, after in itertools.pairwise(frames):
        if before == after or not before or len(before) != len(after):
            continue
        changes += 1
        for low, high in itertools.combinations(range(len(before)), 2):
            interval = (before[high] - before[low]) % 12
            moves = after[low] - before[low], after[high] - before[high]
            same = interval == (after[high] - after[low]) % 12
            if interval in PERFECT and same and moves[0] * moves[1] > 0:
                found[PERFECT[interval]] += 1
    return found, changes


class Library:
    """Known pieces, among which copies of them are looked for.

    Args:
        pieces: A list of pieces.
        keys: Whether a passage in another key is a copy too.
    """

    def __init__(self, pieces, keys=False):
        self.symbols = {}
        pieces = transposed(pieces) if keys else pieces
        self.text = "\n".join(map(self._text, pieces))

    def _text(self, piece):
        return "".join(
            chr(0x10000 + self.symbols.setdefault(frame, len(self.symbols))) for frame in piece
        )

    def longest_copy(self, frames):
        """Frames of the longest passage of a piece that one of the known ones has too."""
        text, longest = self._text(frames), 0
        for start in range(len(text)):
            while start + longest < len(text) and text[start : start + longest + 1] in self.text:
                longest += 1
        return longest


def transposed(pieces, farthest=6):
    """The pieces in all keys."""
    return [
        [tuple(key + shift for key in frame) for frame in piece]
        for shift in range(-farthest, farthest)
        for piece in pieces
    ]


def figures(pieces, library, frames_per_bar):
    """Measures of pieces, all together.

    Args:
        pieces: A list of pieces.
        library: The `Library` of the training pieces.
        frames_per_bar: Frames of a bar of four quarter notes.
    """
    counts = [parallels(piece) for piece in pieces]
    changes = max(1, sum(number for _, number in counts))
    copies = [library.longest_copy(piece) / frames_per_bar for piece in pieces]
    notes = [sum(map(len, piece)) for piece in pieces]
    return {
        "pieces": len(pieces),
        "in_key": float(
            np.average([in_key(piece) for piece in pieces], weights=np.add(notes, 1e-9))
        ),
        "dissonant": float(np.mean([dissonant(piece) for piece in pieces])),
        **{
            f"parallel_{name}": sum(found[name] for found, _ in counts) / changes
            for name in PERFECT.values()
        },
        "longest_copy_bars": max(copies),
        "mean_copy_bars": float(np.mean(copies)),
    }
