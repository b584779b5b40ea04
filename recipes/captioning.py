"""Captioning: look at a picture, write a sentence; with attention to its places and without.

python -m recipes.captioning                                    # embedded scenes, from pixels
python -m recipes.captioning train --data folder/ --run runs/mine      # pictures and captions.txt
python -m recipes.captioning predict --run runs/mine a.jpg b.png --beam 5 --plot attention.png
"""

import dataclasses
import sys
import time
from typing import Literal

from recipes.common import captioner, cli, devices, runs
from recipes.common.terminal import say

RECIPE = "captioning"
CATALOG = "coco_captions"


@dataclasses.dataclass(frozen=True)
class Config(captioner.Config):
    """Settings of a captioning run."""

    data: str = "rendered_scenes"
    """An embedded set, a catalogue name, a folder, or a folder and a list with a comma between."""
    run: str = "runs/captioning"
    """Directory for everything this run writes."""
    model: Literal["show_attend_and_tell", "show_and_tell"] = "show_attend_and_tell"
    """Attention to the places of the picture before each word, or one look before the first."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    image_dim: int = 256
    """Width to which the features of a place are brought by a tanh layer; 0 to leave them."""
    embedding_dim: int = 256
    """Width of a token's vector."""
    units: int = 512
    """Width of the state."""
    attention_dim: int = 256
    """Width of the hidden layer that scores a place."""
    num_layers: int = 1
    """Recurrent layers, one on the other."""
    tie_embeddings: bool = False
    """Whether the output weights are those of the embedding."""
    dropout: float = 0.4
    """Share of features dropped from places, embeddings, between layers and before the logits."""
    doubly_stochastic: float = 0.1
    """Weight of the loss that asks each place to get attention of 1 over all words; of a grid with
    hardly more places than a caption has words, the paper's 1 makes all attention even."""
    label_smoothing: float = 0.1
    """Share of a label's probability that goes to all tokens."""
    scheduled_sampling: float = 0.0
    """Share of its own tokens that the decoder reads in the last epoch of training."""
    batch_size: int = 64
    """Pictures a step, over all GPUs together."""
    epochs: int = 10
    """Passes over the training data, at most."""
    learning_rate: float = 2e-3
    """Highest learning rate of the schedule."""
    fine_tune_epochs: int = 0
    """Epochs of a second stage in which the network for images is trained too, from pixels."""
    fine_tune_rate: float = 1e-4
    """Highest learning rate of that stage."""
    self_critical_epochs: int = 0
    """Epochs of a last stage, in which drawn captions are weighed by their CIDEr-D."""
    self_critical_rate: float = 2e-4
    """Highest learning rate of that stage."""

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
            draws=5,
            together=5,
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
            learning_rate=2.5e-3,
        )


@dataclasses.dataclass(frozen=True)
class Evaluate(cli.Evaluate):
    """Measure a trained run: BLEU-1 to 4, CIDEr-D, ROUGE-L, and the same with pictures shuffled."""

    captions: str = ""
    """File of captions for the folder of --data, if it has none of the usual names."""
    beam: int = 0
    """Width of the beam, 1 for greedy; the run's own by default."""


@dataclasses.dataclass(frozen=True)
class Predict(cli.Predict):
    """Caption files of pictures, or those named in the lines of standard input with `-`."""

    beam: int = 0
    """Width of the beam, 1 for greedy; the run's own by default."""
    n_best: int = 1
    """Captions of each picture."""
    plot: str = ""
    """Where a picture of the attention goes, a panel a word, a PNG file."""


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


def load_data(config):
    """The parts with pixels or features, and training and validation as batches."""
    captioner.check(config)
    return captioner.load(config, RECIPE)


