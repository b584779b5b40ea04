"""Options of the commands of the house, and the command line that reads them."""

import dataclasses
import difflib
import importlib
from typing import Annotated

import tyro

from recipes.commands import listing
from recipes.common import cli
from recipes.common.errors import UserError

Positional = tyro.conf.Positional


@dataclasses.dataclass(frozen=True)
class Compare:
    """Compare finished runs of one recipe: their figures, baselines, and differing settings."""

    runs: Positional[tuple[str, ...]]
    """Directories of runs; what is no finished run is named and left out."""
    output: tuple[str, ...] = ()
    """Files for the table (.md, .csv) and for the chart (.png)."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


@dataclasses.dataclass(frozen=True)
class Clean:
    """Delete what a finished run keeps only for its training: checkpoints and optimizer."""

    runs: Positional[tuple[str, ...]]
    """Directories of runs."""
    tensorboard: bool = False
    """Delete the TensorBoard logs too."""
    force: bool = False
    """Clean an unfinished run too; its training will begin anew."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


@dataclasses.dataclass(frozen=True)
class Cache:
    """Show the caches outside the runs: where they are, how big, how to move and clear them."""

    clear: tuple[str, ...] = ()
    """Names of caches to delete, as the list has them."""
    data_dir: str = ""
    """Folder of prepared tensorflow-datasets, if it is not the usual one."""
    cache: str = ""
    """Folder of pictures' features, if it is not the usual one."""
    json: bool = False
    """Print the result as one JSON object on the last line of standard output."""


COMMANDS = {kind.__name__.lower(): kind for kind in (Compare, Clean, Cache)}


def main(argv, prog):
    """Run the command that the arguments name and print its result.

    Raises:
        SystemExit: With status 2 and one sentence on standard error for what the user can mend.
    """
    with cli.failures_told():
        command, chosen = parse(argv, prog)
        options = {name: value for name, value in vars(chosen).items() if name != "json"}
        function = getattr(importlib.import_module(f"recipes.commands.{command}"), command)
        result, lines = function(**options)
        cli.tell_result(result, lines, chosen.json)


def parse(argv, prog):
    """The name of a command and its options.

    Raises:
        UserError: If the first argument is the name of nothing.
    """
    recipes = listing.recipes()
    if argv[0] not in (*COMMANDS, "-h", "--help"):
        names = [*recipes, *COMMANDS]
        near = difflib.get_close_matches(argv[0], names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        raise UserError(f"There is no recipe or command {argv[0]!r}; {hint}")
    kinds = [
        Annotated[kind, tyro.conf.subcommand(name, description=kind.__doc__)]
        for name, kind in COMMANDS.items()
    ]
    lines = [f"  {prog} {name:<12} {line}" for name, line in recipes.items()]
    description = "\n".join(
        [
            "Recipes, each with verbs and options of its own:",
            *lines,
            "",
            f"`{prog}` alone lists them, `{prog} --version` prints the version.",
        ]
    )
    chosen = tyro.cli(
        kinds[0] | kinds[1] | kinds[2],
        args=argv,
        prog=prog,
        description=description,
        config=(tyro.conf.OmitArgPrefixes,),
    )
    return argv[0], chosen
