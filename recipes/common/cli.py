"""From command line to verb, and from exception to one clear sentence."""

import dataclasses
import json
import os
import signal
import sys
from typing import Annotated, Literal

import tyro

from recipes.common import config as configs
from recipes.common.errors import Diverged, Interrupted, UserError, is_disk_full

Positional = tyro.conf.Positional

STOPPED = "Stopped. The same command goes on from what is on the disk."
VERBS = ("train", "evaluate", "predict", "tune", "export")


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Measure a trained run, on its own test part or on other data."""

    run: str
    """Directory of a trained run."""
    data: str = ""
    """File or catalogue name to measure on instead of the run's own test part."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


@dataclasses.dataclass(frozen=True)
class Predict:
    """Apply a trained run to arguments, or to the lines of standard input with `-`."""

    run: str
    """Directory of a trained run."""
    inputs: Positional[tuple[str, ...]] = ("-",)
    """What to predict; `-` stands for the lines of standard input."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


@dataclasses.dataclass(frozen=True)
class Export:
    """Write a trained run in a form that needs neither this package nor Keras."""

    run: str
    """Directory of a trained run."""
    format: Literal["savedmodel", "onnx"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX for other runtimes."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


def _train_class(config_class):
    @dataclasses.dataclass(frozen=True)
    class Train:
        """Train, or go on with an interrupted training, then evaluate and report."""

        settings: config_class
        config: str = ""
        """JSON file of settings, as a search writes it; options on the command line win."""
        json: bool = False
        """Print the result as one JSON object on the last line of standard output."""

    return Train


def _tune_class(config_class):
    @dataclasses.dataclass(frozen=True)
    class Tune:
        """Search for better settings; a search that was cut off goes on where it was."""

        settings: config_class
        trials: int = 20
        """Number of configurations to try."""
        tuner: Literal["random", "hyperband", "bayesian"] = "random"
        """How the next configuration is chosen."""
        config: str = ""
        """JSON file of settings to start from; options on the command line win."""
        json: bool = False
        """Print the result as one JSON object on the last line of standard output."""

    return Tune


def parse(argv, config_class, program, description, options=None):
    """The verb and its options as a dataclass instance; `train` if no verb is named."""
    argv = list(sys.argv[1:] if argv is None else argv)
    further = {"evaluate": Evaluate, "predict": Predict, "export": Export, **(options or {})}
    known = (*VERBS, *further)
    if not argv or (argv[0] not in known and argv[0] not in ("-h", "--help")):
        argv.insert(0, "train")
    defaults = _defaults(argv, config_class)
    train, tune = _train_class(config_class), _tune_class(config_class)
    commands = (
        Annotated[train, tyro.conf.subcommand("train", default=train(defaults))]
        | Annotated[tune, tyro.conf.subcommand("tune", default=tune(defaults))]
    )
    for verb, its_options in further.items():
        commands |= Annotated[its_options, tyro.conf.subcommand(verb)]
    return argv[0], tyro.cli(
        commands,
        args=argv,
        prog=program,
        description=description,
        config=(tyro.conf.OmitArgPrefixes,),
    )


def _defaults(argv, config_class):
    """The settings of the file that the command line names, or else those for its data."""
    if path := _option(argv, "--config"):
        return configs.read(path, config_class)
    return config_class.for_data(_option(argv, "--data") or config_class().data)


def _option(argv, name):
    for index, argument in enumerate(argv):
        if argument == name and index + 1 < len(argv):
            return argv[index + 1]
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return ""


def main(argv, config_class, program, description, options=None, **verbs):
    """Run the verb the command line names and print its result.

    Args:
        argv: Arguments, or None for those of the process.
        config_class: The recipe's settings.
        program: How the command is called, for help.
        description: What the recipe says of itself, for help.
        options: `{"evaluate": …}`, dataclasses by verb: they take the place of `Evaluate`,
            `Predict` and `Export`, or belong to verbs that only this recipe has.
        **verbs: A function a verb: `train(config)`, `evaluate(run, data)`, `predict(run, inputs)`,
            `tune(config, trials, tuner)`, `export(run, format)`. Each returns a dict; its entry
            `summary`, a list of lines, is what people see, the rest is what `--json` prints.

    Returns:
        The dict of the verb.

    Raises:
        SystemExit: With status 2 and one sentence on standard error for what the user can mend,
            3 if training diverged, 128 plus the signal's number if interrupted.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        verb, chosen = parse(argv, config_class, program, description, options)
        arguments = {
            name: value for name, value in vars(chosen).items() if name not in ("json", "config")
        }
        if "settings" in arguments:
            arguments["config"] = configs.check(arguments.pop("settings"))
        result = verbs[verb](**arguments)
        summary = result.pop("summary")
        if chosen.json:
            print(json.dumps(result, ensure_ascii=False))
        elif summary:
            print("\n".join(summary))
        sys.stdout.flush()
        return result
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except UserError as error:
        _leave(2, f"Error: {error}")
    except Diverged as error:
        _leave(3, f"Error: {error}")
    except Interrupted as error:
        _leave(error.exit_status, str(error))
    except KeyboardInterrupt:
        _leave(128 + signal.SIGINT, STOPPED)
    except Exception as error:
        if not is_disk_full(error):
            if isinstance(error, OSError) and error.filename:
                _leave(2, f"Error: {error.filename} cannot be used: {error.strerror}.")
            raise
        where = getattr(error, "filename", None)
        _leave(
            2,
            f"Error: the disk is full{f' ({where})' if where else ''}. Free some space and give "
            "the same command again: it goes on from the last complete checkpoint.",
        )


def _stop(number, frame):
    raise Interrupted(number, STOPPED)


def _leave(status, message):
    print(message, file=sys.stderr)
    raise SystemExit(status) from None
