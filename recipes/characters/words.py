"""Words as a vocabulary: words, marks, line breaks, tabs and indentations; spaces put back."""

import collections
import functools
import itertools
import re
import unicodedata

import numpy as np

from recipes.characters.vocabulary import SPECIAL, Vocabulary, blocks
from recipes.common.text import scripts
from recipes.common.text.tokenizer import UNKNOWN

ENOUGH = 10_000_000  # characters from which the spaces around marks are learnt
RUNS = r"\.\.+|--+|\"{3}|'{3}"  # of a mark that are one token
MARKS = re.compile(rf"{RUNS}|[^\w\s]")
QUOTES = "\"'*_`"  # marks that open and close alike,
SPACED = 0.8  # unless so many of them have a space on both sides, as signs of multiplication have


PLAIN = r"\w+(?:['’-]\w+)*|[^\w\s]"  # `scripts.words` for what `needs_all` does not find


@functools.cache
def pattern(plain):
    """Pattern of a token: an indentation, a line break, a tab, a run of marks, a word or a mark.

    Args:
        plain: Whether the text has spaces between words and no combining marks, as most have; that
            pattern is the faster one.
    """
    words = PLAIN if plain else scripts.words().pattern
    return re.compile(rf"^ +|[\n\t]|{RUNS}|{words}", re.MULTILINE)


@functools.cache
def needs_all():
    """Pattern of the characters for which the plain pattern will not do."""
    marks = (i for i in range(0x300, 0x1F000) if unicodedata.category(chr(i)).startswith("M"))
    return re.compile(f"[{scripts.UNSPACED}{''.join(map(chr, marks))}\u200c\u200d]")


def tokens(text):
    """The tokens of a text, a list of strings."""
    plain = text.isascii() or not needs_all().search(text)
    return pattern(plain).findall(text)


class Words(Vocabulary):
    """The commonest words and marks of a training text.

    Between words stands a space, which is no token. Line breaks, tabs and the spaces that indent a
    line are; more spaces elsewhere become one.

    Args:
        words: The tokens, a list, the commonest first.
        spacing: Lists of marks by name: those that are written without a space to the `"left"` or
            to the `"right"`, and those that are `"paired"`, such as straight quotes.
        lowercase, knows_unknown: As for `Vocabulary`.
    """

    pieces = "words"
    unit = "word"

    def __init__(self, words, spacing, lowercase=False, knows_unknown=True):
        super().__init__(lowercase, knows_unknown)
        self.words, self.spacing = words, spacing
        self.size = len(SPECIAL) + len(words)
        self.numbers = {word: number for number, word in enumerate(words, start=len(SPECIAL))}

    @classmethod
    def of(cls, texts, most, least, lowercase=False):
        """The words of training texts.

        Args:
            texts: The texts.
            most: Ids at most, the special ones included.
            least: Occurrences below which a word is unknown.
            lowercase: Whether upper and lower case are the same.

        Returns:
            `vocabulary, left_out`: also the words that were left out, by count.
        """
        counts = collections.Counter()
        for block in itertools.chain.from_iterable(map(blocks, texts)):
            counts.update(tokens(block.lower() if lowercase else block))
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        kept = [word for word in ranked[: most - len(SPECIAL)] if counts[word] >= least]
        for word in kept:
            counts.pop(word)
        return cls(kept, spacing(texts), lowercase, bool(counts)), dict(counts)

    @classmethod
    def from_state(cls, state):
        """The vocabulary that a file describes."""
        return cls(state["words"], state["spacing"], state["lowercase"], state["knows_unknown"])

    @property
    def state(self):
        """The words in the order of their ids, and the spaces around marks."""
        return {"words": self.words, "spacing": self.spacing}

    def encode_block(self, text):
        """Ids of a piece of text."""
        found = map(self.numbers.get, tokens(text), itertools.repeat(UNKNOWN))
        return np.fromiter(found, np.uint32)

    def decode(self, ids):
        """The text of ids, with spaces where the training text had them as a rule."""
        written, glued, open_marks = [], True, set()
        for word in map(self.symbol, ids):
            if word.isspace():
                written.append(word)
                glued = True
                open_marks = set() if word == "\n" else open_marks
                continue
            left, right = self._glue(word, open_marks)
            if word and not (glued or left):
                written.append(" ")
            written.append(word)
            glued = right if word else glued
        return "".join(written)

    def _glue(self, word, open_marks):
        """True for each side of a word where no space stands."""
        if scripts.is_unspaced(word):
            return True, True
        if word in self.spacing["paired"]:
            closes = word in open_marks
            open_marks.symmetric_difference_update([word])
            return closes, not closes
        return tuple(word in self.spacing[side] for side in ("left", "right"))

    def symbol(self, number):
        """The word of an id."""
        return SPECIAL[number] if number in SPECIAL else self.words[number - len(SPECIAL)]

    def strangers(self, text):
        """The distinct words of a text that the vocabulary lacks, in their order."""
        found = tokens(text.lower() if self.lowercase else text)
        return [word for word in dict.fromkeys(found) if word not in self.numbers]


def spacing(texts):
    """The marks beside which texts have no space, by side, and those that open and close alike."""
    counts = collections.defaultdict(lambda: np.zeros(3, np.int64))  # all, space before, after
    left = ENOUGH
    for block in itertools.chain.from_iterable(map(blocks, texts)):
        padded = f"\n{block[:left]}\n"
        for match in MARKS.finditer(padded):
            before, after = padded[match.start() - 1], padded[match.end()]
            counts[match[0]] += 1, before.isspace(), after.isspace()
        left -= len(block)
        if left <= 0:
            break
    found = {"left": [], "right": [], "paired": []}
    for mark in sorted(counts):
        total, before, after = counts[mark]
        shares = before / total, after / total
        if mark in QUOTES and min(shares) < SPACED:
            found["paired"].append(mark)
            continue
        for side, share in zip(("left", "right"), shares, strict=True):
            if share < 0.5:
                found[side].append(mark)
    return found
