"""The vocabulary of a run that another one begins from."""

from recipes.common.config import option
from recipes.common.errors import UserError
from recipes.common.run import Run


def check_kept(run, settings):
    """Refuse another vocabulary than that of the run to begin from, if there is one.

    Args:
        run: A run before it has begun.
        settings: Names of those that decide the vocabulary.

    Raises:
        UserError: If one of them differs.
    """
    if (first := Run.first(run.config, run.recipe)) is None:
        return
    for name in settings:
        old, new = getattr(first.config, name), getattr(run.config, name)
        follows = new == 0 and new is not False
        if old != new and not follows:
            raise UserError(
                f"The vocabulary of {first.directory}, from which --init-from begins, was made "
                f"with {name} {old}, not {new}. Leave out {option(name)}, or --init-from to train "
                "anew."
            )
