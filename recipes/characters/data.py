"""Texts as streams of tokens: read, divided, encoded with the vocabulary of the run."""

import dataclasses
from typing import Any

import numpy as np

from recipes.characters import sources, vocabularies
from recipes.characters.vocabulary import blocks
from recipes.common.data.batching import Epochs
from recipes.common.data.streams import Streams
from recipes.common.errors import UserError
from recipes.common.text.tokenizer import BEGIN, END
from recipes.common.writing import sizes

VALIDATION_STREAMS = 32  # at most, side by side,
SHORTEST_STREAM = 2_000  # of no fewer tokens each: at its beginning a stream has no context


@dataclasses.dataclass(frozen=True)
class Part:
    """A part of the data as ids, and what its figures are divided by.

    ids: `(tokens,)` unsigned ids, all documents in one row.
    starts: `(N + 1,)` where each document begins, and where the last one ends.
    whole: True if documents are whole, with a token at the beginning and one at the end.
    characters, words: Their numbers in the texts; words are what white space separates.
    """

    ids: np.ndarray
    starts: np.ndarray
    whole: bool
    characters: int
    words: int

    @classmethod
    def of(cls, documents, vocabulary, whole):
        """The `sources.Documents` of a part, encoded."""
        encoded = [vocabulary.encode(text) for text in documents.texts]
        ids = encoded[0] if len(encoded) == 1 else np.concatenate(encoded)
        starts = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        words = sum(len(block.split()) for text in documents.texts for block in blocks(text))
        return cls(ids, starts, whole, documents.characters, words)

    def check(self, name, unit):
        """Refuse a part in which nothing is predicted.

        Args:
            name: What to call it, as `"--test a.txt"`.
            unit: Name of a token.

        Raises:
            UserError: If no token has another one before it.
        """
        if not self.streams(1, 1).count:
            raise UserError(f"{name} is too short: it has no {unit} with another one before it.")

    @property
    def ends(self):
        """Tokens that begin and end a document, as arguments of `Streams`."""
        return {"begin_token": BEGIN, "end_token": END} if self.whole else {}

    @property
    def documents(self):
        """The documents as n-gram models take them."""
        return self.ids, self.starts

    def streams(self, batch_size, steps, back=0, seed=None):
        """The `Streams` of the part."""
        return Streams(self.ids, self.starts, batch_size, steps, back, seed=seed, **self.ends)


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as ids and as streams, and the vocabulary."""

    parts: dict[str, Part]
    train: Epochs
    validation: Epochs
    vocabulary: Any

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return {"vocab_size": self.vocabulary.size}


def load(run):
    """Read, divide and encode; the vocabulary stays in the run."""
    documents, about = sources.load(run.config)
    vocabularies.check_start(run)
    characters = {name: part.characters for name, part in documents.items()}
    chosen = run.config.sized(characters["train"])
    dataclasses.replace(run.config, **chosen).check()  # what follows may contradict what is named
    run.begin(about.pop("sha256"), characters, **about)
    sizes.announce(run, "characters")
    config = run.config
    config.check()  # once more, as some settings follow the amount of data
    vocabulary = vocabularies.of_training(run, documents["train"].texts)
    parts = {name: Part.of(part, vocabulary, about["whole"]) for name, part in documents.items()}
    for name, part in parts.items():
        part.check(f"The {name} part of --data {config.data}", vocabulary.unit)
    side_by_side = len(parts["validation"].ids) // SHORTEST_STREAM
    return Data(
        parts,
        train=parts["train"].streams(config.batch_size, config.steps, config.back, config.seed),
        validation=parts["validation"].streams(
            min(max(1, side_by_side), VALIDATION_STREAMS), config.steps
        ),
        vocabulary=vocabulary,
    )
