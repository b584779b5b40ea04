"""From command line to verb, and from exception to one clear sentence."""

import contextlib
import dataclasses
import difflib
import importlib
import json
import os
import re
import signal
import sys
import warnings
from typing import Annotated, ClassVar, Literal

import tyro

from recipes.common import config as configs
from recipes.common import verbs
from recipes.common.errors import Diverged, Interrupted, UserError, is_disk_full

Positional = tyro.conf.Positional

STOPPED = "Stopped. The same command goes on from what is on the disk."


@dataclasses.dataclass(frozen=True)
class Verb:
    """Options of a verb that works on a trained run; a recipe's own verbs are subclasses too.

    The verb is called like its class; the fields, but for those of this class and the files of
    `predict`, are the arguments of the function of that name.
    """

    run: str
    """Directory of a trained run."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


@dataclasses.dataclass(frozen=True)
class Evaluate(Verb):
    """Measure a trained run, on its own test part or on other data."""

    data: str = ""
    """File or catalogue name to measure on instead of the run's own test part."""


@dataclasses.dataclass(frozen=True)
class Predict(Verb):
    """Apply a trained run to arguments, or to the lines of standard input with `-`."""

    ARE_TEXTS: ClassVar = True  # and not names of files
    KEEP_BLANK: ClassVar = False  # so that answers stay beside their lines
    SHOWS: ClassVar = False  # answers as they come: the verb's function takes `show`

    inputs: Positional[tuple[str, ...]] = ("-",)
    """What to predict; `-` stands for the lines of standard input."""
    file: str = ""
    """File of inputs: .csv, .tsv or .jsonl with a column for them, or one on each line."""
    column: str = ""
    """Column of that file; in a table without names its number, from 1."""
    header: str = ""
    """Names of its columns, if it has none, as in id,text."""
    encoding: str = ""
    """Its encoding, if it is not UTF-8; that of the run by default."""
    output: str = ""
    """File for the answers: .csv, .tsv or .jsonl."""


@dataclasses.dataclass(frozen=True)
class Export(Verb):
    """Write a trained run in a form that needs neither this package nor Keras."""

    format: Literal["savedmodel", "onnx"] = "savedmodel"
    """SavedModel for TensorFlow and its server, ONNX for other runtimes."""
    to: str = ""
    """Folder to write to; `export` in the run by default."""


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


def options_by_verb(config_module):
    """Classes of options by verb: those of every recipe, and those that a recipe has of its own."""
    own = {
        name.lower(): value
        for name, value in vars(config_module).items()
        if isinstance(value, type) and issubclass(value, Verb)
    }
    return {"evaluate": Evaluate, "predict": Predict, "export": Export, **own}


def parse(argv, package, config_module, description):
    """The verb and its options as a dataclass instance; `train` if no verb is named.

    Raises:
        UserError: If there is no such verb.
    """
    config_class = config_module.Config
    further = options_by_verb(config_module)
    argv = [_present_name(argument, config_class) for argument in argv]
    known = ("train", "tune", *further)
    if not argv or (argv[0].startswith("-") and argv[0] not in ("-h", "--help")):
        argv.insert(0, "train")
    if argv[0] not in (*known, "-h", "--help"):
        near = difflib.get_close_matches(argv[0], known, n=1)
        hint = f"did you mean {near[0]}? Its" if near else f"there are {', '.join(known)}. Their"
        raise UserError(
            f"There is no verb {argv[0]!r}; {hint} options: python -m {package} "
            f"{near[0] if near else 'train'} --help."
        )
    defaults = _defaults(argv, config_class)
    train, tune = _train_class(config_class), _tune_class(config_class)
    if argv[0] in ("train", "tune"):
        for verb in (train, tune):
            verb.__doc__ = f"Defaults shown: {_whose(argv, defaults)}.\n\n{verb.__doc__}"
    if argv[0] in known:
        # Alone, so that the message about a wrong value names the help of the verb.
        chosen = {"train": train, "tune": tune, **further}[argv[0]]
        given = {"default": chosen(defaults)} if argv[0] in ("train", "tune") else {}
        prog = f"python -m {package} {argv[0]}"
        marks = (tyro.conf.OmitArgPrefixes,)
        return argv[0], tyro.cli(chosen, args=argv[1:], prog=prog, config=marks, **given)
    commands = (
        Annotated[train, tyro.conf.subcommand("train", default=train(defaults))]
        | Annotated[tune, tyro.conf.subcommand("tune", default=tune(defaults))]
    )
    for verb, its_options in further.items():
        commands |= Annotated[its_options, tyro.conf.subcommand(verb)]
    return argv[0], tyro.cli(
        commands,
        args=argv,
        prog=f"python -m {package}",
        description=re.sub(r"\n+(python )", r"\n  \1", description),  # else the lines are joined
        config=(tyro.conf.OmitArgPrefixes,),
    )


def _present_name(argument, config_class):
    """An option by its present name, if it is one that was called otherwise."""
    name, equals, value = argument.partition("=")
    for old, new in config_class.RENAMED.items():
        if name == configs.option(old):
            return f"{configs.option(new)}{equals}{value}"
    return argument


def _defaults(argv, config_class):
    """The settings of a file or run that the command line names, or else those for its data."""
    names = ("--config", "--init-from", "--data")
    return verbs.defaults(config_class, *(_option(argv, name) for name in names))


def _whose(argv, defaults):
    for name in ("--config", "--init-from"):
        if path := _option(argv, name):
            return f"those of {path}"
    return f"those for --data {_option(argv, '--data') or defaults.data}"


def _option(argv, name):
    for index, argument in enumerate(argv):
        if argument == name and index + 1 < len(argv):
            return argv[index + 1]
        if argument.startswith(f"{name}="):
            return argument.removeprefix(f"{name}=")
    return ""


def main(package, argv=None):
    """Run the verb that the command line names and print its result.

    Args:
        package: The recipe, such as `"recipes.sentiment"`. Its `config` has the settings and the
            options of verbs; a verb is the function of its name in the module of its name.
        argv: Arguments, or None for those of the process.

    Returns:
        The result of the verb, a dict: what `--json` prints.

    Raises:
        SystemExit: With status 2 and one sentence on standard error for what the user can mend,
            3 if training diverged, 128 plus the signal's number if interrupted.
    """
    if argv is None and not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries; users can do nothing about them
    argv = list(sys.argv[1:] if argv is None else argv)
    description = importlib.import_module(package).__doc__
    with failures_told():
        config_module = importlib.import_module(f"{package}.config")
        verb, chosen = parse(argv, package, config_module, description)
        options = {
            name: value for name, value in vars(chosen).items() if name not in ("json", "config")
        }
        if "settings" in options:
            config = options.pop("settings")
            config.check()
            result, lines = getattr(verbs, verb)(package, config, **options)
        else:
            configs.check_limits(chosen)
            result, lines = verbs.apply(package, verb, chosen)
        tell_result(result, lines, chosen.json)
        return result


def tell_result(result, lines, as_json):
    """Print what a command came to: its lines for people, or one JSON object."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    elif lines:
        print("\n".join(lines))
    sys.stdout.flush()


@contextlib.contextmanager
def failures_told():
    """Within it, what the user can mend ends the process with one sentence, as `main` says."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except BrokenPipeError:
        # The reader of our output has left, as `head` does.
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
