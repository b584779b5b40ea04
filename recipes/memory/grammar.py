"""Sentences whose last word depends on an early place, with clauses about others between."""

import functools
import itertools

import numpy as np

PLACES = {
    "Tamil": ("Chennai", "Madurai", "Salem"),
    "French": ("Paris", "Lyon", "Nantes"),
    "Spanish": ("Madrid", "Lima", "Bogota"),
    "Japanese": ("Tokyo", "Osaka", "Kyoto"),
    "Turkish": ("Ankara", "Izmir", "Bursa"),
    "Polish": ("Warsaw", "Krakow", "Lublin"),
    "Swahili": ("Mombasa", "Dodoma", "Arusha"),
    "Greek": ("Athens", "Patras", "Volos"),
}
LANGUAGES = tuple(PLACES)
# Of equal length, so that a place stands equally far from the end in all sentences of a batch.
OPENINGS = ("I grew up in", "I was born in", "my family lived in", "I once lived in")
ENDING = "at home I speak"
SLOTS = {
    "PERSON": ("Maria", "Ahmed", "Kofi", "Ingrid", "Wei", "Olga"),
    "THING": ("market", "bridge", "school", "river", "station", "garden"),
    "STATE": ("old", "quiet", "crowded", "closed", "bright", "far"),
    "PLACE": tuple(itertools.chain.from_iterable(PLACES.values())),
    "LANGUAGE": LANGUAGES,
}
CLAUSES = (
    "PERSON grew up in PLACE .",
    "PERSON was born in PLACE .",
    "PERSON comes from PLACE .",
    "PERSON speaks LANGUAGE .",
    "the THING was STATE .",
    "the THING of PLACE is STATE .",
    "PERSON and PERSON like the THING .",
    "we met PERSON near the THING .",
    "it rained .",
)
TOO_SHORT = {1: "now", 2: "these days"}  # for a clause
WORDS = tuple(
    dict.fromkeys(
        word
        for text in (*OPENINGS, ENDING, *TOO_SHORT.values(), *CLAUSES)
        for word in text.split()
        if word not in SLOTS
    )
) + tuple(dict.fromkeys(itertools.chain.from_iterable(SLOTS.values())))


@functools.cache
def clauses():
    """All clauses by their number of words, `{n: (clauses, n)}` arrays of words.

    Each pattern has as many rows as the one with the most, so that all are drawn alike.
    """
    found = {}
    for pattern in CLAUSES:
        choices = [SLOTS.get(word, (word,)) for word in pattern.split()]
        rows = np.array(list(itertools.product(*choices)))
        found.setdefault(rows.shape[1], []).append(rows)
    most = max(len(rows) for group in found.values() for rows in group)
    return {
        words: np.concatenate([rows[np.arange(most) % len(rows)] for rows in group])
        for words, group in found.items()
    }


def between(generator, rows, words):
    """Clauses that have so many words together, `(rows, words)`; their lengths are the same."""
    if words in TOO_SHORT:
        return np.tile(TOO_SHORT[words].split(), (rows, 1))
    bank, parts = clauses(), [np.empty((rows, 0), "<U8")]
    while words:
        # What is left must be long enough for a clause too.
        fitting = [n for n in bank if n == words or n + min(bank) <= words]
        weights = np.array([len(bank[n]) for n in fitting], float)
        chosen = bank[generator.choice(fitting, p=weights / weights.sum())]
        parts.append(chosen[generator.integers(len(chosen), size=rows)])
        words -= chosen.shape[1]
    return np.concatenate(parts, 1)


def sentences(generator, rows, distance, part):
    """Sentences without their last word, and that word.

    Every place has one of the openings in the test part, another one in validation and the other
    two in training, so that no sentence of one part is in another.

    Args:
        generator: A `np.random.Generator`.
        rows: Number of sentences.
        distance: Words from the place to the last word given, `"speak"`, at least 5.
        part: `"train"`, `"validation"` or `"test"`.

    Returns:
        `(rows, words)` words and `(rows, 1)` answers.
    """
    language, place = (
        generator.integers(len(LANGUAGES), size=rows),
        generator.integers(3, size=rows),
    )
    first = {"train": 0, "validation": 2, "test": 3}[part]
    which = first + (generator.integers(2, size=rows) if part == "train" else 0)
    opening = np.array([text.split() for text in OPENINGS])[(3 * language + place + which) % 4]
    named = np.array(list(PLACES.values()))[language, place]
    end = np.tile(ENDING.split(), (rows, 1))
    filled = between(generator, rows, distance - 1 - end.shape[1])
    full_stop = np.full((rows, 1), ".")
    words = np.concatenate([opening, named[:, None], full_stop, filled, end], 1)
    return words, np.array(LANGUAGES)[language][:, None]
