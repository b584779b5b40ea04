"""Settings of the characters recipe, and what a search tries."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Count, CountOrZero, Positive, Range
from recipes.common.errors import UserError
from recipes.common.writing import sizes

CHARACTERS = {"characters": 1, "subwords": 4, "words": 5}  # of a token, about
NAMES = ("num_layers", "units", "embedding_dim", "dropout", "batch_size", "steps", "epochs")
# By the least number of tokens to learn from; the README has what they were chosen by.
OF_CHARACTERS = (
    (20_000_000, (2, 512, 128, 0.0, 64, 128, 2)),
    (3_000_000, (2, 256, 128, 0.0, 64, 64, 3)),
    (200_000, (1, 512, 128, 0.3, 16, 64, 8)),
    (20_000, (1, 256, 128, 0.35, 8, 64, 20)),
    (0, (1, 64, 64, 0.3, 4, 32, 30)),
)
OF_WORDS = (
    (3_000_000, (1, 512, 256, 0.2, 64, 32, 3)),
    (200_000, (1, 512, 256, 0.5, 32, 32, 10)),
    (20_000, (1, 256, 128, 0.5, 16, 32, 15)),
    (0, (1, 64, 64, 0.5, 4, 32, 20)),
)
# Characters of a text for each occurrence that one of them must have to be known.
RARITY = 1_500_000


@dataclasses.dataclass(frozen=True)
class Config(configs.LanguageModel):
    """Settings of a characters run."""

    data: str = "python_source"
    """An embedded set, a catalogue name as tiny_shakespeare, a text file, a table or a folder."""
    run: str = "runs/characters"
    """Directory for everything this run writes."""
    text_column: str = "text"
    """Column of a table that holds the texts; the longest one where none has this name."""
    header: str = ""
    """Names of the columns of tables without a header line, as in id,text."""
    validation_share: configs.PositiveShare = 0.05
    """Share of the remaining text, or of the remaining documents, split off for validation."""
    limit: CountOrZero = 0
    """Thousands of characters of each part at most, for a trial; 0 for all."""
    pieces: Literal["characters", "words", "subwords"] = "characters"
    """Units of text that become tokens."""
    vocab_size: Annotated[int, Range(10)] = 10_000
    """Token ids at most, of words and subwords."""
    min_count: CountOrZero = 0
    """Occurrences below which a character or word is unknown; 0 to follow the amount of data."""
    lowercase: bool = False
    """Make upper and lower case the same."""
    dropout: Annotated[float, Range(-1, 1)] = -1.0
    """Share of features dropped from each layer's output; -1 to follow the amount of data."""
    batch_size: CountOrZero = 0
    """Streams side by side, into which the text is cut; 0 to follow the amount of data."""
    steps: CountOrZero = 0
    """Tokens that the states move on by in a training step (k1); 0 to follow the amount of data."""
    back: CountOrZero = 0
    """Tokens that gradients pass through (k2), at least as many; 0 for as many."""
    learning_rate: Positive = 3e-3
    """Highest learning rate of the schedule."""
    warmup_epochs: float = 0.2
    """Epochs over which the learning rate rises."""

    def sized(self, examples):
        """Vocabulary, network, streams and epochs by the number of training characters."""
        is_characters = self.pieces == "characters"
        rare = max(1, examples // RARITY) if is_characters else 1
        table = [
            (least, {"min_count": rare, **dict(zip(NAMES, values, strict=True))})
            for least, values in (OF_CHARACTERS if is_characters else OF_WORDS)
        ]
        open_ones = dataclasses.replace(self, dropout=0.0)
        found = sizes.chosen(open_ones, table, examples / CHARACTERS[self.pieces])
        follows = self.dropout < 0  # 0 is a share like any other
        return {name: value for name, value in found.items() if follows or name != "dropout"}

    def check(self):
        """Refuse gradients that pass through less than the chunk that has their loss."""
        super().check()
        if 0 < self.back < self.steps:
            raise UserError(f"--back {self.back} must be 0 or at least --steps {self.steps}.")

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
    """Column of the texts in a table of other data; that of the run by default."""
    encoding: str = ""
    """Encoding of files of other data; that of the run by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Go on with a text, or name the likeliest next tokens."""

    SHOWS: ClassVar = True

    inputs: cli.Positional[tuple[str, ...]] = ()
    """Texts to go on with, each by itself; `-` stands for the lines of standard input."""
    prime: str = ""
    """Text to go on with; without any, the model begins."""
    next: CountOrZero = 0
    """Name so many of the likeliest next tokens instead."""
    length: Count = 500
    """Tokens to write: characters, words or subwords."""
    temperature: Positive = 0.8
    """Below 1 for likelier tokens, above 1 for rarer ones."""
    top_k: CountOrZero = 0
    """Draw from so many of the likeliest tokens; 0 for all."""
    top_p: Positive = 1.0
    """Draw from the likeliest tokens that together have this probability; 1 for all."""
    seed: Annotated[int, Range(0, 2**32)] = 0
    """The same seed writes the same text."""


@dataclasses.dataclass(frozen=True)
class Cells(cli.Verb):
    """Find the cells that follow quotes, lines, indentation, brackets, comments or words.

    Cells are chosen on one half of a text and measured on the other, each beside the loss without
    it. Writes `cells.html`, a page of text coloured by the cells, and `cells.png` into the run.
    """

    text: str = ""
    """File to read instead of the run's own test part."""
    encoding: str = ""
    """Its encoding; that of the run by default."""
    kind: Literal["auto", "python", "prose"] = "auto"
    """Whether strings and comments of Python are looked for, or quotes of prose; by the text."""
    length: Annotated[int, Range(2_000, 1_000_001)] = 100_000
    """Characters to read at most."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "batch_size": hp.Choice("batch_size", [16, 32, 64]),
        "steps": hp.Choice("steps", [32, 64, 128]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "num_layers": hp.Choice("num_layers", [1, 2, 3]),
        "units": hp.Choice("units", [128, 256, 512]),
        "dropout": hp.Float("dropout", 0.0, 0.6, step=0.1),
        "layer_norm": hp.Boolean("layer_norm"),
        "learning_rate": hp.Float("learning_rate", 5e-4, 1e-2, sampling="log"),
    }
