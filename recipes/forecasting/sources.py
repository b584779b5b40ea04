"""The table that `--data` names: the embedded climate, a builder like it, or a CSV file."""

import numpy as np

from recipes.common.data import catalog, files
from recipes.common.errors import UserError
from recipes.forecasting import tables

TIME = "time"


def table(name, config):
    """Read the table of a name.

    Args:
        name: A file, or a data set.
        config: Settings of the reading.

    Raises:
        UserError: If there is none, or it has no column of times and one of numbers.
    """
    if not name:
        raise UserError(
            "--data is empty; name a CSV file, or leave it out for the embedded climate."
        )
    if files.looks_like_file(name) or "/" in name:
        return tables.read(name, config)
    builder = catalog.builder_of(name, config.data_dir)
    features = builder.info.features
    if TIME not in features or any(features[key].shape for key in features):
        raise UserError(
            f"--data {name} is no table of numbers over time; a data set for this recipe has the "
            f"feature {TIME!r}, seconds since 1970, and numbers."
        )
    names = [key for key in features if key != TIME]
    columns = {key: [] for key in (TIME, *names)}
    for batches in catalog.as_numpy(builder, name).values():
        for batch in batches:
            for key, found in columns.items():
                found.append(batch[key])
    whole = {key: np.concatenate(found).astype(np.float64) for key, found in columns.items()}
    values = np.stack([whole[key] for key in names], 1)
    return tables.ordered(tables.Table(name, whole[TIME], names, values))
