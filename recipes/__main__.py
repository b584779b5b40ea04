"""`python -m recipes` and `sequence-zoo`: the list of recipes, each of them, commands for all."""

import pathlib
import sys

from recipes.commands import listing, options
from recipes.common import cli


def main(argv=None):
    """List the recipes, or run the recipe or the command that the first argument names."""
    argv = list(sys.argv[1:] if argv is None else argv)
    recipes = listing.recipes()
    if not argv:
        for name, line in recipes.items():
            print(f"python -m recipes.{name:<12} {line}")
    elif argv == ["--version"]:
        print(f"sequence-zoo {listing.version()}")
    elif argv[0] in recipes:
        cli.main(f"recipes.{argv[0]}", argv[1:])
    else:
        called = pathlib.Path(sys.argv[0]).name
        options.main(argv, "sequence-zoo" if called == "sequence-zoo" else "python -m recipes")


if __name__ == "__main__":
    main()
