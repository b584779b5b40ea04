"""Settings of the music recipe, and what a search tries."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Count, CountOrZero, Positive, Range, Share
from recipes.common.writing import sizes

NAMES = ("num_layers", "units", "embedding_dim", "batch_size", "epochs")
# By the least number of training frames; the README has what they were chosen by.
SIZES = (
    (100_000, (2, 256, 128, 32, 20)),
    (10_000, (2, 256, 128, 16, 40)),
    (0, (1, 128, 64, 16, 30)),
)


@dataclasses.dataclass(frozen=True)
class Config(configs.LanguageModel):
    """Settings of a music run."""

    data: configs.Paths = "rule_chorales"
    """Embedded chorales, a JSON file of piano rolls, a MIDI file, or a folder of such files."""
    run: str = "runs/music"
    """Directory for everything this run writes."""
    frames_per_quarter: CountOrZero = 0
    """Frames a quarter note; 0 for what a JSON file's name says, else 1, or 2 of MIDI files."""
    transpose: Literal["auto", "on", "first", "off"] = "auto"
    """Transpose training pieces anew in each epoch, or in the first ones; auto: by their keys."""
    transposed_share: Share = 0.6
    """Share of the epochs that are the first."""
    frame_context: bool = True
    """Let each step read the notes that its frame has so far, and those of the frame before."""
    compare: bool = True
    """Train the frame model, a sigmoid for each key, beside the network."""
    frame_units: int = 384
    """Width of the state of the frame model."""
    frame_dropout: Share = 0.6
    """Share of features that the frame model drops."""
    frame_epochs: int = 90
    """Passes over the training data for the frame model, at most."""
    frame_learning_rate: Positive = 8e-3
    """Highest learning rate of the frame model."""
    frame_transposed_share: Share = 0.4
    """Share of the frame model's epochs, the first, with transposed pieces, if they share a key."""
    validation_share: configs.PositiveShare = 0.05
    """Share of the remaining pieces split off for validation."""
    dropout: Share = 0.6
    """Share of features dropped from each layer's output."""
    embedding_dropout: Share = 0.3
    """Share of features dropped from the embeddings."""
    steps: Count = 96
    """Notes that the states move on by in a training step."""
    learning_rate: Positive = 3e-3
    """Highest learning rate of the schedule."""
    average: Share = 0.99
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    patience: int = 100
    """Epochs without a better validation result before training stops."""

    @classmethod
    def embedded(cls):
        """A smaller network for the chorales that code has made, which are soon learnt."""
        return cls(
            num_layers=1,
            units=192,
            embedding_dim=96,
            dropout=0.15,
            embedding_dropout=0.0,
            epochs=40,
            frame_units=256,
            frame_dropout=0.5,
            frame_epochs=60,
            frame_learning_rate=2e-3,
            frame_transposed_share=0.0,
        )

    def sized(self, examples):
        """Network, streams and epochs by the number of training pieces, of sixty frames each."""
        table = [(least / 60, dict(zip(NAMES, row, strict=True))) for least, row in SIZES]
        return sizes.chosen(self, table, examples)


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Write music: from nothing, on from a piece, or voices under a melody."""

    ARE_TEXTS: ClassVar = False

    inputs: cli.Positional[tuple[str, ...]] = ()
    """MIDI files to go on with, each by itself."""
    prime: str = ""
    """A MIDI file to go on with."""
    harmonise: str = ""
    """A MIDI file whose highest notes are a melody; the other voices are written under it."""
    length: CountOrZero = 32
    """Quarter notes to write; 0 for a piece that ends by itself."""
    count: Count = 1
    """Pieces to write for each input."""
    temperature: Positive = 1.0
    """Below 1 for likelier notes, above 1 for rarer ones."""
    top_p: Positive = 1.0
    """Draw from the likeliest notes that together have this probability; 1 for all."""
    width: CountOrZero = 0
    """Hypotheses of the beam search by which a melody is harmonised; 0 for the usual number."""
    transpose: bool = True
    """Write in the register and key that the network knows, and transpose back."""
    seed: Annotated[int, Range(0, 2**32)] = 0
    """The same seed writes the same music."""
    tempo: Annotated[float, Range(10, 400)] = 80.0
    """Quarter notes a minute."""
    midi: str = ""
    """MIDI file to write; of several pieces each has its number in the name."""
    wav: str = ""
    """Sound file to write, by a simple synthesiser."""
    plot: str = ""
    """Picture of the roll to write, a PNG file."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained network in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX and LiteRT for other runtimes."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "batch_size": hp.Choice("batch_size", [8, 16, 32]),
        "steps": hp.Choice("steps", [64, 96, 160]),
        "num_layers": hp.Choice("num_layers", [1, 2, 3]),
        "units": hp.Choice("units", [128, 256, 384]),
        "dropout": hp.Float("dropout", 0.2, 0.7, step=0.1),
        "embedding_dropout": hp.Float("embedding_dropout", 0.0, 0.4, step=0.1),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }
