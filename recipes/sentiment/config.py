"""Settings of the sentiment recipe, and what a search tries."""

import dataclasses
import math
from typing import Annotated, Literal

import tyro

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import CountOrZero, Share
from recipes.sentiment.renaming import renames

NAMES = ("vocab_size", "embedding_dim", "units", "batch_size")
# Below so many training examples, these sizes; the README has what they were chosen by.
SIZES = {
    1_000: (2_000, 64, 32, 8),
    5_000: (8_000, 128, 64, 16),
    20_000: (12_000, 128, 64, 32),
    math.inf: (20_000, 128, 64, 32),
}


def sizes(examples):
    """Settings that fit an amount of data, by name.

    Args:
        examples: Training examples.
    """
    return dict(zip(NAMES, next(SIZES[n] for n in SIZES if examples < n), strict=True))


@dataclasses.dataclass(frozen=True)
class Config(configs.Config):
    """Settings of a sentiment run."""

    data: str = "grammar_reviews"
    """An embedded set, a catalogue name as imdb_reviews, a file or folder, or pos.txt,neg.txt."""
    run: str = "runs/sentiment"
    """Directory for everything this run writes."""
    text_column: str = "text"
    """Column of a file that holds the texts; recognised where there is none of this name."""
    label_column: str = "label"
    """Column of a file that holds the labels; recognised where there is none of this name."""
    header: str = ""
    """Names of the columns of files without a header line, as in text,label."""
    labels: str = ""
    """Other names for the labels in the data, as in 0=neg,1=pos."""
    balance: bool = False
    """Let rare labels weigh as much as common ones in the training."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """Units of text that become tokens."""
    vocab_size: CountOrZero = 0
    """Token ids at most; 0 to follow the amount of data."""
    lowercase: bool = True
    """Make upper and lower case the same."""
    max_length: int = 800
    """Tokens a text; longer ones lose their middle."""
    buckets: int = 8
    """Padded lengths at most, each of which is traced once."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    embedding_dim: CountOrZero = 0
    """Width of a token's vector; 0 to follow the amount of data."""
    embeddings: Literal["random", "cooccurrence"] = "cooccurrence"
    """Initial embeddings: random, or from co-occurrence in the training texts."""
    units: CountOrZero = 0
    """Width of the state, for each direction; 0 to follow the amount of data."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    bidirectional: bool = True
    """Let each layer also read from the end."""
    pooling: Literal["last", "max", "mean", "attention"] = "max"
    """Pooling of the states over time into one vector."""
    dropout: Share = 0.5
    """Share of features dropped between layers and before the logits."""
    embedding_dropout: Share = 0.2
    """Share of features dropped from the embeddings."""
    word_dropout: Share = 0.3
    """Share of the vocabulary forgotten in each training text."""
    batch_size: CountOrZero = 0
    """Examples a step, over all GPUs together; 0 to follow the amount of data."""
    epochs: int = 14
    """Passes over the training data, at most."""
    learning_rate: float = 1.5e-3
    """Highest learning rate of the schedule."""

    @classmethod
    def embedded(cls):
        """The settings that fit the embedded data, whatever part of it is taken."""
        return cls(**sizes(20_000))

    def sized(self, examples):
        """Vocabulary and sizes of the network where they are left at 0, and recognised columns."""
        fitting = sizes(examples).items()
        chosen = {name: value for name, value in fitting if not getattr(self, name)}
        columns = {"text_column": self.text_column, "label_column": self.label_column}
        usual = type(self)()
        return chosen | {
            name: value for name, value in columns.items() if value != getattr(usual, name)
        }

    def check(self):
        """Refuse settings out of bounds, and names of labels that are none."""
        super().check()
        renames(self.labels)

    @property
    def objective(self):
        """The accuracy of the epoch with the best cross-entropy."""
        return "val_accuracy"

    @property
    def input_column(self):
        """Column of a table that `predict` takes where none is named."""
        return self.text_column

    @property
    def input_header(self):
        """Names of the columns of the training's files, if these have no such line."""
        return self.header


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run, on its own test part or on other data."""

    text_column: str = ""
    """Column of the texts in a file of other data; as in the run, or recognised."""
    label_column: str = ""
    """Column of the labels in a file of other data; as in the run, or recognised."""
    header: str = ""
    """Names of the columns of other data without a header line, as in text,label."""
    encoding: str = ""
    """Encoding of files of other data; that of the run by default."""
    labels: str = ""
    """Names for the labels of other data, as in 0=neg,1=pos; those of the run by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Label arguments, the lines of standard input with `-`, or the texts of a file."""

    column: Annotated[str, tyro.conf.arg(aliases=["--text-column"])] = ""
    """Column of that file, that of the run by default; in a table without names its number."""
    label_column: str = ""
    """Not read: with it the options of a training can be repeated here."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained classifier in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


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
