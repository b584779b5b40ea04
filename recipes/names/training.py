"""Train a character language model on names, and beside it n-grams with Kneser-Ney smoothing."""

from recipes.common.terminal import tell
from recipes.common.training.history import Stages
from recipes.common.training.language import build_model, fit
from recipes.names import baselines, data, measure, report, writing
from recipes.names.network import Network

__all__ = ["build_model", "fit", "train"]

NEW_NAMES = 20  # in the report


def train(run):
    """Train the network, measure it and n-grams on the test part, and report with new names."""
    names = data.load(run)
    model, history = fit(run, names)
    run.save(model)

    tell("Counting n-grams, to compare, and measuring.")
    config, test, known = run.config, names.names("test"), set(names.names("train"))
    network = Network(model, names.characters, run.fact("longest"))
    figures = {
        "test": measure.measure(network, test, known, config.samples, config.seed),
        "baselines": {"kneser_ney": baselines.kneser_ney(config, names)},
        "held_out_names": measure.quality(test, known),
        "new_names": writing.write(network, "", NEW_NAMES, known, run.fact("capitalised")),
    }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, names, network, stages, metrics)
    return metrics
