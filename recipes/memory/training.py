"""Train one network that is kept, then those of all cells, tasks, distances and seeds."""

from recipes.common.terminal import tell
from recipes.common.training.history import Stages
from recipes.memory import data, gradients, measure, networks, report, sweep, tasks
from recipes.memory.networks import build_model

__all__ = ["build_model", "fit", "train"]


def fit(run, sequences):
    """Build, compile and train the network that the settings name.

    Returns:
        `model, history`.
    """
    model = networks.prepare(run, sequences)
    return model, networks.train(run, sequences, model)


def train(run):
    """Train the first network and those to compare, follow their gradients, and report."""
    sequences = data.load(run)
    model, history = fit(run, sequences)
    run.save(model)
    config, stages = run.config, Stages.of(history)
    test = sequences.held_out("test", config.task, config.distance)
    figures = measure.measure(model, test)

    tell("Training the networks to compare: every cell, task, distance and seed.")
    compared = sweep.sweep(run, sequences, {**figures, "epochs": len(history)})
    tell("Following the gradients of each cell, before and after training.")
    metrics = run.measured(
        {
            "test": figures,
            "baselines": {"commonest answer": {"accuracy": tasks.CHANCE[config.task]}},
            "distances": config.trained_distances,
            "networks": compared,
            "sizes": sweep.sizes_of(config, sequences.facts),
            "gradient_flow": gradients.flows(run, sequences),
        },
        model,
        stages,
    )
    report.write(run, stages, metrics)
    return metrics
