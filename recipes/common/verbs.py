"""The verbs of every recipe: what surrounds a recipe's own function of that name."""

import dataclasses
import importlib

from recipes.common import devices
from recipes.common.run import Run
from recipes.common.terminal import tell


def module(package, name):
    """A module of a recipe; it may import TensorFlow, and so comes after `devices.start`."""
    return importlib.import_module(f"{package}.{name}")


def name_of(package):
    """The recipe's name, such as `"sentiment"`."""
    return package.rpartition(".")[2]


def train(package, config):
    """Train, or go on with an interrupted training, then measure and report.

    Returns:
        `result, lines`: the content of `metrics.json` with the directory, and lines for people.
    """
    config = config.resolved()
    run = Run.for_training(name_of(package), config)
    devices.start(config)
    if run.is_complete:
        tell(f"The run in {run.directory} is complete; these are its results.")
    else:
        metrics = module(package, "train").train(run)
        run.write_metrics(metrics)
    report = module(package, "report")
    metrics = run.metrics(report.NEEDED)
    lines = [*report.summary(metrics), f"report: {run.directory / 'report.md'}"]
    return {**metrics, "run": str(run.directory)}, lines


def tune(package, config, trials, tuner):
    """Search for settings; the best ones go to `best.json` in the run directory."""
    from recipes.common import tuning  # imports NumPy, which help does not wait for

    return tuning.search(package, config, trials, tuner)


def trial(package, config):
    """The best validation result of one configuration, which a search asks for.

    Returns:
        A dict of the objective and of the seconds of training.
    """
    run = Run.for_training(name_of(package), config.resolved())
    devices.start(config)
    data = module(package, "data").load(run)
    _, history = module(package, "train").fit(run, data)
    return {config.objective: history.best[config.objective], "seconds": run.seconds["train"]}


def apply(package, verb, run, **options):
    """A verb that works on a trained run.

    Args:
        package: The recipe.
        verb: Name of the module and of the function in it.
        run: Directory of the run.
        **options: Further arguments of the function.

    Returns:
        `result, lines`: a dict, and lines for people.
    """
    run = Run.reopen(run, name_of(package), module(package, "config").Config)
    for_export = verb == "export"  # an exported model runs anywhere, in float32
    devices.start(
        dataclasses.replace(run.config, precision="float32") if for_export else run.config
    )
    return getattr(module(package, verb), verb)(run, **options)
