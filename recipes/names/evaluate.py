"""Measure a trained network on its own test part or on another list."""

import dataclasses

from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.names import measure, sources
from recipes.names.data import training_names
from recipes.names.report import figures
from recipes.names.trained import restore


def evaluate(run, data="", **form):
    """Measure a finished run on another list, or on its own test part.

    Args:
        run: The run.
        data: What names another list.
        **form: The form of its file: `column` and `encoding`; empty ones are those of the run.

    Raises:
        UserError: If the data is unusable, or no longer what the run was trained on.
    """
    form = {name: value for name, value in form.items() if value}
    if form and not data:
        name, value = next(iter(form.items()))
        raise UserError(
            f"--{name} {value} describes the file that --data names, and there is no --data."
        )
    trained, config = restore(run), run.config
    training = training_names(run)
    if data:
        split = sources.load_one(data, dataclasses.replace(config, **form))
        if seen := len(training & set(split.names)):
            tell(f"{seen:,} of these {len(split):,} names are in the training list.")
    else:
        split = run.own_test_part(*sources.load(config))
        data = f"{config.data} (test part)"
    trained.network.characters.warn_of_unknown(split.names)
    found = measure.measure(trained.network, split.names, training, config.samples, config.seed)
    result = {"data": data, "names": len(split), "test": found}
    return result, [f"{len(split):,} names of {data}", figures(found)]
