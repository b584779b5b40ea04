"""Settings and options of the video recipe, and its search space."""

import dataclasses
import re
from typing import Annotated, ClassVar, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import NOT_COMPARED, Paths, Range, Share
from recipes.common.errors import UserError

EMBEDDED = "moving_shapes"
SMALL = "small"  # a network for images without pretrained weights
JOBS = ("clip", "frames")


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a video run."""

    data: str = EMBEDDED
    """The embedded set, or a folder: videos in a folder per label, or with a CSV beside each."""
    run: str = "runs/video"
    """Directory for everything this run writes."""
    cache: Annotated[str, NOT_COMPARED] = "runs/cache"
    """Folder for frames of videos or their features by a frozen network, computed once."""
    task: Literal["both", "clip", "frames"] = "clip"
    """Labels of clips, by their folders; of frames, by a CSV; or both, by a network each."""
    labels: str = ""
    """Labels that are allowed, as in wave,jump; any that come if empty."""
    group: str = ""
    """Regular expression of the source in a clip's path, such as (person\\d+): clips of one source
    stay in one part. Names as of UCF-101 are known; other clips are each a source of its own."""
    frames: int = 16
    """Frames of a clip that the network reads, or of a stretch of a video with frame labels."""
    fps: float = 0.0
    """Frames a second; 0 spreads them evenly over a clip, and with frame labels takes all."""
    folder_fps: Annotated[float, Range(excluded=True)] = 25.0
    """Frames a second of folders of frames, which do not tell."""
    image_size: Annotated[int, Range(8)] = 112
    """Height and width to which frames are squeezed."""
    cnn: str = SMALL
    """Network of keras.applications, such as MobileNetV2, or small: a few convolutions."""
    cnn_weights: Paths = ""
    """imagenet, a file of weights without top, or nothing for random ones."""
    train_cnn: bool = False
    """Train that network too, from pixels; otherwise its features are kept on the disk."""
    augment_share: Share = 0.1
    """Share of their size by which clips are moved at random, and twice it their light."""
    mirror: bool = False
    """Mirror every other training clip; not where labels tell left from right."""
    filters: int = 32
    """Width of the small network's convolutions."""
    frame_dim: int = 128
    """Width of the dense layer over the features of a frame."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    units: int = 128
    """Width of the state, for each direction."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    bidirectional: bool = False
    """Read from the end too; frame labels then cannot be given as a video comes in."""
    pooling: Literal["last", "max", "mean", "attention"] = "last"
    """Pooling of the states over time into one vector, for the label of a clip."""
    dropout: Share = 0.3
    """Share of features dropped before each recurrent layer and before the logits."""
    bad_share: Share = 0.05
    """Share of unusable clips that is skipped and counted; more stop the run."""
    batch_size: int = 16
    """Clips a step, over all GPUs together."""
    epochs: int = 40
    """Passes over the training data, at most."""
    patience: int = 8
    """Epochs without a better validation result before training stops."""
    learning_rate: float = 1e-3
    """Highest learning rate of the schedule."""

    @classmethod
    def embedded(cls):
        """Settings for the embedded clips, which are small and many."""
        return cls(
            task="both",
            frames=20,
            image_size=24,
            augment_share=0.04,
            frame_dim=64,
            units=64,
            dropout=0.1,
            batch_size=32,
            epochs=12,
            patience=4,
            learning_rate=3e-3,
        )

    @property
    def jobs(self):
        """The jobs to learn, a network each: `"clip"`, `"frames"`."""
        return JOBS if self.task == "both" else (self.task,)

    @property
    def size(self):
        """`(H, W)` of frames."""
        return (self.image_size, self.image_size)

    @property
    def from_features(self):
        """True if a network is trained on kept features of a frozen network for images."""
        return self.cnn != SMALL and not self.train_cnn

    @property
    def names(self):
        """The labels that are allowed; empty for any."""
        return [name.strip() for name in self.labels.split(",") if name.strip()]

    @property
    def objective(self):
        """The accuracy, over clips or over frames, of the epoch with the best cross-entropy."""
        return "val_accuracy"

    @property
    def input_column(self):
        """Column of a table of names of videos."""
        return "video"

    def check(self):
        """Refuse numbers beyond their limits and settings that contradict each other."""
        super().check()
        if self.cnn == SMALL and (self.cnn_weights or self.train_cnn):
            option = "--cnn-weights" if self.cnn_weights else "--train-cnn"
            raise UserError(f"{option} is for a network of keras.applications; name it with --cnn.")
        try:
            re.compile(self.group)
        except re.error as error:
            raise UserError(f"--group {self.group} is no regular expression: {error}.") from None


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Label videos, folders of frames, or those named in the lines of standard input with `-`."""

    ARE_TEXTS: ClassVar = False

    plot: str = ""
    """PNG file for a strip of the frames with their labels; those of several are numbered."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write the trained networks in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "litert"] = "savedmodel"
    """SavedModel for TensorFlow and its server; LiteRT for small devices, frame labels frame by
    frame."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "batch_size": hp.Choice("batch_size", [16, 32, 64]),
        "augment_share": hp.Choice("augment_share", [0.0, 0.04, 0.1]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "filters": hp.Choice("filters", [16, 32, 64]),
        "units": hp.Choice("units", [32, 64, 128]),
        "pooling": hp.Choice("pooling", ["last", "max", "mean", "attention"]),
        "dropout": hp.Float("dropout", 0.0, 0.5, step=0.1),
        "learning_rate": hp.Float("learning_rate", 3e-4, 1e-2, sampling="log"),
    }
