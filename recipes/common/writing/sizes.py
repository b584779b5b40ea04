"""Sizes of vocabulary, network and training that follow the amount of data."""

from recipes.common.config import option
from recipes.common.terminal import tell


def chosen(config, table, examples):
    """The settings left at 0, by the amount of data.

    Args:
        config: Settings of a recipe.
        table: `(least examples, settings by name)`, the most examples first, 0 last.
        examples: Training examples.
    """
    row = next(settings for least, settings in table if examples >= least)
    return {name: value for name, value in row.items() if not getattr(config, name)}


def announce(run, examples):
    """Tell which sizes of a run that has begun follow its amount of data, if any.

    Args:
        run: The run.
        examples: Plural of what an example is called.
    """
    count = run.data["sizes"]["train"]
    if followed := run.asked.sized(count):
        options = " ".join(f"{option(name)} {value}" for name, value in followed.items())
        tell(f"Sizes for {count:,} training {examples}: {options}.")
