"""Texts with a label each: from a configuration to batches, and from a finished run to answers."""

import dataclasses
import pathlib
from typing import Any, Literal

from recipes.common import batching, classification, config, report, runs, sources, text
from recipes.common.errors import UserError
from recipes.common.terminal import lines_of


@dataclasses.dataclass(frozen=True)
class Config(config.Config):
    """Settings of every recipe that reads texts with a label."""

    text_column: str = "text"
    """Column of a file that holds the texts."""
    label_column: str = "label"
    """Column of a file that holds the labels."""
    header: str = ""
    """Names of the columns of files without a header line, as in text,label."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """What a token is."""
    vocab_size: int = 20_000
    """Token ids at most; a small corpus gets fewer."""
    lowercase: bool = True
    """Whether upper and lower case are the same."""
    max_length: int = 800
    """Tokens a text; longer ones lose their middle."""
    buckets: int = 8
    """Padded lengths at most, each of which is traced once."""

    @property
    def columns(self):
        """Names of the text column and the label column."""
        return self.text_column, self.label_column


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as texts and as batches, and what was learnt from them."""

    parts: dict[str, sources.Split]
    train: batching.Batches
    validation: batching.Batches
    test: batching.Batches
    tokenizer: Any
    labels: list[str]
    facts: dict[str, int]

    def numbered(self, part):
        """The texts of a part and the numbers of their labels."""
        return self.parts[part].texts, getattr(self, part).sequences.labels


def load(config, recipe):
    """Read, split, tokenise and bucket; the tokenizer and the labels stay in the run."""
    parts, sha256 = sources.load(config, config.columns, config.header)
    labels = sorted(set(parts["train"].labels))
    sizes = {name: len(part) for name, part in parts.items()}
    facts = {"data": config.data, "sha256": sha256, "labels": labels, "sizes": sizes}
    runs.begin(recipe, config, facts)
    tokenizer = text.tokenizer(
        pathlib.Path(config.run),
        [text.clean(line) for line in parts["train"].texts],
        config.vocab_size,
        config.pieces,
        config.lowercase,
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
    facts = {"vocab_size": tokenizer.vocab_size(), "num_classes": len(labels)}
    return Data(parts, **batches, tokenizer=tokenizer, labels=labels, facts=facts)


def encode(split, tokenizer, labels, config):
    """A split as token ids and label numbers."""
    index = {label: number for number, label in enumerate(labels)}
    ids = text.encode(tokenizer, split.texts, config.max_length)
    return batching.Sequences.of(ids, [index[label] for label in split.labels])


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows."""

    config: Config
    labels: list[str]
    tokenizer: Any
    model: Any
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config, facts)`.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = runs.reopen(run, recipe, config_class, ("labels", "sha256"))
    labels = kept["labels"]
    tokenizer = text.load(directory)
    facts = {"vocab_size": tokenizer.vocab_size(), "num_classes": len(labels)}
    model = runs.restore_model(directory, config, lambda: build_model(config, facts), for_export)
    return Trained(config, labels, tokenizer, model, kept["sha256"])


def probabilities(trained, split):
    """`(N, num_classes)` probabilities and `(N,)` label numbers of a split."""
    sequences = encode(split, trained.tokenizer, trained.labels, trained.config)
    boundaries = batching.bucket_boundaries(sequences.lengths, trained.config.buckets)
    rows = min(trained.config.batch_size, len(split))
    batches = batching.Batches(sequences, rows, boundaries)
    return classification.probabilities(trained.model, batches), sequences.labels


def evaluate(trained, data=""):
    """Measure a finished run on other data, or on its own test part.

    Raises:
        UserError: If the data is unusable or has labels that the training did not have.
    """
    config = trained.config
    if data:
        split = sources.load_one(data, config, config.columns, config.header)
        sources.check_labels(split, trained.labels)
    else:
        parts, sha256 = sources.load(config, config.columns, config.header)
        if sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training texts. Name what to measure on with --data."
            )
        split = parts["test"]
        data = f"{config.data} (test part)"
    metrics = classification.measure(*probabilities(trained, split))
    return {
        "data": data,
        "examples": len(split),
        "test": metrics,
        "summary": [f"{len(split):,} examples of {data}", report.columns(metrics.items())],
    }


def predict(trained, inputs):
    """The label of each text with its probability; `-` stands for lines of standard input."""
    texts = list(lines_of(inputs))
    if not texts:
        return {"predictions": [], "summary": []}
    split = sources.Split(texts, [trained.labels[0]] * len(texts), [])
    predictions = [
        {
            "text": line,
            "label": trained.labels[row.argmax()],
            "probability": float(row.max()),
            "probabilities": dict(zip(trained.labels, map(float, row), strict=True)),
        }
        for line, row in zip(texts, probabilities(trained, split)[0], strict=True)
    ]
    lines = [
        f"{item['label']}\t{item['probability']:.4f}\t{report.shorten(text.clean(item['text']))}"
        for item in predictions
    ]
    return {"predictions": predictions, "summary": lines}
