"""Sentence pairs from a configuration to batches, and from a finished run to translations."""

import dataclasses
import pathlib
from typing import Any, Literal

from recipes.common import config, devices, pair_batches, pairs, runs, text
from recipes.common.terminal import say


@dataclasses.dataclass(frozen=True)
class Config(config.Scheduled):
    """Settings of every recipe that reads a text and writes another."""

    reverse: bool = False
    """Whether to translate from the second language to the first."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """What a token is."""
    vocab_size: int = 5_000
    """Token ids of a tokenizer at most; a small corpus gets fewer."""
    shared_vocabulary: bool = True
    """Whether both languages have one tokenizer, or each its own."""
    lowercase: bool = True
    """Whether upper and lower case are the same, in training and when scores are measured."""
    max_length: int = 100
    """Tokens a side; longer pairs are left out of training, longer sources cut."""
    token_budget: int = 1_500
    """Padded tokens a batch, over all GPUs together."""
    buckets: int = 4
    """Padded lengths at most, each of which is traced once."""
    batch_size: int = 64
    """Sentences written at once."""
    monitor: Literal["bleu", "chrf"] = "bleu"
    """What chooses the best epoch; BLEU is 0 for outputs of fewer than four words."""
    validation_sentences: int = 2_000
    """Validation sentences that are translated for it after each epoch, at most."""
    beam: int = 5
    """Width of the beam when a finished run translates."""
    length_penalty: float = 1.0
    """Exponent by which beam search favours long outputs."""


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

    parts: dict[str, pairs.Pairs]
    train: pair_batches.PairBatches
    validation: pair_batches.PairBatches
    tokenizers: Tokenizers

    @property
    def facts(self):
        """What a builder wants to know."""
        return self.tokenizers.facts


def load(config, recipe):
    """Read, split, tokenise and bucket; the tokenizers stay in the run."""
    parts, sha256 = pairs.load(config)
    sizes = {name: len(part) for name, part in parts.items()}
    directory = pathlib.Path(config.run)
    runs.begin(recipe, config, {"data": config.data, "sha256": sha256, "sizes": sizes})
    say(f"Pairs: {', '.join(f'{size:,} {name}' for name, size in sizes.items())}.")
    if _mostly_short(parts["validation"].targets) and config.monitor == "bleu":
        say("Most validation targets have fewer than four words, where BLEU is 0: --monitor chrf.")
    tokenizers = _train_tokenizers(directory, parts["train"], config)
    ids = {
        name: (
            tokenizers.source.encode(parts[name].sources, num_threads=-1),
            tokenizers.target.encode(parts[name].targets, num_threads=-1),
        )
        for name in ("train", "validation")
    }
    sequences = pair_batches.PairSequences
    multiple = devices.count()
    train = pair_batches.PairBatches(
        sequences.for_training(*ids["train"], config.max_length),
        config.token_budget,
        config.buckets,
        config.seed,
        multiple,
    )
    validation = pair_batches.PairBatches(
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
    sides = [[text.clean(line) for line in side] for side in (train.sources, train.targets)]
    if config.shared_vocabulary:
        in_turns = [line for pair in zip(*sides, strict=True) for line in pair]
        both = text.tokenizer(directory, in_turns, *options, begin_end=True)
        return Tokenizers(both, both)
    names = ("source.model", "target.model")
    return Tokenizers(
        *(
            text.tokenizer(directory, side, *options, begin_end=True, name=name)
            for side, name in zip(sides, names, strict=True)
        )
    )


def load_tokenizers(directory, config):
    """The tokenizers of a run."""
    if config.shared_vocabulary:
        both = text.load(directory)
        return Tokenizers(both, both)
    return Tokenizers(text.load(directory, "source.model"), text.load(directory, "target.model"))


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows."""

    config: Config
    tokenizers: Tokenizers
    model: Any
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config, facts)`.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = runs.reopen(run, recipe, config_class)
    tokenizers = load_tokenizers(directory, config)
    facts = tokenizers.facts
    model = runs.restore_model(directory, config, lambda: build_model(config, facts), for_export)
    return Trained(config, tokenizers, model, kept["sha256"])


def source_ids(tokenizers, texts, max_length, tell=True):
    """Ids of each text, an end token after the last: a list of lists.

    Args:
        tokenizers: Those of the run.
        texts: The sources.
        max_length: Tokens after which a source is cut.
        tell: Whether to say which texts are unknown or cut.
    """
    encoded = tokenizers.source.encode(list(texts), num_threads=-1)
    if tell:
        text.warn_of_unknown(tokenizers.source, texts)
        if long := sum(len(ids) > max_length for ids in encoded):
            say(f"Cut {long:,} of {len(encoded):,} sources after {max_length} tokens.")
    return [[*ids[:max_length], text.END] for ids in encoded]


def write(model, ids, strategy, batch_size):
    """What the model writes for each source, the shortest sources first and in equal company.

    Args:
        model: The translator.
        ids: Source ids, a list of lists.
        strategy: Of `zoo`, such as `zoo.BeamSearch(5)`.
        batch_size: Sentences at once.

    Returns:
        For each source a dict of `tokens` `(n, T)`, `scores` `(n,)` and `attention` `(n, T, S)`
        or None, without padding of the source.
    """
    import numpy as np

    import zoo

    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    written = [None] * len(ids)
    for start in range(0, len(ids), batch_size):
        chosen = order[start : start + batch_size]
        source = np.zeros((len(chosen), max(len(ids[i]) for i in chosen)), np.int32)
        for row, i in enumerate(chosen):
            source[row, : len(ids[i])] = ids[i]
        out = zoo.generate(model, {"source": source}, strategy, batch_size)
        for row, i in enumerate(chosen):
            attention = None if out.attention is None else out.attention[row, :, :, : len(ids[i])]
            written[i] = {
                "tokens": out.tokens[row], "scores": out.scores[row], "attention": attention,
            }  # fmt: skip
    return written


def output_limit(longest):
    """Tokens that an output may have, of sources with so many at most."""
    return -(-(10 + 3 * longest // 2) // 16) * 16


def strategy(config, beam=None, n_best=1):
    """How a run chooses its tokens: greedily for a beam of one.

    Args:
        config: Settings of the run.
        beam: Width of the beam; the run's own if None.
        n_best: Outputs of each source.
    """
    import zoo

    beam = config.beam if beam is None else beam
    # One limit for all sources of a run, as loops are compiled for it.
    limit = output_limit(config.max_length)
    if beam == 1:
        return zoo.Greedy(max_length=limit)
    return zoo.BeamSearch(
        beam, length_penalty=config.length_penalty, max_length=limit, n_best=n_best
    )


def translate(model, tokenizers, texts, config, beam=None, tell=True):
    """The best translation of each text; see `strategy` and `source_ids`."""
    if not texts:
        return []
    ids = source_ids(tokenizers, texts, config.max_length, tell)
    written = write(model, ids, strategy(config, beam), config.batch_size)
    return text.decode(tokenizers.target, [best["tokens"][0] for best in written])
