"""The three tasks as sequences of tokens, whose answer depends on tokens at a given distance."""

import functools

import numpy as np

from recipes.common.errors import UserError
from recipes.memory import grammar
from recipes.memory.config import TASKS

DIGITS = tuple(str(n) for n in range(9))  # the sum of two numbers below 5 is below 9
MARKED = tuple(f"*{n}" for n in range(5))
SYMBOLS = tuple("ABCDEFGH")
NOISE = tuple("uvwxyz")
COPIED = 3  # symbols of a row of the copying task
EQUALS, RECALL = "=", "recall"
SPECIAL = ("<padding>", "<unknown>", "<begin>", "<end>")
VOCABULARY = (*SPECIAL, EQUALS, RECALL, *DIGITS, *MARKED, *SYMBOLS, *NOISE, *grammar.WORDS)
ENDS = dict(zip(TASKS, (EQUALS, RECALL, grammar.ENDING.split()[-1]), strict=True))
ANSWERS = dict(zip(TASKS, (DIGITS, SYMBOLS, grammar.LANGUAGES), strict=True))
# The accuracy of always giving the commonest answer: of 25 pairs of numbers, 5 have the sum 4.
CHANCE = {"adding": 1 / 5, "copying": 1 / 8, "agreement": 1 / 8}

CLOSE = 0.1  # share of the way from chance to all right that still counts as chance


def is_chance(task, accuracy):
    """True if an accuracy is hardly above that of always giving the commonest answer."""
    return accuracy < CHANCE[task] + CLOSE * (1 - CHANCE[task])


def adding(generator, rows, distance, part):
    """Numbers below 5 of which two are marked; the answer is their sum.

    The first marked number begins the row, the second is in its first half: Hochreiter &
    Schmidhuber (1997), "Long short-term memory", https://doi.org/10.1162/neco.1997.9.8.1735,
    section 5.4, with digits for real numbers.
    """
    numbers = generator.integers(5, size=(rows, distance))
    second = generator.integers(1, max(2, distance // 2), size=rows)
    every = np.arange(rows)
    words = np.array(DIGITS)[numbers].astype("<U2")  # room for a mark
    for place in (0, second):
        words[every, place] = np.array(MARKED)[numbers[every, place]]
    words = np.concatenate([words, np.full((rows, 1), EQUALS)], 1)
    return words, np.array(DIGITS)[numbers[:, 0] + numbers[every, second]][:, None]


def copying(generator, rows, distance, part):
    """Three symbols, noise, and the request to repeat the symbols: experiment 2c of the same paper.

    Each symbol stands `distance` steps before the step that repeats it.
    """
    symbols = generator.choice(SYMBOLS, (rows, COPIED))
    noise = generator.choice(NOISE, (rows, distance - COPIED))
    return np.concatenate([symbols, noise, np.full((rows, 1), RECALL)], 1), symbols


def agreement(generator, rows, distance, part):
    """Sentences whose last word is the language of the place where the speaker grew up."""
    return grammar.sentences(generator, rows, distance, part)


MAKERS = dict(zip(TASKS, (adding, copying, agreement), strict=True))
ANSWER_LENGTHS = {"adding": 1, "copying": COPIED, "agreement": 1}


@functools.cache
def _ranks():
    order = np.argsort(VOCABULARY)
    return np.array(VOCABULARY)[order], order


def ids_of(words):
    """The ids of an array of words of the vocabulary."""
    ranked, order = _ranks()
    places = np.minimum(np.searchsorted(ranked, words), len(ranked) - 1)
    assert (ranked[places] == words).all(), "a word is not in the vocabulary"
    return order[places].astype(np.int32)


def examples(task, distance, rows, seed, part):
    """Sequences of a task, drawn by a seed.

    Args:
        task: Name of the task.
        distance: Steps from the tokens that decide to the step that answers.
        rows: Number of sequences.
        seed: Numbers that seed the draw.
        part: `"train"`, `"validation"` or `"test"`.

    Returns:
        `tokens, labels, weights`, `(rows, T)` each. An answer of several tokens is read on, all but
        its last token. A label that counts weighs as many steps as there are to each, so that the
        mean over steps is the mean over answers.
    """
    parts = ("train", "validation", "test")
    codes = [parts.index(part), TASKS.index(task), distance, *seed]
    generator = np.random.Generator(np.random.PCG64(codes))
    words, answers = MAKERS[task](generator, rows, distance, part)
    answers = ids_of(answers)
    tokens = np.concatenate([ids_of(words), answers[:, :-1]], 1)
    labels, weights = np.zeros_like(tokens), np.zeros(tokens.shape, np.float32)
    count = answers.shape[1]
    labels[:, -count:], weights[:, -count:] = answers, tokens.shape[1] / count
    return tokens, labels, weights


def parse(text):
    """The task and the ids of a sequence that a user has typed.

    Raises:
        UserError: If a word is unknown, or the end is that of no task.
    """
    words = text.split()
    known = set(VOCABULARY[len(SPECIAL) :])
    # Sentences may be typed with their full stops and commas at the words.
    words = [part for word in words for part in _split(word, known)]
    unknown = [word for word in words if word not in known]
    if unknown:
        raise UserError(
            f"The networks know no {unknown[0]!r} (in {text!r}). Sequences are like "
            '"I was born in Chennai . at home I speak", "*1 4 *2 0 3 =" or "A F B x y z recall"; '
            "recipes/memory/grammar.py has the words."
        )
    for task, end in ENDS.items():
        if words and words[-1] == end:
            return task, ids_of(np.array(words))
    raise UserError(
        f"{text!r} asks for no answer: a sequence ends in {', '.join(map(repr, ENDS.values()))}."
    )


def _split(word, known):
    bare = word.rstrip(".,")
    if word in known or bare not in known:
        return [word]
    return [bare, "."] if word.endswith(".") else [bare]


def distance_of(task, ids):
    """Steps from the tokens that decide the answer of a sequence to the step that gives it."""
    if task != "agreement":
        return max(1, len(ids) - 1)
    places = ids_of(np.array(grammar.SLOTS["PLACE"]))
    found = np.flatnonzero(np.isin(ids, places))
    return int(len(ids) - 1 - found[0]) if len(found) and found[0] < len(ids) - 1 else len(ids)
