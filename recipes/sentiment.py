"""Sentiment: label a text with a recurrent network, beside models that lose the word order.

python -m recipes.sentiment                                    # embedded reviews, offline
python -m recipes.sentiment train --data imdb_reviews --run runs/imdb
python -m recipes.sentiment train --data reviews.csv.gz --run runs/mine
python -m recipes.sentiment predict --run runs/mine "not bad at all"
"""

import dataclasses
import pathlib
import sys
import time
from typing import Any, Literal

from recipes.common import batching, classification, config, devices, report, runs, sources, text
from recipes.common import classification_report as pages
from recipes.common.terminal import say

RECIPE = "sentiment"
CATALOG = "imdb_reviews"


@dataclasses.dataclass(frozen=True)
class Config(config.Config):
    """Settings of a sentiment run."""

    data: str = "grammar_reviews"
    """An embedded data set, a catalogue name such as imdb_reviews, or a CSV or TSV file."""
    run: str = "runs/sentiment"
    """Directory for everything this run writes."""
    text_column: str = "text"
    """Column of a file that holds the texts."""
    label_column: str = "label"
    """Column of a file that holds the labels."""
    header: str = ""
    """Names of the columns of files without a header line, as in text,label."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """What a token is."""
    vocab_size: int = 8000
    """Token ids at most; a small corpus gets fewer."""
    lowercase: bool = True
    """Whether upper and lower case are the same."""
    max_length: int = 400
    """Tokens a text; longer ones lose their middle."""
    buckets: int = 8
    """Padded lengths at most, each of which is traced once."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    embedding_dim: int = 64
    """Width of a token's vector."""
    units: int = 64
    """Width of the state, for each direction."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    bidirectional: bool = True
    """Whether each layer also reads from the end."""
    pooling: Literal["last", "max", "mean", "attention"] = "max"
    """How the states over time become one vector."""
    dropout: float = 0.2
    """Share of features dropped, on embeddings, between layers and before the logits."""
    word_dropout: float = 0.0
    """Share of the vocabulary forgotten in each training text."""
    epochs: int = 10
    """Passes over the training data, at most."""
    batch_size: int = 64
    """Examples a step, over all GPUs together."""
    learning_rate: float = 3e-3
    """Highest learning rate of the schedule."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "vocab_size": hp.Choice("vocab_size", [2_000, 8_000, 16_000]),
        "max_length": hp.Choice("max_length", [100, 200, 400]),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [32, 64, 128]),
        "pooling": hp.Choice("pooling", ["last", "max", "mean", "attention"]),
        "dropout": hp.Float("dropout", 0.0, 0.6, step=0.1),
        "word_dropout": hp.Float("word_dropout", 0.0, 0.6, step=0.1),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


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


def load_data(config, directory):
    """Read, split, tokenise and bucket; the tokenizer and the labels stay in the directory."""
    parts, sha256 = sources.load(config, (config.text_column, config.label_column), config.header)
    labels = sorted(set(parts["train"].labels))
    runs.keep(
        directory / "data.json",
        {
            "data": config.data,
            "sha256": sha256,
            "labels": labels,
            "sizes": {name: len(part) for name, part in parts.items()},
        },
    )
    cleaned = [text.clean(line) for line in parts["train"].texts]
    tokenizer = text.tokenizer(
        directory, cleaned, config.vocab_size, config.pieces, config.lowercase
    )
    sequences = {name: _encode(part, tokenizer, labels, config) for name, part in parts.items()}
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


def _encode(split, tokenizer, labels, config):
    index = {label: number for number, label in enumerate(labels)}
    ids = text.encode(tokenizer, split.texts, config.max_length)
    return batching.Sequences.of(ids, [index[label] for label in split.labels])


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    import zoo

    return zoo.rnn_classifier(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        bidirectional=config.bidirectional,
        pooling=config.pooling,
        dropout=config.dropout,
        word_dropout=config.word_dropout,
    )


def build_bag_of_words(config, facts):
    """The network that gets the same tokens and loses their order."""
    import zoo

    return zoo.bag_of_words_classifier(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        dropout=config.dropout,
        word_dropout=config.word_dropout,
    )


def fit(config, directory, build, data):
    """Build, compile and train one network; give it back with its history and seconds."""
    from recipes.common import training

    with devices.strategy().scope():
        model = build(config, data.facts)
        classification.compile_model(model, config, len(data.train))
    say(devices.describe(model, config.jit))
    return model, *training.fit(model, data.train, data.validation, config, directory)


