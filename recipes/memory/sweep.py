"""A network for every cell, task, distance and seed, but where a cell has long been at chance."""

import contextlib
import dataclasses
import functools
import io
import itertools
import os

import numpy as np

from recipes.common import devices, processes, storage
from recipes.common.errors import Diverged
from recipes.common.progress import Progress
from recipes.common.terminal import tell
from recipes.common.training import checkpoints
from recipes.memory import data, measure, networks, sizes, tasks

FOLDER = "networks"  # of a run
NEEDED = ("accuracy", "crossentropy", "epochs", "seconds")


def settings(task, cell, distance, seed):
    """Settings of one network, which differ from those of its run.

    The gradients of hundreds are not watched: `gradients.flows` follows some in the end.
    """
    return {"data": task, "cell": cell, "distance": distance, "seed": seed, "gradients": False}


def place(config, task, cell, distance, seed):
    """The directory of a network inside its run, `"."` for the one that the run itself trains."""
    if (task, cell, distance, seed) == (config.task, config.cell, config.distance, config.seed):
        return "."
    return f"{FOLDER}/{task}-{cell}-{distance}-{seed}"


def sizes_of(config, facts):
    """Units, parameters and learning rate of each cell's networks."""
    size = (facts["vocab_size"], config.embedding_dim)
    found = {}
    for cell in config.compared_cells:
        units = sizes.units_for(cell, config.parameters, *size)
        found[cell] = {
            "units": units,
            "parameters": sizes.parameters(cell, units, *size),
            "rate": dataclasses.replace(config, cell=cell).rate,
        }
    return found


def sweep(run, sequences, first):
    """Train the networks that are not yet trained.

    Args:
        run: The run.
        sequences: The `data.Data`.
        first: Figures of the network that the run itself has trained.

    Returns:
        A dict for each network: `task`, `cell`, `distance`, `seed`, `accuracy` and `crossentropy`
        of the test part, `epochs`, and `diverged` where weights became infinite.
    """
    config = run.config
    storage.make(run.directory / FOLDER)
    lines = list(itertools.product(config.compared_cells, config.tasks))
    count = len(lines) * len(config.trained_distances) * config.seeds
    found, seconds = [], 0.0
    with Progress(count, "networks") as progress:
        for rows, took in _lines(run, sequences, first, lines):
            cell, task = rows[0]["cell"], rows[0]["task"]
            shown = ", ".join(
                f"{distance}: {np.mean(seeds):.2f}"
                for distance, seeds in accuracies(rows, task, cell).items()
            )
            progress.update(len(config.trained_distances) * config.seeds)
            tell(f"{cell}, {task}, test accuracy by distance: {shown}")
            found, seconds = found + rows, seconds + took
    run.seconds[FOLDER] = seconds
    # Whichever was ready first.
    return sorted(found, key=lambda row: lines.index((row["cell"], row["task"])))


def _lines(run, sequences, first, lines):
    """Yield the networks of each cell and task, a line of the picture, and their seconds."""
    config = run.config
    workers = config.workers or (1 if devices.has_gpu() else os.cpu_count())
    if min(workers, len(lines)) == 1:
        for line in lines:
            yield line_of(run, sequences, first, line)
        return
    work = functools.partial(_in_worker, run, first)
    # Networks with gates take longest: they are the last ones of the cells.
    yield from processes.spread(work, lines[::-1], workers)


def _in_worker(run, first, line):
    devices.start(run.config, threads=1)
    return line_of(run, data.Data(run.config), first, line)


def line_of(run, sequences, first, line):
    """Train the networks of a cell in a task that are not yet trained, distance by distance.

    Args:
        run, sequences, first: As `sweep` has them.
        line: Cell and task.

    Returns:
        A list of dicts as those of `sweep`, and the seconds that the trainings took.
    """
    config, (cell, task) = run.config, line
    model, found, seconds = None, [], 0.0
    for distance in config.trained_distances:
        # At the distance that gradients are followed at, every cell has its say.
        hopeless = is_hopeless(found, task, cell, config.give_up)
        if hopeless and distance != config.distance:
            continue
        for seed in range(config.seed, config.seed + config.seeds):
            spec = {"task": task, "cell": cell, "distance": distance, "seed": seed}
            figures = dict(first)
            if (name := place(config, **spec)) != ".":
                other = run.beside(name, **settings(**spec))
                if not other.is_complete:
                    model = _train(other, sequences, model)
                figures = other.metrics(NEEDED)
                seconds += figures.pop("seconds")
            found.append({**spec, **figures})
    return found, seconds


def _train(other, sequences, model):
    """Train and measure a network; its weights and figures are kept. Returns it."""
    config, more = other.config, {}
    model = networks.prepare(other, sequences, model)
    # A line for each round of hundreds of networks would hide what matters.
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            epochs = len(networks.train(other, sequences, model))
        except Diverged:
            epochs, more = _last_good(other, sequences, model), {"diverged": True}
    other.save(model)
    test = sequences.held_out("test", config.task, config.distance)
    seconds = other.seconds.pop(other.stage, 0.0)
    figures = {**measure.measure(model, test), "epochs": epochs, "seconds": seconds, **more}
    other.write_metrics(figures)
    for leftover in ("checkpoints", "tensorboard"):
        storage.remove(other.directory / leftover)
    return model


def _last_good(other, sequences, model):
    """Give a network that diverged its best weights before, and return the number of its epochs."""
    networks.prepare(other, sequences, model)
    if (kept := checkpoints.load(other.directory / "checkpoints")) is None:
        return 0
    arrays, state = kept
    if state["best_count"]:
        model.set_weights([arrays[f"best/{number}"] for number in range(state["best_count"])])
    return state["epoch"]


def accuracies(found, task, cell):
    """Test accuracies by distance, in order: `{distance: [one for each seed]}`."""
    by_distance = {}
    for row in found:
        if (row["task"], row["cell"]) == (task, cell):
            by_distance.setdefault(row["distance"], []).append(row["accuracy"])
    return by_distance


def is_hopeless(found, task, cell, patience):
    """True if a cell was at chance at so many distances of a task in a row; never if that is 0."""
    last = list(accuracies(found, task, cell).values())[-patience:]
    at_chance = (tasks.is_chance(task, np.mean(seeds)) for seeds in last)
    return 0 < patience == len(last) and all(at_chance)
