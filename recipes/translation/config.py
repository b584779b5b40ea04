"""Settings and options of the translation recipe, and its search space."""

import dataclasses
from typing import ClassVar, Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Count, CountOrZero, Share
from recipes.common.errors import UserError
from recipes.common.writing import sizes

# By training pairs, at least so many; README.md compares the last with the first on 2,000 pairs.
SIZES = (
    (
        16_000,
        {
            "vocab_size": 5_000, "token_budget": 1_500, "embedding_dim": 256, "units": 256,
            "attention_dim": 256, "epochs": 20, "patience": 3,
        },
    ),
    (
        5_000,
        {
            "vocab_size": 3_000, "token_budget": 1_000, "embedding_dim": 192, "units": 192,
            "attention_dim": 192, "epochs": 30, "patience": 4,
        },
    ),
    (
        0,
        {
            "vocab_size": 2_000, "token_budget": 500, "embedding_dim": 128, "units": 128,
            "attention_dim": 128, "epochs": 40, "patience": 6,
        },
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a translation run."""

    data: str = "grammar_pairs"
    """An embedded set, a catalogue name, a TSV, CSV or JSON lines file, or two parallel files with
    a comma between."""
    run: str = "runs/translation"
    """Directory for everything this run writes."""
    source_column: int | str = 0
    """Column of a file that has the sources: its number from 1, or its name in a file with names;
    0 to recognise the two of sentences."""
    target_column: int | str = 0
    """Column of a file that has the translations."""
    reverse: bool = False
    """Translate from the second language to the first."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """Kind of token."""
    vocab_size: CountOrZero = 0
    """Token ids of a tokenizer at most; 0 to follow the number of pairs, up to 5,000."""
    shared_vocabulary: bool = True
    """One tokenizer for both languages, instead of one each."""
    lowercase: bool = False
    """Treat upper and lower case alike, in training and in scores."""
    max_length: int = 100
    """Tokens a side; longer pairs are left out of training, longer sources cut."""
    token_budget: CountOrZero = 0
    """Padded tokens a batch, over all GPUs together; 0 to follow the number of pairs."""
    buckets: int = 4
    """Padded lengths at most, each of which is traced once."""
    batch_size: int = 64
    """Sentences written at once."""
    monitor: Literal["auto", "bleu", "chrf"] = "auto"
    """Score that chooses the best epoch; by default BLEU, or chrF where most validation targets
    have fewer than four words, for which BLEU is 0."""
    bleu_tokenize: Literal["auto", "13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none"] = (
        "auto"
    )
    """Tokenizer of sacreBLEU; by default the one for the script of the references."""
    validation_sentences: int = 2_000
    """Validation sentences that are translated for it after each epoch, at most."""
    beam: int = 5
    """Width of the beam when a finished run translates."""
    length_penalty: float = 1.0
    """Exponent by which beam search favours long outputs."""
    model: Literal["bahdanau_seq2seq", "luong_seq2seq", "seq2seq"] = "bahdanau_seq2seq"
    """Attention inside the decoder's step, after it, or none."""
    compare: bool = True
    """Run the same training without attention beside it."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "gru"
    """Recurrent cell."""
    embedding_dim: CountOrZero = 0
    """Width of a token's vector; 0 to follow the number of pairs, up to 256."""
    units: CountOrZero = 0
    """Width of the state, in the encoder for each direction; 0 as for --embedding-dim."""
    attention_dim: CountOrZero = 0
    """Width of the hidden layer that scores a source token; 0 as for --embedding-dim."""
    num_layers: int = 1
    """Recurrent layers of encoder and decoder, one on the other."""
    tie_embeddings: bool = True
    """Use the target embedding as output weights."""
    dropout: Share = 0.3
    """Share of features dropped from embeddings, between layers and before the logits."""
    label_smoothing: Share = 0.1
    """Share of a label's probability that goes to all tokens."""
    scheduled_sampling: Share = 0.0
    """Share of its own tokens that the decoder reads in the last epoch of training."""
    epochs: CountOrZero = 0
    """Passes over the training data, at most; 0 to follow the number of pairs, from 20 up."""
    patience: CountOrZero = 0
    """Epochs without a better validation result before training stops; 0 for 3, or more for few
    pairs, whose epochs are short."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""

    @property
    def objective(self):
        """The score of greedy output by which the best epoch is chosen.

        Which one it is, `--monitor auto` leaves to the data, whose run has the answer.
        """
        return "val_score" if self.monitor == "auto" else f"val_{self.monitor}"

    def sized(self, examples):
        """Vocabulary, network, batches and epochs by the number of training pairs."""
        return sizes.chosen(self, SIZES, examples)

    def check(self):
        """Refuse numbers beyond their limits and settings that contradict each other."""
        super().check()
        _check_columns(self.source_column, self.target_column)

    @classmethod
    def embedded(cls):
        """Settings for the embedded pairs, whose words are few and follow rules."""
        return cls(
            lowercase=True,  # they have no capitals, which users may write
            vocab_size=1_500,
            token_budget=700,
            buckets=3,
            batch_size=128,
            validation_sentences=500,
            beam=1,
            embedding_dim=128,
            units=128,
            attention_dim=128,
            max_length=60,
            dropout=0.0,
            label_smoothing=0.0,
            warmup_epochs=0.3,
            epochs=3,
            patience=3,
            learning_rate=5e-3,
        )


def _check_columns(source, target):
    """Refuse columns that no file can have.

    Raises:
        UserError: Naming the options.
    """
    for name, value in (("source", source), ("target", target)):
        if type(value) not in (int, str) or (type(value) is int and value < 0):
            raise UserError(f"--{name}-column must be a number from 1 or a name; got {value!r}.")
    if bool(source) != bool(target):
        raise UserError("--source-column and --target-column are given together or not at all.")
    if source and source == target:
        raise UserError(f"--source-column and --target-column must differ; both are {source}.")


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run: BLEU with its signature, chrF, BLEU by length."""

    beam: CountOrZero = 0
    """Width of the beam, 1 for greedy; 0 for the run's own."""
    source_column: int | str = 0
    """Column of the sources in --data, a number from 1 or a name; 0 for the run's own."""
    target_column: int | str = 0
    """Column of the translations in --data."""
    encoding: str = ""
    """Encoding of the files of --data; the run's own by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Translate arguments, or the lines of standard input with `-`."""

    KEEP_BLANK: ClassVar = True

    beam: CountOrZero = 0
    """Width of the beam, 1 for greedy; 0 for the run's own."""
    n_best: Count = 1
    """Translations of each text."""
    plot: str = ""
    """PNG file for a picture of the attention."""


@dataclasses.dataclass(frozen=True)
class Export(cli.Export):
    """Write a trained translator in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx", "litert"] = "savedmodel"
    """SavedModel writes as the run does; ONNX and LiteRT are encoder, step and a greedy loop."""


def search_space(hp):
    """Overrides of `Config` for a trial; the pipeline's own values are searched too."""
    return {
        "vocab_size": hp.Choice("vocab_size", [4_000, 8_000, 16_000]),
        "max_length": hp.Choice("max_length", [50, 100]),
        "token_budget": hp.Choice("token_budget", [1_000, 2_000, 4_000]),
        "cell": hp.Choice("cell", ["lstm", "gru"]),
        "units": hp.Choice("units", [128, 256, 512]),
        "dropout": hp.Float("dropout", 0.0, 0.5, step=0.1),
        "label_smoothing": hp.Choice("label_smoothing", [0.0, 0.1]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 6e-3, sampling="log"),
    }
