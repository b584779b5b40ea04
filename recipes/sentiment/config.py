"""Settings of the sentiment recipe, and what a search tries."""

import dataclasses
from typing import Literal

from recipes.common import config as configs
from recipes.common.config import Share


@dataclasses.dataclass(frozen=True)
class Config(configs.Config):
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
    """Units of text that become tokens."""
    vocab_size: int = 20_000
    """Token ids at most; a small corpus gets fewer."""
    lowercase: bool = True
    """Make upper and lower case the same."""
    max_length: int = 800
    """Tokens a text; longer ones lose their middle."""
    buckets: int = 8
    """Padded lengths at most, each of which is traced once."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    embedding_dim: int = 128
    """Width of a token's vector."""
    embeddings: Literal["random", "cooccurrence"] = "cooccurrence"
    """Initial embeddings: random, or from co-occurrence in the training texts."""
    units: int = 64
    """Width of the state, for each direction."""
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
    epochs: int = 14
    """Passes over the training data, at most."""
    learning_rate: float = 1.5e-3
    """Highest learning rate of the schedule."""

    @property
    def objective(self):
        """The accuracy of the epoch with the best cross-entropy."""
        return "val_accuracy"

    @property
    def input_column(self):
        """Column of a table that `predict` takes where none is named."""
        return self.text_column

    @property
    def columns(self):
        """Names of the text column and the label column."""
        return self.text_column, self.label_column


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
