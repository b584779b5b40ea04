"""Sentence pairs as batches: read, split, tokenised and bucketed."""

import dataclasses
import pathlib
from typing import Any

from recipes.common import devices, run
from recipes.common.terminal import tell
from recipes.common.text import tokenizer
from recipes.translation import batches, sources


@dataclasses.dataclass(frozen=True)
class Tokenizers:
    """The tokenizer of each side; the same one if the vocabulary is shared."""

    source: Any
    target: Any

    @property
    def facts(self):
        """What a builder wants to know."""
        return {
            "source_vocab_size": self.source.vocab_size(),
            "target_vocab_size": self.target.vocab_size(),
        }


@dataclasses.dataclass(frozen=True)
class Data:
    """The parts as sentences and, of two of them, as batches."""

    parts: dict[str, sources.Pairs]
    train: batches.PairBatches
    validation: batches.PairBatches
    tokenizers: Tokenizers

    @property
    def facts(self):
        """What a builder wants to know."""
        return self.tokenizers.facts


def load(config, recipe):
    """Read, split, tokenise and bucket; the tokenizers stay in the run."""
    parts, sha256 = sources.load(config)
    sizes = {name: len(part) for name, part in parts.items()}
    directory = pathlib.Path(config.run)
    run.begin(recipe, config, {"data": config.data, "sha256": sha256, "sizes": sizes})
    tell(f"Pairs: {', '.join(f'{size:,} {name}' for name, size in sizes.items())}.")
    if _mostly_short(parts["validation"].targets) and config.monitor == "bleu":
        tell("Most validation targets have fewer than four words, where BLEU is 0: --monitor chrf.")
    tokenizers = _train_tokenizers(directory, parts["train"], config)
    ids = {
        name: (
            tokenizers.source.encode(parts[name].sources, num_threads=-1),
            tokenizers.target.encode(parts[name].targets, num_threads=-1),
        )
        for name in ("train", "validation")
    }
    sequences = batches.PairSequences
    multiple = devices.count()
    train = batches.PairBatches(
        sequences.for_training(*ids["train"], config.max_length),
        config.token_budget,
        config.buckets,
        config.seed,
        multiple,
    )
    validation = batches.PairBatches(
        sequences.for_evaluation(*ids["validation"], config.max_length),
        config.token_budget,
        config.buckets,
        multiple=multiple,
        like=train,
    )
    return Data(parts, train, validation, tokenizers)


def _mostly_short(targets):
    return 2 * sum(len(line.split()) < 4 for line in targets) > len(targets)


def _train_tokenizers(directory, train, config):
    options = (config.vocab_size, config.pieces, config.lowercase)
    sides = [[tokenizer.clean(line) for line in side] for side in (train.sources, train.targets)]
    if config.shared_vocabulary:
        in_turns = [line for pair in zip(*sides, strict=True) for line in pair]
        both = tokenizer.tokenizer(directory, in_turns, *options, begin_end=True)
        return Tokenizers(both, both)
    names = ("source.model", "target.model")
    return Tokenizers(
        *(
            tokenizer.tokenizer(directory, side, *options, begin_end=True, name=name)
            for side, name in zip(sides, names, strict=True)
        )
    )


def load_tokenizers(directory, config):
    """The tokenizers of a run."""
    if config.shared_vocabulary:
        both = tokenizer.load(directory)
        return Tokenizers(both, both)
    return Tokenizers(
        tokenizer.load(directory, "source.model"), tokenizer.load(directory, "target.model")
    )
