"""Chords of a major and a minor key, which of them may follow which, and phrases made of them."""

import zlib

C, D, E, F, G, A, B = 0, 2, 4, 5, 7, 9, 11
GS, FS = 8, 6
# Notes of each chord, the root first, and the bass where it is another note.
MAJOR = {
    "I": ((C, E, G), C), "I6": ((C, E, G), E), "ii": ((D, F, A), D), "ii6": ((D, F, A), F),
    "iii": ((E, G, B), E), "IV": ((F, A, C), F), "IV6": ((F, A, C), A), "V": ((G, B, D), G),
    "V6": ((G, B, D), B), "V7": ((G, B, D, F), G), "vi": ((A, C, E), A), "vii6": ((B, D, F), D),
    "V/V": ((D, FS, A), D),
}  # fmt: skip
MINOR = {
    "i": ((A, C, E), A), "i6": ((A, C, E), C), "ii6": ((B, D, F), D), "III": ((C, E, G), C),
    "iv": ((D, F, A), D), "iv6": ((D, F, A), F), "V": ((E, GS, B), E), "V6": ((E, GS, B), GS),
    "V7": ((E, GS, B, D), E), "VI": ((F, A, C), F), "VII": ((G, B, D), G), "VII6": ((G, B, D), B),
}  # fmt: skip
# Of each key: the chords, the note that leads to the tonic, and the tonic.
KEYS = {"major": (MAJOR, B, C), "minor": (MINOR, GS, A)}
FOLLOWS = {
    "major": {
        "I": "I6 ii6 iii IV V V6 vi vii6 V/V", "I6": "ii ii6 IV V vii6", "ii": "V V6 V7 vii6",
        "ii6": "V V7 I6", "iii": "vi IV", "IV": "I I6 ii V V7 vii6", "IV6": "V V6 I",
        "V": "I I6 vi IV6", "V6": "I", "V7": "I vi", "vi": "ii ii6 IV IV6 V/V iii",
        "vii6": "I I6", "V/V": "V V6",
    },
    "minor": {
        "i": "i6 ii6 III iv V V6 VI VII VII6", "i6": "iv ii6 V", "ii6": "V V7", "III": "VI iv VII",
        "iv": "i V V7 VII ii6", "iv6": "V V7", "V": "i i6 VI", "V6": "i", "V7": "i VI",
        "VI": "ii6 iv iv6 III VII", "VII": "III", "VII6": "III i",
    },
}  # fmt: skip
OPENINGS = {
    "major": [
        "I V I", "I IV I", "I I6 IV", "I vi ii", "I V6 I", "I vii6 I6", "vi iii IV", "I6 ii6 V",
        "V I I6", "I iii vi", "IV I6 ii", "V IV6 V6",
    ],
    "minor": [
        "i V i", "i iv V", "i i6 iv", "i VI III", "i V6 i", "i VII III", "III VII III", "i6 ii6 V",
        "V i i6", "iv i V", "VI III VII", "i VII6 i",
    ],
}  # fmt: skip
CADENCES = {
    "major": [
        "ii6 V I", "IV V I", "ii V7 I", "vi V/V V", "I6 IV I", "IV V vi", "vii6 I6 V", "I6 ii6 V",
    ],
    "minor": [
        "ii6 V i", "iv V i", "ii6 V7 i", "iv6 V i", "iv V VI", "i6 ii6 V", "VI iv V", "VII6 i V",
    ],
}  # fmt: skip
FINAL = {"major": ("ii6 V I", "IV V I", "ii V7 I"), "minor": ("ii6 V i", "iv V i", "ii6 V7 i")}
PHRASES = (4, 5, 6)  # of a chorale


def phrase(draw, mode, opening, cadence):
    """The chords of a phrase: an opening, one or two chords that lead on, a cadence; or None."""
    first, last = opening.split(), cadence.split()
    chords, follows = KEYS[mode][0], FOLLOWS[mode]
    middles = [
        [name]
        for name in chords
        if name in follows[first[-1]].split() and last[0] in follows[name].split()
    ]
    return [*first, *draw.one_of(middles), *last] if middles else None


def chorale(draw, mode):
    """The phrases of a chorale, each a list of chords, and True if one is of a pair set aside."""
    while True:
        count = draw.one_of(PHRASES)
        pairs = [(draw.one_of(OPENINGS[mode]), draw.one_of(CADENCES[mode])) for _ in range(count)]
        # The second phrase goes like the first, as in most hymns, but for its end.
        pairs[1] = pairs[0][0], draw.one_of(CADENCES[mode])
        pairs[-1] = pairs[-1][0], draw.one_of(FINAL[mode])
        phrases = [phrase(draw, mode, *pair) for pair in pairs]
        if all(phrases):
            return phrases, any(is_held_out(mode, pair) for pair in pairs)


def is_held_out(mode, pair):
    """True for about a seventh of the pairs of an opening and a cadence."""
    return zlib.crc32(f"{mode} {pair}".encode()) % 7 == 0