def build_model(config, facts, whole=False, train_cnn=False):
    """The network of a configuration, not yet compiled.

    Args:
        config: The settings.
        facts: `image_shape` and `vocab_size`.
        whole: Whether it begins with pixels even where the training begins with kept features.
        train_cnn: Whether a network that the first stage leaves as it is shall learn.
    """
    import zoo

    options = {}
    if config.model == "show_attend_and_tell":
        options = {
            "image_dim": config.image_dim or None,
            "attention_dim": config.attention_dim,
            "doubly_stochastic": config.doubly_stochastic,
        }
    pixels = whole or config.end_to_end
    return getattr(zoo, config.model)(
        **facts,
        **options,
        cnn=config.cnn if pixels else None,
        # Those of a finished run come with it.
        cnn_weights=config.cnn_weights or None if pixels and not whole else None,
        train_cnn=config.end_to_end or train_cnn,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        tie_embeddings=config.tie_embeddings,
        dropout=config.dropout,
        scheduled_sampling=config.scheduled_sampling > 0,
    )


def fit(config, directory, data, model):
    """Compile and train one network; give back its history and seconds."""
    from recipes.common import caption_training, teacher_forcing

    with devices.strategy().scope():
        trainer = caption_training.trainer(model)
        teacher_forcing.compile_model(trainer, config, len(data.train))
    measure = caption_training.measuring(config, data, model)
    return teacher_forcing.fit(
        trainer, data.train, data.validation, config, directory, measure, config.monitor
    )


def train(config):
    """Train, measure beside the baselines, and write model, metrics, plots and report."""
    from recipes.common import captioning_report, captioning_stages

    started = time.monotonic()
    directory = runs.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        say(f"The run in {directory} is complete; these are its results.")
        kept = runs.read_json(directory / "metrics.json", captioning_report.NEEDED)
        return captioning_report.summary(directory, kept)
    devices.start(config)
    data = load_data(config)
    with devices.strategy().scope():
        model = build_model(config, data.facts)
    history, seconds = fit(config, directory, data, model)
    trained = captioning_stages.after(config, directory, data, model, history, build_model, fit)
    runs.save_model(trained.whole, directory / "model.keras")

    say("Measuring.")
    results = captioning_report.measure(config, trained)
    metrics = {
        **results.metrics,
        "validation": captioning_report.validation_of_best(trained.history, config.monitor),
        "seconds": {
            "train": seconds,
            **trained.seconds,
            "last_sitting": time.monotonic() - started,
        },
        "parameters": trained.whole.count_params(),
        "epochs": len(history),
    }
    captioning_report.write(RECIPE, directory, config, trained, history, results, metrics)
    runs.write_json(directory / "metrics.json", metrics)
    return captioning_report.summary(directory, metrics)


def restore(run, **options):
    """A finished run."""
    return captioner.restore(run, RECIPE, Config, build_model, **options)


def evaluate(run, data, beam=0, captions=""):
    """The scores of a finished run, on its own test part or on other data."""
    from recipes.common import captioning_answers

    return captioning_answers.evaluate(restore(run), data, beam, captions)


def predict(run, inputs, beam=0, n_best=1, plot=""):
    """The captions of each picture with their scores."""
    from recipes.common import captioning_answers

    return captioning_answers.predict(restore(run), inputs, beam, n_best, plot)


def trial(config):
    """What a search asks of one configuration: its best validation score."""
    directory = runs.check(RECIPE, config)
    devices.start(config)
    data = load_data(config)
    with devices.strategy().scope():
        model = build_model(config, data.facts)
    history, seconds = fit(config, directory, data, model)
    best = max(row[f"val_{config.monitor}"] for row in history)
    return {f"val_{config.monitor}": best, "seconds": seconds}


def tune(config, trials, tuner):
    """Search for settings; the best ones go to `best.json` in the run directory."""
    from recipes.common import tuning

    objective = f"val_{config.monitor}"
    return tuning.search(__spec__.name, config, search_space, trials, tuner, objective)


def export(run, format):
    """Write network and decoding loop for use without this package; check that they agree."""
    from recipes.common import exporting_captioners

    return exporting_captioners.export(run, format, restore(run, for_export=True))


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
    return cli.main(argv, Config, "python -m recipes.captioning", __doc__, options, **verbs)


if __name__ == "__main__":
    main(sys.argv[1:])
