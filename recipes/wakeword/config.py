"""Settings and options of the wakeword recipe, and what a search tries."""

import dataclasses
from typing import Annotated, ClassVar, Literal

import tyro

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import CountOrZero, Paths, Positive, Range, Share
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.datasets.speech import pico_engine

SYNTHETIC = "spoken_phrase"


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a wakeword run."""

    DEFAULTS_OF_OLDER_RUNS: ClassVar = {"noise_floor": 0.0}
    RENAMED: ClassVar = {"masking": "noise_floor"}

    data: str = SYNTHETIC
    """spoken_phrase (synthetic voices), speech_commands, or a folder with one for each word."""
    run: str = "runs/wakeword"
    """Directory for everything this run writes."""
    phrase: str = "hey computer"
    """The phrase to listen for, as it is spelt."""
    keyword: str = ""
    """The word of --data to listen for, if that is not spoken_phrase."""
    scale: Positive = 1.0
    """Factor of the number of synthetic utterances."""
    speakers: Literal["auto", "one", "two"] = "auto"
    """Synthesisers: espeak-ng alone, SVOX Pico too, or those that are installed."""
    positives: Paths = ""
    """Folder of the user's recordings of the phrase, one in each file."""
    negatives: Paths = ""
    """Folder of recorded speech without the phrase."""
    noise: Paths = ""
    """Folder of recorded noise."""
    recorded_share: Share = 0.5
    """Share of the training's phrases taken from the user's recordings, where there are some."""
    clip_seconds: Annotated[float, Range(1)] = 2.0
    """Length of a training clip; more for a long phrase."""
    examples: int = 8_000
    """Training clips an epoch."""
    alarms_per_hour: Positive = 0.5
    """False alarms per hour for which the threshold is chosen, on the validation tracks."""
    features: Literal["log_mel", "pcen", "both"] = "both"
    """Mel energies by their logarithm, against their own recent level, or both."""
    num_mels: int = 40
    """Mel bands."""
    noise_floor: float = 0.02
    """Share of a frame's mean power added at every frequency, which masks softer sounds."""
    filters: int = 32
    """Width of the convolution."""
    kernel_size: int = 4
    """Frames that the convolution looks at."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "gru"
    """Recurrent cell."""
    units: int = 64
    """Width of the state."""
    num_layers: int = 2
    """Recurrent layers, one on the other."""
    dropout: Share = 0.1
    """Share of features dropped between layers."""
    mask_steps: CountOrZero = 20
    """Longest run of frames that a training clip loses."""
    mask_mels: CountOrZero = 8
    """Longest run of mel bands that a training clip loses."""
    phrase_weight: float = 4.0
    """Weight in the loss of the frames just after a phrase, which are labelled as such."""
    warmup_epochs: float = 0.5
    """Epochs over which the learning rate rises."""
    average: Share = 0.99
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    mining_epochs: CountOrZero = 6
    """Epochs of a second stage, in which much of the other speech is hard negatives."""
    mining_rate: float = 1e-3
    """Highest learning rate of that stage."""
    batch_size: int = 64
    """Clips a step, over all GPUs together."""
    epochs: int = 18
    """Passes over the training clips, which are mixed anew in each."""
    patience: int = 15
    """Epochs without a better validation result, which swings, before training stops."""
    learning_rate: float = 4e-3
    """Highest learning rate of the schedule."""

    @property
    def words(self):
        """The phrase or word that is listened for."""
        return self.phrase if self.data == SYNTHETIC else self.keyword

    @property
    def input_column(self):
        """Column of the names of files, as `predict --output` writes it too."""
        return "file"

    @property
    def objective(self):
        """Recall on a subset of the dev tracks, averaged over rates of false alarms.

        `detection.measures.SELECTION_RATES` are the rates.
        """
        return "val_recall"

    def check(self):
        """Refuse numbers beyond their limits and settings that contradict each other."""
        super().check()
        if self.data == SYNTHETIC and self.keyword:
            raise UserError(
                "--keyword names a word of --data; for synthetic voices give the words to --phrase."
            )
        if self.data != SYNTHETIC and not self.keyword:
            raise UserError(f"--data {self.data} needs --keyword, the word to listen for.")
        if self.data != SYNTHETIC and self.phrase != Config.phrase:
            raise UserError(
                f"--phrase is what synthetic voices say; of --data {self.data} --keyword names the "
                "word to listen for."
            )
        for name in ("validation", "test", "holdout"):
            if getattr(self, name) != getattr(Config, name):
                raise UserError(
                    f"--{name} is not for recordings: --validation-share and --test-share split "
                    "them, or validation_list.txt and testing_list.txt in a folder of words; other "
                    "ones are measured by evaluate with --positives and --negatives."
                )

    def resolved(self):
        """The settings with the synthesisers that are installed, so that a run keeps to them."""
        if self.data != SYNTHETIC or self.speakers != "auto":
            return self
        if pico_engine.is_there():
            return dataclasses.replace(self, speakers="two")
        tell(
            "Only espeak-ng speaks: with the package ttspico, which a C compiler builds, detectors "
            "hear real voices far better."
        )
        return dataclasses.replace(self, speakers="one")


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run: misses, false alarms per hour, latency, with their intervals."""

    positives: str = ""
    """Folder of recordings of the phrase, one in each file; with it, --data is not used."""
    negatives: str = ""
    """Folder of recorded speech without the phrase."""
    noise: str = ""
    """Folder of noise that is added to all recordings in a second measurement."""
    ratio: float = 10.0
    """Signal-to-noise ratio of that measurement, in decibels."""
    backend: Literal[
        "model", "stream", "litert", "litert_int8", "litert_int16x8", "onnx", "savedmodel"
    ] = "model"  # fmt: skip
    """The whole model, its streaming step, or an exported file."""
    bad_share: float = 0.01
    """Share of unusable recordings that is skipped and counted; more stop the measurement."""
    encoding: str = ""
    """Encoding of lists of recordings; the run's own by default."""
    plot: str = ""
    """PNG file for a picture of misses against false alarms."""
    probability: float | None = None
    """Least probability that counts, from 0 to 1; the one that the run chose by default."""
    threshold: float | None = None
    """The same as a logit, whose scale is finer near 0 and 1; give one of the two."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Times of the phrase in files of sound and in folders of them, or in those that a file lists.

    The names are arguments, the lines of standard input with `-`, or in the file of `--file`.
    """

    ARE_TEXTS: ClassVar = False

    plot: str = ""
    """PNG file for a picture of waveform, spectrogram and scores of the first file."""
    probability: float | None = None
    """Least probability that counts, from 0 to 1; the one that the run chose by default."""
    threshold: float | None = None
    """The same as a logit, whose scale is finer near 0 and 1; give one of the two."""


