"""Labelled texts as batches: read, split, tokenised and bucketed."""

import dataclasses
from typing import Any

from recipes.common.data import batching
from recipes.common.text import tokenizer as tokenizers
from recipes.sentiment import sources


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

    def numbered(self, part):
        """The texts of a part and the numbers of their labels."""
        return self.parts[part].texts, getattr(self, part).sequences.labels


def load(run):
    """Read, split, tokenise and bucket; the tokenizer and the labels stay in the run."""
    config = run.config
    parts, sha256 = sources.load(config, config.columns, config.header)
    labels = sorted(set(parts["train"].labels))
    sizes = {name: len(part) for name, part in parts.items()}
    run.begin(sha256, sizes, labels=labels)
    tokenizer = tokenizers.tokenizer(
        run.directory,
        [tokenizers.clean(line) for line in parts["train"].texts],
        config.vocab_size,
        config.pieces,
        config.lowercase,
        folded=True,
    )
    sequences = {name: encode(part, tokenizer, labels, config) for name, part in parts.items()}
    longest = max(part.lengths.max() for part in sequences.values())
    boundaries = batching.bucket_boundaries(sequences["train"].lengths, config.buckets, longest)
    batches = {
        name: batching.Batches(
            part, config.batch_size, boundaries, seed=config.seed if name == "train" else None
        )
        for name, part in sequences.items()
    }
    return Data(parts, **batches, tokenizer=tokenizer, labels=labels)


def facts_of(tokenizer, labels):
    """The arguments of a builder that the data decides."""
    return {"vocab_size": tokenizer.vocab_size(), "num_classes": len(labels)}


def encode(split, tokenizer, labels, config):
    """A split as token ids and label numbers."""
    index = {label: number for number, label in enumerate(labels)}
    ids = tokenizers.encode(tokenizer, split.texts, config.max_length)
    return batching.Sequences.of(ids, [index[label] for label in split.labels])
