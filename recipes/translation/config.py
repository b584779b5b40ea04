"""Settings and options of the translation recipe, and what a search tries."""

import dataclasses
from typing import Literal

from recipes.common import cli
from recipes.common import config as configs
from recipes.common.config import Share


@dataclasses.dataclass(frozen=True)
class Config(configs.Scheduled):
    """Settings of a translation run."""

    data: str = "grammar_pairs"
    """An embedded set, a catalogue name, a TSV file, or two parallel files with a comma between."""
    run: str = "runs/translation"
    """Directory for everything this run writes."""
    reverse: bool = False
    """Whether to translate from the second language to the first."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """What a token is."""
    vocab_size: int = 5_000
    """Token ids of a tokenizer at most; a small corpus gets fewer."""
    shared_vocabulary: bool = True
    """Whether both languages have one tokenizer, or each its own."""
    lowercase: bool = True
    """Whether upper and lower case are the same, in training and when scores are measured."""
    max_length: int = 100
    """Tokens a side; longer pairs are left out of training, longer sources cut."""
    token_budget: int = 1_500
    """Padded tokens a batch, over all GPUs together."""
    buckets: int = 4
    """Padded lengths at most, each of which is traced once."""
    batch_size: int = 64
    """Sentences written at once."""
    monitor: Literal["bleu", "chrf"] = "bleu"
    """What chooses the best epoch; BLEU is 0 for outputs of fewer than four words."""
    validation_sentences: int = 2_000
    """Validation sentences that are translated for it after each epoch, at most."""
    beam: int = 5
    """Width of the beam when a finished run translates."""
    length_penalty: float = 1.0
    """Exponent by which beam search favours long outputs."""
    model: Literal["bahdanau_seq2seq", "luong_seq2seq", "seq2seq"] = "bahdanau_seq2seq"
    """Attention inside the decoder's step, after it, or none."""
    compare: bool = True
    """Whether the same training without attention is run beside it."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "gru"
    """Recurrent cell."""
    embedding_dim: int = 256
    """Width of a token's vector."""
    units: int = 256
    """Width of the state, in the encoder for each direction."""
    attention_dim: int = 256
    """Width of the hidden layer that scores a source token."""
    num_layers: int = 1
    """Recurrent layers of encoder and decoder, one on the other."""
    tie_embeddings: bool = True
    """Whether the output weights are those of the target embedding."""
    dropout: Share = 0.3
    """Share of features dropped from embeddings, between layers and before the logits."""
    label_smoothing: Share = 0.1
    """Share of a label's probability that goes to all tokens."""
    scheduled_sampling: Share = 0.0
    """Share of its own tokens that the decoder reads in the last epoch of training."""
    epochs: int = 20
    """Passes over the training data, at most."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""

    @property
    def objective(self):
        """The score of greedy output by which the best epoch is chosen."""
        return f"val_{self.monitor}"

    @classmethod
    def embedded(cls):
        """Settings for the embedded pairs, whose words are few and follow rules."""
        return cls(
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
            learning_rate=5e-3,
        )


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run: BLEU with its signature, chrF, BLEU by length."""

    beam: int = 0
    """Width of the beam, 1 for greedy; the run's own by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Translate arguments, or the lines of standard input with `-`."""

    beam: int = 0
    """Width of the beam, 1 for greedy; the run's own by default."""
    n_best: int = 1
    """Translations of each text."""
    plot: str = ""
    """Where a picture of the attention goes, a PNG file."""


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
