"""A trained network as a model of names: it rates them and writes new ones."""

import dataclasses
from typing import Any

import numpy as np
from scipy.special import log_softmax

import zoo
from recipes.common.text.tokenizer import BEGIN, END, UNKNOWN
from recipes.names.characters import Characters

ROWS = 512  # names at once
BEYOND = 8  # characters that a written name may be longer than the longest one of the list


@dataclasses.dataclass(frozen=True)
class Network:
    """A language model of names.

    model: The trained `zoo.rnn_language_model`.
    characters: Its `Characters`.
    longest: Characters of the longest name of the list.
    """

    model: Any
    characters: Characters
    longest: int

    def nats(self, names):
        """Negative log-likelihood of each name with its end, `(N,)`."""
        return np.array([float(each.sum()) for each in self.nats_by_character(names)])

    def nats_by_character(self, names):
        """Negative log-likelihoods of the characters of each name and of its end, a list."""
        found = []
        for first in range(0, len(names), ROWS):
            part = [self.characters.encode(name) for name in names[first : first + ROWS]]
            # Few shapes, for each of which the network is compiled.
            rows = min(ROWS, 1 << (len(part) - 1).bit_length())
            tokens = np.zeros((rows, -(-(max(map(len, part)) + 1) // 8) * 8), np.int32)
            for row, ids in zip(tokens, part, strict=False):
                row[: len(ids) + 1] = [BEGIN, *ids]
            logits = self.model.predict_on_batch({"tokens": tokens})
            chances = log_softmax(logits.astype(np.float64), -1)
            found += [
                -chances[row, np.arange(len(ids) + 1), [*ids, END]] for row, ids in enumerate(part)
            ]
        return found

    def sample(self, count, start="", temperature=1.0, seed=0):
        """Names drawn from the model, but for those without an end, or with an unknown character.

        Args:
            count: Number of draws.
            start: What all of them begin with.
            temperature: Divides the logits.
            seed: The same seed gives the same names.
        """
        prime = [BEGIN, *self.characters.encode(start)]
        strategy = zoo.Sample(
            temperature=temperature,
            seed=seed,
            max_length=self.longest + BEYOND,
            min_length=0 if start else 1,
        )
        inputs = {"tokens": np.tile(np.array(prime, np.int32), (count, 1))}
        tokens = zoo.generate(self.model, inputs, strategy, batch_size=ROWS).tokens[:, 0]
        whole = (row for row in tokens if END in row and UNKNOWN not in row)
        return [start + self.characters.decode(row) for row in whole]

    def next(self, prefixes):
        """Probabilities of what follows each prefix, `(N, ids)`, prefixes of one length."""
        tokens = np.array([[BEGIN, *self.characters.encode(prefix)] for prefix in prefixes])
        logits = self.model.predict_on_batch({"tokens": tokens.astype(np.int32)})[:, -1]
        return np.exp(log_softmax(logits, -1))
