"""Settings and options of the captioning recipe, and its search space."""

import dataclasses
from typing import Annotated, ClassVar, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import NOT_COMPARED, Count, CountOrZero, Paths, Share
from recipes.common.errors import UserError
from recipes.common.writing import sizes

# By training pictures, at least so many: Flickr8k has 6,000.
SIZES = (
    (
        4_000,
        {
            "vocab_size": 2_500, "embedding_dim": 256, "units": 512, "attention_dim": 256,
            "epochs": 10, "patience": 3,
        },
    ),
    (
        1_000,
        {
            "vocab_size": 1_500, "embedding_dim": 192, "units": 256, "attention_dim": 192,
            "epochs": 15, "patience": 4,
        },
    ),
    (
        0,
        {
            "vocab_size": 1_000, "embedding_dim": 128, "units": 128, "attention_dim": 128,
            "epochs": 30, "patience": 6,
        },
    ),
)  # fmt: skip
SMALL = "small"  # a network for images without pretrained weights


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a captioning run."""

    RENAMED: ClassVar = {"draws": "captions_per_picture", "together": "captions_per_row"}

    data: str = "rendered_scenes"
    """An embedded set, a catalogue name, a folder, or a folder and a list with a comma between."""
    run: str = "runs/captioning"
    """Directory for everything this run writes."""
    captions: Paths = ""
    """File of captions, if it has none of the usual names or lies outside the folder of --data."""
    cache: Annotated[str, NOT_COMPARED] = "runs/cache"
    """Folder for the features of a frozen network or the pixels of pictures, computed once."""
    cnn: str = "EfficientNetV2B0"
    """Network of keras.applications, or small: six convolutions that are trained too."""
    cnn_weights: Paths = "imagenet"
    """imagenet, a file of weights without top, or nothing for random ones."""
    train_cnn: bool = False
    """Train the network too, from the start; its features cannot be kept then."""
    image_size: int = 224
    """Height and width to which pictures are squeezed."""
    augment_share: Share = 0.0
    """Share of their size by which pictures are moved at random, where the network is trained."""
    mirror: bool = False
    """Mirror every other training picture; not where captions tell left from right."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """Units of text that become tokens."""
    vocab_size: CountOrZero = 0
    """Token ids at most; 0 to follow the number of pictures, up to 2,500."""
    lowercase: bool = True
    """Treat upper and lower case alike."""
    max_length: int = 40
    """Tokens of a caption; longer ones are cut."""
    buckets: int = 3
    """Padded lengths at most, each of which is traced once."""
    captions_per_picture: int = 5
    """Captions of a picture that an epoch uses, chosen anew each time."""
    captions_per_row: int = 1
    """Of these, captions that share a row of a batch, so that the network for images runs once."""
    monitor: Literal["cider", "bleu4"] = "cider"
    """Score of greedy captions that chooses the best epoch."""
    validation_images: int = 1_000
    """Validation pictures at most that are captioned for it after each epoch."""
    beam: int = 5
    """Width of the beam when a finished run writes."""
    length_penalty: float = 1.2
    """Exponent by which beam search favours long captions."""
    model: Literal["show_attend_and_tell", "show_and_tell"] = "show_attend_and_tell"
    """Attention to positions of the picture before each word, or one look before the first."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    image_dim: CountOrZero = 256
    """Width of a tanh layer over the features of a position; 0 for none."""
    embedding_dim: CountOrZero = 0
    """Width of a token's vector; 0 to follow the number of pictures, up to 256."""
    units: CountOrZero = 0
    """Width of the state; 0 to follow the number of pictures, up to 512."""
    attention_dim: CountOrZero = 0
    """Width of the hidden layer that scores a position; 0 to follow it up to 256."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    tie_embeddings: bool = False
    """Use the embedding as output weights."""
    dropout: Share = 0.4
    """Share of features dropped from pictures, embeddings, between layers and before the logits."""
    doubly_stochastic: float = 0.1
    """Weight of the loss that asks for attention of 1 on each position over all words; of a grid
    with hardly more positions than a caption has words, the paper's 1 makes all attention even."""
    label_smoothing: Share = 0.1
    """Share of a label's probability that goes to all tokens."""
    scheduled_sampling: Share = 0.0
    """Share of its own tokens that the decoder reads in the last epoch of training."""
    batch_size: int = 64
    """Pictures a step, over all GPUs together."""
    epochs: CountOrZero = 0
    """Passes over the training data, at most; 0 to follow the number of pictures, from 10 up."""
    patience: CountOrZero = 0
    """Epochs without a better validation result before training stops; 0 for 3, or more for few
    pictures, whose epochs are short."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""
    fine_tune_epochs: CountOrZero = 0
    """Epochs of a second stage in which the network for images is trained too, from pixels."""
    fine_tune_rate: float = 1e-4
    """Highest learning rate of that stage."""
    self_critical_epochs: CountOrZero = 0
    """Epochs of a last stage, in which sampled captions are weighted by their CIDEr-D."""
    self_critical_rate: float = 2e-4
    """Highest learning rate of that stage."""

    @property
    def end_to_end(self):
        """True if the network for images is trained from the start, from pixels."""
        return self.train_cnn or self.cnn == SMALL

    @property
    def size(self):
        """`(H, W)` of pictures."""
        return (self.image_size, self.image_size)

    @property
    def objective(self):
        """The score of greedy captions that chooses the best epoch."""
        return f"val_{self.monitor}"

    def sized(self, examples):
        """Vocabulary, network and epochs by the number of training pictures."""
        return sizes.chosen(self, SIZES, examples)

    @property
    def input_column(self):
        """Column of a table of names of pictures."""
        return "image"

    def check(self):
        """Refuse numbers beyond their limits and settings that contradict each other."""
        super().check()
        if self.cnn == SMALL and self.cnn_weights:
            raise UserError("--cnn small has no weights to start from; give --cnn-weights ''.")
        if self.captions_per_picture % self.captions_per_row:
            raise UserError(
                "--captions-per-picture must be a multiple of --captions-per-row; got "
                f"{self.captions_per_picture} and {self.captions_per_row}."
            )
        if self.image_size < 32:
            raise UserError(f"--image-size must be at least 32; got {self.image_size}.")

    @classmethod
    def embedded(cls):
        """Settings for the embedded scenes, small pictures in few words."""
        return cls(
            cnn="small",
            cnn_weights="",
            image_size=64,
            pieces="words",
            max_length=24,
            vocab_size=200,
            captions_per_picture=5,
            captions_per_row=5,
            batch_size=32,
            validation_images=200,
            beam=1,
            # Behind a tanh, the network for images would be slow to learn shapes.
            image_dim=0,
            embedding_dim=128,
            units=128,
            attention_dim=64,
            dropout=0.0,
            doubly_stochastic=0.0,
            label_smoothing=0.05,
            warmup_epochs=0.5,
            epochs=10,
            patience=3,
            learning_rate=2.5e-3,
        )


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run: BLEU-1 to 4, CIDEr-D, ROUGE-L, and the same with pictures shuffled."""

    captions: str = ""
    """File of captions for the folder of --data, if it has none of the usual names."""
    encoding: str = ""
    """Encoding of that file; the run's own by default."""
    beam: CountOrZero = 0
    """Width of the beam, 1 for greedy; 0 for the run's own."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Caption files of pictures, or those named in the lines of standard input with `-`."""

    ARE_TEXTS: ClassVar = False

    beam: CountOrZero = 0
    """Width of the beam, 1 for greedy; 0 for the run's own."""
    n_best: Count = 1
    """Captions of each picture."""
    plot: str = ""
    """PNG file for a picture of the attention, a panel a word."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained captioner in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel writes as the run does; ONNX and LiteRT are encoder, step and a greedy loop."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "vocab_size": hp.Choice("vocab_size", [2_000, 4_000, 8_000]),
        "max_length": hp.Choice("max_length", [30, 40]),
        "batch_size": hp.Choice("batch_size", [32, 64, 128]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [256, 512]),
        "dropout": hp.Float("dropout", 0.1, 0.6, step=0.1),
        "doubly_stochastic": hp.Choice("doubly_stochastic", [0.0, 0.3, 1.0]),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.1]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 3e-3, sampling="log"),
    }