@dataclasses.dataclass(frozen=True)
class Listen(cli.Verb):
    """Listen to the microphone, or to raw sound as it comes in, until Ctrl-C or its end.

    Raw sound has 16-bit little-endian samples, 16,000 a second, of one channel. Without a source it
    is the microphone, but standard input where that is no terminal. A command is not started again
    for a run while it is running.
    """

    source: cli.Positional[str] = ""
    """`-` or a file: raw samples, 16 kHz 16-bit mono; the microphone if run from a terminal."""
    also: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Directory of a further run that listens too; may be given several times."""
    device: str = ""
    """Number or a part of the name of the microphone; a name that fits none lists them all."""
    on_detection: str = ""
    """Shell command for each detection; it gets $PHRASE, $SECONDS, $PROBABILITY and $RUN."""
    probability: float | None = None
    """Least probability that counts, from 0 to 1; the one that the run chose by default."""
    threshold: float | None = None
    """The same as a logit, whose scale is finer near 0 and 1; give one of the two."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write the streaming step of a trained run for small devices, or the whole as SavedModel."""

    format: Literal["litert", "onnx", "savedmodel"] = "litert"
    """LiteRT or ONNX for one step of 10 ms with its state, SavedModel for whole recordings."""
    quantize: Literal["none", "int8", "int16x8"] = "none"
    """Numbers of a LiteRT file: float32, 8 bits, or 8 bits with states of 16."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "features": hp.Choice("features", ["log_mel", "pcen", "both"]),
        "units": hp.Choice("units", [32, 64, 96]),
        "num_layers": hp.Choice("num_layers", [1, 2]),
        "filters": hp.Choice("filters", [32, 48, 64]),
        "kernel_size": hp.Choice("kernel_size", [3, 5, 9]),
        "clip_seconds": hp.Choice("clip_seconds", [1.6, 2.0, 3.0]),
        "mask_steps": hp.Choice("mask_steps", [0, 10, 20]),
        "phrase_weight": hp.Choice("phrase_weight", [1.0, 2.0, 4.0, 8.0]),
        "dropout": hp.Float("dropout", 0.0, 0.4, step=0.1),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-2, sampling="log"),
    }
