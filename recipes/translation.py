"""Translation: read a sentence, write it in another language; with attention and without.

python -m recipes.translation                                   # embedded English-French pairs
python -m recipes.translation train --data pairs.tsv --run runs/mine
python -m recipes.translation train --data train.de,train.en --validation val.de,val.en
python -m recipes.translation predict --run runs/mine "zwei Hunde spielen im Schnee"
"""

import dataclasses
import sys
import time
from typing import Literal

from recipes.common import cli, devices, runs, translating, translation_report, translator
from recipes.common.terminal import say

RECIPE = "translation"
CATALOG = "ted_hrlr_translate/pt_to_en"


@dataclasses.dataclass(frozen=True)
class Config(translator.Config):
    """Settings of a translation run."""

    data: str = "grammar_pairs"
    """An embedded set, a catalogue name, a TSV file, or two parallel files with a comma between."""
    run: str = "runs/translation"
    """Directory for everything this run writes."""
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
    dropout: float = 0.3
    """Share of features dropped from embeddings, between layers and before the logits."""
    label_smoothing: float = 0.1
    """Share of a label's probability that goes to all tokens."""
    scheduled_sampling: float = 0.0
    """Share of its own tokens that the decoder reads in the last epoch of training."""
    epochs: int = 20
    """Passes over the training data, at most."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""

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


def load_data(config):
    """The parts as sentences, and training and validation as batches for teacher forcing."""
    return translator.load(config, RECIPE)


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    import zoo

    options = {"attention_dim": config.attention_dim} if config.model == "bahdanau_seq2seq" else {}
    return getattr(zoo, config.model)(
        **facts,
        **options,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        tie_embeddings=config.tie_embeddings,
        dropout=config.dropout,
        scheduled_sampling=config.scheduled_sampling > 0,
    )


def fit(config, directory, data):
    """Build, compile and train one network; give it back with its history and seconds."""
    from recipes.common import teacher_forcing, translation_scores

    with devices.strategy().scope():
        model = build_model(config, data.facts)
        teacher_forcing.compile_model(model, config, len(data.train))
    validation = data.parts["validation"].evenly(config.validation_sentences)

    def measure():
        written = translator.translate(
            model, data.tokenizers, validation.sources, config, beam=1, tell=False
        )
        return translation_scores.measure(written, validation.targets, config.lowercase)

    return model, *teacher_forcing.fit(
        model, data.train, data.validation, config, directory, measure, config.monitor
    )


def train(config):
    """Train, measure beside the baselines, and write model, metrics, plots and report."""
    started = time.monotonic()
    directory = runs.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        say(f"The run in {directory} is complete; these are its results.")
        kept = runs.read_json(directory / "metrics.json", translation_report.NEEDED)
        return translation_report.summary(directory, kept)
    data = load_data(config)
    devices.start(config)
    model, history, seconds = fit(config, directory, data)
    runs.save_model(model, directory / "model.keras")
    models, times = {"recurrent": model}, {"train": seconds}
    if config.compare and config.model != "seq2seq":
        folder = runs.subdirectory(directory, "seq2seq")
        plain = dataclasses.replace(config, model="seq2seq")
        models["seq2seq"], _, times["seq2seq"] = fit(plain, folder, data)

    say("Measuring.")
    results = translation_report.measure(config, data, models)
    metrics = {
        **results.metrics,
        "validation": translation_report.validation_of_best(history, config.monitor),
        "seconds": {**times, "last_sitting": time.monotonic() - started},
        "parameters": model.count_params(),
        "epochs": len(history),
    }
    translation_report.write(RECIPE, directory, config, data, model, history, results, metrics)
    runs.write_json(directory / "metrics.json", metrics)
    return translation_report.summary(directory, metrics)


def restore(run, **options):
    """A finished run."""
    return translator.restore(run, RECIPE, Config, build_model, **options)


def evaluate(run, data, beam=0):
    """BLEU, chrF and BLEU by length of a finished run, on its own test part or on other data."""
    return translating.evaluate(restore(run), data, beam)


def predict(run, inputs, beam=0, n_best=1, plot=""):
    """The translations of each text with their scores."""
    return translating.predict(restore(run), inputs, beam, n_best, plot)


def trial(config):
    """What a search asks of one configuration: its best validation BLEU."""
    directory = runs.check(RECIPE, config)
    data = load_data(config)
    devices.start(config)
    _, history, seconds = fit(config, directory, data)
    return {"val_bleu": max(row["val_bleu"] for row in history), "seconds": seconds}


def tune(config, trials, tuner):
    """Search for settings; the best ones go to `best.json` in the run directory."""
    from recipes.common import tuning

    return tuning.search(__spec__.name, config, search_space, trials, tuner, "val_bleu")


def export(run, format):
    """Write encoder and decoding loop for use without this package; check that they agree."""
    from recipes.common import exporting_translators

    return exporting_translators.export(run, format, restore(run, for_export=True))


def main(argv=None):
    """What the command line asks for."""
    verbs = {
        "train": train,
        "evaluate": evaluate,
        "predict": predict,
        "tune": tune,
        "export": export,
    }
    options = {"evaluate": Evaluate, "predict": Predict}
    return cli.main(argv, Config, "python -m recipes.translation", __doc__, options, **verbs)


if __name__ == "__main__":
    main(sys.argv[1:])
