"""Measure the networks of a run at the distance that they were trained at, and at others."""

from recipes.common import report
from recipes.common.errors import UserError
from recipes.memory import data as sequences
from recipes.memory import measure
from recipes.memory.config import distances_of
from recipes.memory.trained import demanded, network


def evaluate(run, data="", distances=""):
    """Measure the network that was trained first, and beside it those of the other cells.

    Args:
        run: The run.
        data: Task to measure; that of the first network by default.
        distances: Distances of the sequences, which the networks need not be trained at; that of
            the run by default.

    Returns:
        `result, lines`: a dict of `test`, the figures of the run's cell, and `accuracy` by cell and
        distance, and lines for people.

    Raises:
        UserError: If no network was trained in the task, or a distance is out of bounds.
    """
    config = run.config
    task = data or config.task
    if task not in config.tasks:
        raise UserError(
            f"The run in {run.directory} was trained in {', '.join(config.tasks)}, not in {task!r}."
        )
    own = run.own_test_part({"test": sequences.Data(config)}, sequences.digest(config))
    asked = distances_of(distances) if distances else [config.distance]
    test = measure.measure(
        demanded(run, task, config.cell, config.distance),
        own.held_out("test", task, config.distance),
    )
    accuracy = {}
    for cell in config.compared_cells:
        if (model := network(run, task, cell, config.distance, config.seed)) is not None:
            accuracy[cell] = {
                str(distance): measure.measure(model, own.held_out("test", task, distance))[
                    "accuracy"
                ]
                for distance in asked
            }
    examples = sequences.sizes(config)["test"]
    lines = [
        f"{examples:,} sequences of {task} (test part) a distance; networks trained at distance "
        f"{config.distance}",
        report.columns([("distance", "  ".join(f"{distance:>6}" for distance in asked))]),
        report.columns(
            [
                (f"{cell:<8}", "  ".join(f"{value:6.3f}" for value in row.values()))
                for cell, row in accuracy.items()
            ]
        ),
    ]
    return {"data": task, "examples": examples, "test": test, "accuracy": accuracy}, lines
