"""Documents as a trained network reads them, each token with its stretch of the text."""

import dataclasses
import itertools

import numpy as np

from recipes.characters import words
from recipes.common.text.tokenizer import BEGIN, END


@dataclasses.dataclass(frozen=True)
class Reading:
    """Documents as one row of tokens.

    tokens: `(T,)` int32 ids, with those that begin and end a document if the network knows them.
    fresh: `(T,)` bool, True at the beginning of a document.
    places: `(N,)`, positions of the tokens that stand for text.
    texts: The text of each of those, a list of strings.
    documents: The documents, a list of strings: those texts one after the other.
    """

    tokens: np.ndarray
    fresh: np.ndarray
    places: np.ndarray
    texts: list[str]
    documents: list[str]

    @classmethod
    def of(cls, documents, vocabulary, whole):
        """Documents, a list of strings, as a vocabulary encodes them.

        Args:
            documents: The texts.
            vocabulary: That of the run.
            whole: Whether the network was trained on documents with a beginning and an end.
        """
        before, after = ([BEGIN], [END]) if whole else ([], [])
        rows, fresh, places, texts, read, total = [], [], [], [], [], 0
        for document in documents:
            ids = vocabulary.encode(document)
            if not len(ids):
                continue
            row = np.concatenate([before, ids, after]).astype(np.int32)
            rows.append(row)
            fresh.append(np.arange(len(row)) == 0)
            places.append(total + len(before) + np.arange(len(ids)))
            pieces = stretches(document, vocabulary)
            texts += pieces
            read.append("".join(pieces))
            total += len(row)
        joined = map(np.concatenate, (rows, fresh, places))
        return cls(*joined, texts, read)

    @property
    def ends(self):
        """`(N,)`, the last character of each stretch in the text of all documents."""
        return np.cumsum([len(text) for text in self.texts]) - 1

    def part(self, start, size):
        """So many tokens at most from a position on."""
        return self.tokens[start : start + size], self.fresh[start : start + size]


def stretches(text, vocabulary):
    """The stretch of a text that each of its tokens stands for, white space that has none included.

    Args:
        text: The text, at most a block of a vocabulary long.
        vocabulary: Of characters, words or subwords.
    """
    read = text.lower() if vocabulary.lowercase else text
    if len(read) != len(text):
        text = read  # a few letters are two in lower case
    if vocabulary.pieces == "characters":
        return list(text)
    if vocabulary.pieces == "words":
        ends, place = [], 0
        for token in words.tokens(read):
            place = read.index(token, place) + len(token)
            ends.append(place)
    else:
        # Nothing is normalised, and an unknown piece is given as it stands in the text.
        ends = [*itertools.accumulate(map(len, vocabulary.processor.encode(read, out_type=str)))]
    if ends:
        ends[-1] = len(text)
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
