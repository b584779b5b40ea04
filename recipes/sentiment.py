"""Sentiment: label a text with a recurrent network, beside models that lose the word order.

python -m recipes.sentiment                                    # embedded reviews, offline
python -m recipes.sentiment train --data imdb_reviews --run runs/imdb
python -m recipes.sentiment train --data reviews.csv.gz --run runs/mine
python -m recipes.sentiment predict --run runs/mine "not bad at all"
"""

import dataclasses
import sys
import time
from typing import Literal

from recipes.common import classification, devices, labelled_text, runs
from recipes.common import classification_report as pages
from recipes.common.terminal import say

RECIPE = "sentiment"
CATALOG = "imdb_reviews"


@dataclasses.dataclass(frozen=True)
class Config(labelled_text.Config):
    """Settings of a sentiment run."""

    data: str = "grammar_reviews"
    """An embedded data set, a catalogue name such as imdb_reviews, or a CSV or TSV file."""
    run: str = "runs/sentiment"
    """Directory for everything this run writes."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    embedding_dim: int = 128
    """Width of a token's vector."""
    embeddings: Literal["random", "cooccurrence"] = "cooccurrence"
    """Where token vectors start: drawn, or from which tokens stand near which in the training."""
    units: int = 64
    """Width of the state, for each direction."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    bidirectional: bool = True
    """Whether each layer also reads from the end."""
    pooling: Literal["last", "max", "mean", "attention"] = "max"
    """How the states over time become one vector."""
    dropout: float = 0.5
    """Share of features dropped between layers and before the logits."""
    embedding_dropout: float = 0.2
    """Share of features dropped from the embeddings."""
    word_dropout: float = 0.3
    """Share of the vocabulary forgotten in each training text."""
    epochs: int = 14
    """Passes over the training data, at most."""
    learning_rate: float = 1.5e-3
    """Highest learning rate of the schedule."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "vocab_size": hp.Choice("vocab_size", [5_000, 10_000, 20_000]),
        "max_length": hp.Choice("max_length", [200, 400, 800]),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [32, 64, 128]),
        "pooling": hp.Choice("pooling", ["last", "max", "mean", "attention"]),
        "dropout": hp.Float("dropout", 0.0, 0.6, step=0.1),
        "word_dropout": hp.Float("word_dropout", 0.0, 0.6, step=0.1),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }


def load_data(config):
    """The parts as batches of `{"tokens": (B, T)}, (B,) labels, (B,) weights`."""
    return labelled_text.load(config, RECIPE)


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
        embedding_dropout=config.embedding_dropout,
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
    from recipes.common import embeddings, training

    with devices.strategy().scope():
        model = build(config, data.facts)
        classification.compile_model(model, config, len(data.train))
    if config.embeddings == "cooccurrence":
        embeddings.start_from_cooccurrence(model, data.train.sequences)
    say(devices.describe(model, config.jit))
    return model, *training.fit(model, data.train, data.validation, config, directory)


def train(config):
    """Train, measure beside the baselines, and write model, metrics, plots and report."""
    started = time.monotonic()
    directory = runs.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        say(f"The run in {directory} is complete; these are its results.")
        return pages.summary(directory, runs.read_json(directory / "metrics.json", pages.NEEDED))
    data = load_data(config)
    devices.start(config)
    model, history, seconds = fit(config, directory, build_model, data)
    runs.save_model(model, directory / "model.keras")

    say("Training the baselines and measuring.")
    probabilities = classification.probabilities(model, data.test)
    truth = data.test.sequences.labels
    folder = runs.subdirectory(directory, "bag_of_words")
    bag_of_words, _, bag_seconds = fit(config, folder, build_bag_of_words, data)
    baselines = {
        "linear": classification.linear_baseline(
            *(data.numbered(part) for part in ("train", "validation", "test"))
        ),
        "bag_of_words": classification.measure(
            classification.probabilities(bag_of_words, data.test), truth
        ),
        "majority": classification.majority_baseline(data.train.sequences.labels, truth),
    }
    metrics = {
        "test": classification.measure(probabilities, truth),
        "validation": classification.validation_of_best(history),
        "baselines": baselines,
        "seconds": {
            "train": seconds,
            "bag_of_words": bag_seconds,
            "last_sitting": time.monotonic() - started,
        },
        "parameters": model.count_params(),
        "epochs": len(history),
    }
    pages.write(RECIPE, directory, config, data, model, history, probabilities, metrics)
    runs.write_json(directory / "metrics.json", metrics)
    return pages.summary(directory, metrics)


def evaluate(run, data):
    """Metrics of a finished run on its own test part or on other data."""
    return labelled_text.evaluate(labelled_text.restore(run, RECIPE, Config, build_model), data)


def predict(run, inputs):
    """The label of each text with its probability."""
    return labelled_text.predict(labelled_text.restore(run, RECIPE, Config, build_model), inputs)


def trial(config):
    """What a search asks of one configuration: its best validation accuracy."""
    directory = runs.check(RECIPE, config)
    data = load_data(config)
    devices.start(config)
    _, history, seconds = fit(config, directory, build_model, data)
    best = classification.validation_of_best(history)
    return {"val_accuracy": best["accuracy"], "seconds": seconds}


def tune(config, trials, tuner):
    """Search for settings; the best ones go to `best.json` in the run directory."""
    from recipes.common import tuning

    return tuning.search(__spec__.name, config, search_space, trials, tuner)


def export(run, format):
    """Write the model for use without this package, and check that it gives the same logits."""
    from recipes.common import exporting

    trained = labelled_text.restore(run, RECIPE, Config, build_model, for_export=True)
    return exporting.export_text_classifier(run, format, trained)


def main(argv=None):
    """What the command line asks for."""
    from recipes.common import cli

    verbs = {
        "train": train,
        "evaluate": evaluate,
        "predict": predict,
        "tune": tune,
        "export": export,
    }
    return cli.main(argv, Config, "python -m recipes.sentiment", __doc__, **verbs)


if __name__ == "__main__":
    main(sys.argv[1:])