def train(config):
    """Train, measure beside the baselines, and write model, metrics, plots and report."""
    started = time.monotonic()
    devices.start(config)
    directory = runs.prepare(RECIPE, config)
    if (directory / "metrics.json").exists():
        say(f"The run in {directory} is complete; these are its results.")
        return pages.summary(directory, runs.read_json(directory / "metrics.json"))
    data = load_data(config, directory)
    model, history, seconds = fit(config, directory, build_model, data)
    runs.save_model(model, directory / "model.keras")

    say("Measuring, and training the baselines.")
    truth = data.test.sequences.labels
    predicted = classification.probabilities(model, data.test)
    folder = directory / "bag_of_words"
    folder.mkdir(exist_ok=True)
    bag_of_words, _, bag_seconds = fit(config, folder, build_bag_of_words, data)
    texts = [
        (part.texts, getattr(data, name).sequences.labels) for name, part in data.parts.items()
    ]
    metrics = {
        "test": classification.measure(predicted, truth),
        "validation": {"accuracy": max(row["val_accuracy"] for row in history)},
        "baselines": {
            "linear": classification.linear_baseline(*texts),
            "bag_of_words": classification.measure(
                classification.probabilities(bag_of_words, data.test), truth
            ),
            "majority": classification.majority_baseline(texts[0][1], truth),
        },
        "seconds": {
            "train": seconds,
            "bag_of_words": bag_seconds,
            "all": time.monotonic() - started,
        },
        "parameters": model.count_params(),
        "epochs": len(history),
    }
    pages.write(RECIPE, directory, config, data, model, history, predicted, metrics)
    runs.write_json(directory / "metrics.json", metrics)
    return pages.summary(directory, metrics)


def restore(run, gpus=True):
    """Settings, labels, tokenizer and model of a finished run."""
    directory = pathlib.Path(run)
    config = runs.read_config(directory, RECIPE, Config)
    labels = runs.read_json(directory / "data.json")["labels"]
    tokenizer = text.load(directory)
    devices.start(config, gpus)
    model = build_model(config, {"vocab_size": tokenizer.vocab_size(), "num_classes": len(labels)})
    runs.load_weights(model, directory / "model.keras")
    return config, labels, tokenizer, model


def batches_of(split, config, labels, tokenizer):
    """A split as batches that a finished run can read."""
    sequences = _encode(split, tokenizer, labels, config)
    boundaries = batching.bucket_boundaries(sequences.lengths, config.buckets)
    return batching.Batches(sequences, min(config.batch_size, len(split)), boundaries)


def evaluate(run, data):
    """Metrics of a finished run on its own test part or on other data."""
    config, labels, tokenizer, model = restore(run)
    columns = (config.text_column, config.label_column)
    if data:
        split = sources.load_one(data, config, columns, config.header)
        sources.check_labels(split, labels)
    else:
        split = sources.load(config, columns, config.header)[0]["test"]
    batches = batches_of(split, config, labels, tokenizer)
    metrics = classification.measure(
        classification.probabilities(model, batches), batches.sequences.labels
    )
    rows = [(name, value) for name, value in metrics.items()]
    return {
        "data": data or f"{config.data} (test part)",
        "examples": len(split),
        "test": metrics,
        "summary": [f"{len(split):,} examples of {data or config.data}", report.columns(rows)],
    }


def predict(run, inputs):
    """The label of each text with its probability."""
    from recipes.common.terminal import lines_of

    config, labels, tokenizer, model = restore(run)
    texts = list(lines_of(inputs))
    if not texts:
        return {"predictions": [], "summary": []}
    split = sources.Split(texts, [labels[0]] * len(texts), [])
    batches = batches_of(split, config, labels, tokenizer)
    predictions = [
        {
            "text": line,
            "label": labels[row.argmax()],
            "probability": float(row.max()),
            "probabilities": dict(zip(labels, map(float, row), strict=True)),
        }
        for line, row in zip(texts, classification.probabilities(model, batches), strict=True)
    ]
    return {
        "predictions": predictions,
        "summary": [
            f"{item['label']}\t{item['probability']:.4f}\t{report.shorten(item['text'], 200)}"
            for item in predictions
        ],
    }


def trial(config):
    """What a search asks of one configuration: its best validation accuracy."""
    devices.start(config)
    directory = runs.prepare(RECIPE, config)
    data = load_data(config, directory)
    _, history, seconds = fit(config, directory, build_model, data)
    return {"val_accuracy": max(row["val_accuracy"] for row in history), "seconds": seconds}


def tune(config, trials, tuner):
    """Search for settings; the best ones go to `best.json` in the run directory."""
    from recipes.common import tuning

    return tuning.search(__spec__.name, config, search_space, trials, tuner)


def export(run, format):
    """Write the model for use without this package, and check that it gives the same logits."""
    from recipes.common import exporting

    config, labels, tokenizer, model = restore(run, gpus=False)
    return exporting.export_text_classifier(
        run, format, labels, tokenizer, model, config.max_length
    )


def main(argv=None):
    """What the command line asks for."""
    from recipes.common import cli

    return cli.main(
        argv,
        Config,
        program="python -m recipes.sentiment",
        description=__doc__,
        train=train,
        evaluate=evaluate,
        predict=predict,
        tune=tune,
        export=export,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
