"""Sentence pairs as batches: read, split, tokenised and bucketed."""

import dataclasses
from typing import Any

from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing import sizes, vocabulary
from recipes.translation import sources
from recipes.translation.batches import PairBatches, PairSequences
from recipes.translation.scores import Scorer


@dataclasses.dataclass(frozen=True)
class Tokenizers:
    """The tokenizer of each side; the same one if the vocabulary is shared."""

    source: Any
    target: Any

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return {
            "source_vocab_size": self.source.vocab_size(),
            "target_vocab_size": self.target.vocab_size(),
        }


@dataclasses.dataclass(frozen=True)
class Data:
    """The parts as sentences and, of two of them, as batches; the tokenizers, and the scores."""

    parts: dict[str, sources.Pairs]
    train: PairBatches
    validation: PairBatches
    tokenizers: Tokenizers
    scorer: Scorer

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        return self.tokenizers.facts


def load(run):
    """Read, split, tokenise and bucket; the tokenizers stay in the run."""
    vocabulary.check_kept(run, ("shared_vocabulary", "pieces", "lowercase", "vocab_size"))
    parts, sha256 = sources.load(run.config)
    scorer = Scorer.for_references(run.config, parts["train"].targets)
    counts = {name: len(part) for name, part in parts.items()}
    tell(f"Pairs: {', '.join(f'{count:,} {name}' for name, count in counts.items())}.")
    monitor = scorer.monitor(run.config.monitor, parts["validation"].targets)
    chosen = {"monitor": monitor} if run.config.monitor == "auto" else {}
    run.begin(sha256, counts, chosen=chosen, **scorer.facts)
    config = run.config
    sizes.announce(run, "pairs")
    both = _train_tokenizers(run, parts["train"])
    ids = {
        name: (
            both.source.encode(parts[name].sources, num_threads=-1),
            both.target.encode(parts[name].targets, num_threads=-1),
        )
        for name in ("train", "validation")
    }
    multiple = devices.count()
    train = PairBatches(
        PairSequences.for_training(*ids["train"], config.max_length),
        config.token_budget,
        config.buckets,
        config.seed,
        multiple,
    )
    validation = PairBatches(
        PairSequences.for_evaluation(*ids["validation"], config.max_length),
        config.token_budget,
        config.buckets,
        multiple=multiple,
        like=train,
    )
    return Data(parts, train, validation, both, scorer)


def _train_tokenizers(run, train):
    config = run.config
    options = (config.vocab_size, config.pieces, config.lowercase)
    sides = [[tokenizers.clean(line) for line in side] for side in (train.sources, train.targets)]
    if config.shared_vocabulary:
        in_turns = [line for pair in zip(*sides, strict=True) for line in pair]
        both = tokenizers.tokenizer(run.directory, in_turns, *options, begin_end=True)
        return Tokenizers(both, both)
    names = ("source.model", "target.model")
    return Tokenizers(
        *(
            tokenizers.tokenizer(run.directory, side, *options, begin_end=True, name=name)
            for side, name in zip(sides, names, strict=True)
        )
    )


def load_tokenizers(run):
    """The tokenizers of a run."""
    if run.config.shared_vocabulary:
        both = tokenizers.load(run.directory)
        return Tokenizers(both, both)
    return Tokenizers(
        tokenizers.load(run.directory, "source.model"),
        tokenizers.load(run.directory, "target.model"),
    )
