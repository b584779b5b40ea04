"""The verbs of every recipe: what surrounds a recipe's own function of that name."""

import dataclasses
import importlib
import pathlib

from recipes.common import config as configs
from recipes.common import devices, inputs
from recipes.common import report as reports
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
        metrics = module(package, "training").train(run)
        reports.add_gradients(run)
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
    _, history = module(package, "training").fit(run, data)
    # The data may decide what the objective of the settings stands for.
    return {config.objective: history.best[run.config.objective], "seconds": run.seconds["train"]}


def defaults(config_class, config="", init_from="", data=""):
    """The settings that a training has where it names none.

    Args:
        config_class: Settings of the recipe.
        config: File of settings; they all are its.
        init_from: Finished run to begin from; all but its directory are its, and if other data is
            named, all but the files of its data.
        data: Name of the data, which otherwise decides.
    """
    if config:
        return configs.read(config, config_class)
    usual = config_class.for_data(data or config_class().data)
    if not init_from:
        return usual
    recipe = name_of(config_class.__module__.rpartition(".")[0])
    first = Run.reopen(init_from, recipe, config_class).config
    files = {
        field.name: getattr(usual, field.name)
        for field in dataclasses.fields(usual)
        # Others, such as a network for images, are of the model and stay.
        if data
        and field.default in ("", config_class.data)
        and configs.is_marked(usual, field.name, configs.PATHS)
    }
    return dataclasses.replace(first, **files | {"run": usual.run, "init_from": ""})


def apply(package, verb, options):
    """A verb that works on a trained run.

    Args:
        package: The recipe.
        verb: Name of the module and of the function in it.
        options: An instance of its class of options.

    Returns:
        `result, lines`: a dict, and lines for people.
    """
    run = Run.reopen(options.run, name_of(package), module(package, "config").Config)
    if verb != "predict":
        return call(package, verb, run, options)
    chosen = inputs.inputs_of(options, run.config)
    show = {"show": not (options.json or options.output)} if options.SHOWS else {}
    result, lines = call(package, verb, run, options, inputs=chosen, **show)
    if options.output:
        inputs.write(options.output, result["predictions"])
        lines = [f"{len(result['predictions']):,} answers: {options.output}"]
    return result, lines


# Of a verb's options, those that are not for its function.
NOT_ARGUMENTS = ("run", "json", "to")
# Those that say where inputs come from and answers go.
OF_FILES = ("inputs", "file", "column", "header", "encoding", "output")


def call(package, verb, run, options, **arguments):
    """The function of a verb on an opened run, devices started.

    Args:
        package, verb: The recipe and the verb.
        run: The run.
        options: An instance of the verb's class of options.
        **arguments: Further arguments of the function.

    Returns:
        `result, lines`.
    """
    config = run.config
    if verb == "export":  # an exported model runs anywhere, in float32
        config = dataclasses.replace(config, precision="float32")
        run.exports = pathlib.Path(options.to or run.directory / "export")
    devices.start(config)
    others = (*NOT_ARGUMENTS, *OF_FILES) if verb == "predict" else NOT_ARGUMENTS
    own = {name: value for name, value in vars(options).items() if name not in others}
    return getattr(module(package, verb), verb)(run, **own, **arguments)
