"""Labelled texts as batches: read, split, tokenised and bucketed."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import config as configs
from recipes.common.data import batching
from recipes.common.errors import UserError
from recipes.common.run import Run
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as tokenizers
from recipes.sentiment import sources
from recipes.sentiment.config import NAMES


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as texts and as batches, the tokenizer and the labels."""

    parts: dict[str, sources.Split]
    train: batching.Batches
    validation: batching.Batches
    test: batching.Batches
    tokenizer: Any
    labels: list[str]

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return facts_of(self.tokenizer, self.labels)

    @property
    def label_weights(self):
        """Weights of the labels in a balanced training, by label."""
        return dict(zip(self.labels, map(float, self.train.weights), strict=True))

    def numbered(self, part):
        """The texts of a part and the numbers of their labels."""
        return self.parts[part].texts, getattr(self, part).sequences.labels


class Balanced(batching.Batches):
    """Batches whose examples weigh what their labels do.

    Args:
        sequences, batch_size, boundaries, seed: As for `batching.Batches`.
        weights: `(num_classes,)` float32.
    """

    def __init__(self, sequences, batch_size, boundaries, seed, weights):
        super().__init__(sequences, batch_size, boundaries, seed)
        self.weights = weights

    def batch(self, indices):
        """As without weights, times the weight of each example's label."""
        inputs, labels, weights = super().batch(indices)
        return inputs, labels, weights * self.weights[labels]


def weights_of(labels):
    """Weights inversely proportional to how often a label comes, 1 on average over examples.

    Args:
        labels: `(N,)` label numbers, each of which comes.

    Returns:
        `(num_classes,)` float32.
    """
    counts = np.bincount(labels)
    return (len(labels) / (len(counts) * counts)).astype(np.float32)


def load(run):
    """Read, split, tokenise and bucket; the tokenizer and the labels stay in the run."""
    parts, sha256, names = sources.load(run.config)
    if names:  # which `predict` finds in other files
        run.config = dataclasses.replace(run.config, text_column=names[0], label_column=names[1])
    labels = sorted(set(parts["train"].labels))
    _check_start(run, labels)
    run.begin(sha256, {name: len(part) for name, part in parts.items()}, labels=labels)
    config = run.config
    tokenizer = tokenizers.tokenizer(
        run.directory,
        [tokenizers.clean(line) for line in parts["train"].texts],
        config.vocab_size,
        config.pieces,
        config.lowercase,
        folded=True,
    )
    _tell_sizes(run, len(parts["train"]))
    sequences = {name: encode(part, tokenizer, labels, config) for name, part in parts.items()}
    longest = max(part.lengths.max() for part in sequences.values())
    boundaries = batching.bucket_boundaries(sequences["train"].lengths, config.buckets, longest)
    batches = {
        name: batching.Batches(
            part, config.batch_size, boundaries, seed=config.seed if name == "train" else None
        )
        for name, part in sequences.items()
    }
    if config.balance:
        weights = weights_of(sequences["train"].labels)
        batches["train"] = Balanced(
            sequences["train"], config.batch_size, boundaries, config.seed, weights
        )
        shown = (f"{name} {weight:.2f}" for name, weight in zip(labels, weights, strict=True))
        tell(f"Weights of the labels in the training: {', '.join(shown)}.")
    return Data(parts, **batches, tokenizer=tokenizer, labels=labels)


def _check_start(run, labels):
    """Refuse a run to begin from that has other labels."""
    first = Run.first(run.config, run.recipe)
    if first and first.fact("labels") != labels:
        raise UserError(
            f"--init-from {first.directory} has the labels {', '.join(first.fact('labels'))}; "
            f"--data {run.config.data} has {', '.join(labels)}. Rename them with --labels, or "
            "train without --init-from."
        )


def _tell_sizes(run, examples):
    """Say which sizes follow the amount of data."""
    chosen = [name for name in NAMES if name in run.data.get("chosen", {})]
    if chosen:
        sizes = " ".join(f"{configs.option(name)} {getattr(run.config, name)}" for name in chosen)
        tell(f"{examples:,} training examples: {sizes} follow from that; name them to have others.")


def facts_of(tokenizer, labels):
    """The arguments of a builder that the data decides."""
    return {"vocab_size": tokenizer.vocab_size(), "num_classes": len(labels)}


def encode(split, tokenizer, labels, config):
    """A split as token ids and label numbers."""
    index = {label: number for number, label in enumerate(labels)}
    ids = tokenizers.encode(tokenizer, split.texts, config.max_length)
    return batching.Sequences.of(ids, [index[label] for label in split.labels])
