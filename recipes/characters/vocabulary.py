"""Vocabularies: text to ids and back, with all white space; characters, and the file of a run."""

import itertools

import numpy as np

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.text.tokenizer import BEGIN, END, PADDING, UNKNOWN

SPECIAL = {PADDING: "", UNKNOWN: "\N{REPLACEMENT CHARACTER}", BEGIN: "", END: ""}
FILE = "vocabulary.json"
BLOCK = 1 << 20  # characters at a time: of a long text only its ids are kept
LAST_POINT = 0x10FFFF


def blocks(text):
    """A text in pieces, each with the line break or space that ends it, if it has any."""
    start = 0
    while start < len(text):
        end = start + BLOCK
        if end < len(text):
            at = text.rfind("\n", start, end)
            at = at if at >= 0 else text.rfind(" ", start, end)
            end = at + 1 if at >= 0 else end
        yield text[start:end]
        start = end


def dtype_of(size):
    """The smallest unsigned type that holds the ids of a vocabulary."""
    return np.min_scalar_type(max(size, 2) - 1)


class Vocabulary:
    """Ids of text: 0 padding, 1 unknown, 2 begin, 3 end, then its own.

    A subclass has `size`, `encode_block(text)`, `decode(ids)`, `symbol(id)` and `state`, what the
    file says of it.

    Attributes:
        lowercase: True if upper and lower case are the same.
        knows_unknown: True if the training had anything unknown, so that a model has learnt it.
    """

    pieces = ""
    unit = ""

    def __init__(self, lowercase=False, knows_unknown=False):
        self.lowercase = lowercase
        self.knows_unknown = knows_unknown

    def encode(self, text):
        """`(N,)` ids of a text, of the smallest unsigned type that holds them."""
        dtype = dtype_of(self.size)
        parts = [
            self.encode_block(block.lower() if self.lowercase else block).astype(dtype)
            for block in blocks(text)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, dtype)

    def save(self, directory):
        """Write the vocabulary into a run directory."""
        about = {
            "pieces": self.pieces,
            "lowercase": self.lowercase,
            "knows_unknown": self.knows_unknown,
        }
        storage.write_json(directory / FILE, {**about, **self.state})

    def check(self, directory):
        """Refuse a vocabulary without anything in it."""
        if self.size <= len(SPECIAL):
            raise UserError(f"The file {directory / FILE} is damaged; train the run anew.")
        return self


class Characters(Vocabulary):
    """Characters of a training text, each with an id, in the order of their code points.

    Args:
        characters: The characters, a string.
        lowercase, knows_unknown: As for `Vocabulary`.
    """

    pieces = "characters"
    unit = "character"

    def __init__(self, characters, lowercase=False, knows_unknown=False):
        super().__init__(lowercase, knows_unknown)
        self.characters = characters
        self.size = len(SPECIAL) + len(characters)
        points = np.array([*map(ord, characters)], np.int64)
        self.table = np.full(points.max(initial=0) + 2, UNKNOWN, dtype_of(self.size))
        self.table[points] = np.arange(len(SPECIAL), self.size)

    @classmethod
    def of(cls, texts, least, lowercase=False):
        """The characters of training texts.

        Args:
            texts: The texts.
            least: Occurrences below which a character is unknown.
            lowercase: Whether upper and lower case are the same.

        Returns:
            `vocabulary, left_out`: also the characters that come too rarely, by count.
        """
        counts = np.zeros(LAST_POINT + 1, np.int64)
        for block in itertools.chain.from_iterable(map(blocks, texts)):
            points = code_points(block.lower() if lowercase else block)
            found = np.bincount(points)
            counts[: len(found)] += found
        kept = "".join(map(chr, np.flatnonzero(counts >= least)))
        rare = np.flatnonzero((counts > 0) & (counts < least))
        left_out = {chr(point): int(counts[point]) for point in rare}
        return cls(kept, lowercase, bool(left_out)), left_out

    @classmethod
    def from_state(cls, state):
        """The vocabulary that a file describes."""
        return cls("".join(state["characters"]), state["lowercase"], state["knows_unknown"])

    @property
    def state(self):
        """The characters in the order of their ids."""
        return {"characters": list(self.characters)}

    def encode_block(self, text):
        """Ids of a piece of text."""
        return self.table[np.minimum(code_points(text), len(self.table) - 1)]

    def decode(self, ids):
        """The text of ids; padding, begin and end add nothing."""
        return "".join(map(self.symbol, ids))

    def symbol(self, number):
        """The character of an id."""
        return SPECIAL[number] if number in SPECIAL else self.characters[number - len(SPECIAL)]

    def strangers(self, text):
        """The distinct characters of a text that the training lacked, in their order."""
        text = text.lower() if self.lowercase else text
        return [c for c in dict.fromkeys(text) if self.encode_block(c)[0] == UNKNOWN]


def code_points(text):
    """`(N,)` uint32 code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
