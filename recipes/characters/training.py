"""Train a language model, and beside it n-grams with Kneser-Ney smoothing."""

from recipes.characters import baselines, data, measure, report, writing
from recipes.common.terminal import tell
from recipes.common.training.history import Stages
from recipes.common.training.language import build_model, fit

__all__ = ["build_model", "fit", "train"]


def train(run):
    """Train the network, measure it and n-grams on the test part, and report with a sample."""
    texts = data.load(run)
    model, history = fit(run, texts)
    run.save(model)

    tell("Counting n-grams, to compare, and measuring.")
    pieces, test = run.config.pieces, texts.parts["test"]
    measure.warn_of_unknown(test, texts.vocabulary)
    figures = {
        "test": measure.of_part(model, test, texts.vocabulary),
        "baselines": {"kneser_ney": baselines.kneser_ney(texts, pieces)},
        "sample": writing.sample(model, texts),
    }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, texts, model, stages, metrics)
    return metrics
