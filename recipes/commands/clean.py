"""Free the disk of what finished runs keep only for their training."""

import io
import pathlib
import zipfile

import h5py

from recipes.commands import sizes
from recipes.common import storage
from recipes.common.errors import UserError

WEIGHTS = "model.weights.h5"  # in a `.keras` file


def clean(runs, tensorboard=False, force=False):
    """Delete checkpoints and optimizer state; all runs are looked at before anything is deleted.

    Args:
        runs: Directories.
        tensorboard: Whether TensorBoard logs go too.
        force: Whether unfinished runs are cleaned too.

    Returns:
        `result, lines`: bytes that were freed and are left, by run, and lines for people.

    Raises:
        UserError: If a directory is no run, or a run that is not finished without `force`.
    """
    if not runs:
        raise UserError("Name the directories of the runs to clean.")
    directories = [pathlib.Path(run) for run in runs]
    for directory in directories:
        _check(directory, force)
    rows, lines = [], []
    for directory in directories:
        storage.lock(directory)
        freed = {"checkpoints": _delete_all(directory, "checkpoints")}
        freed["optimizer"] = _drop_optimizer(directory / "model.keras")
        if tensorboard:
            freed["tensorboard"] = _delete_all(directory, "tensorboard")
        left = sizes.size(directory)
        rows.append({"run": str(directory), "freed": freed, "left": left})
        parts = ", ".join(
            f"{name} {sizes.megabytes(count)}" for name, count in freed.items() if count
        )
        lines.append(
            f"{directory}: {sizes.megabytes(sum(freed.values()))} freed"
            f"{f' ({parts})' if parts else ''}, {sizes.megabytes(left)} left"
        )
    return {"runs": rows}, lines


def _check(directory, force):
    if not directory.is_dir():
        raise UserError(f"There is no run directory {directory}.")
    if not (directory / "recipe.json").exists() or not (directory / "config.json").exists():
        raise UserError(f"{directory} is no run (it lacks recipe.json or config.json).")
    if not (directory / "metrics.json").exists() and not force:
        raise UserError(
            f"The run in {directory} is not finished: its training goes on from its checkpoints. "
            "Finish it with the same train command, or give --force to lose them."
        )


def _delete_all(directory, name):
    """Delete the folders of that name in a run and in the stages inside it."""
    folders = [path for path in directory.rglob(name) if path.is_dir()]
    return sum(sizes.delete(folder) for folder in folders)


def _drop_optimizer(path):
    """Rewrite a `.keras` file of an older run without the optimizer's state."""
    if not path.exists():
        return 0
    before = sizes.size(path)
    try:
        with zipfile.ZipFile(path) as old:
            weights = _without_optimizer(old.read(WEIGHTS))
            if weights is None:
                return 0
            with storage.replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as new:
                for info in old.infolist():
                    new.writestr(info, weights if info.filename == WEIGHTS else old.read(info))
    except (zipfile.BadZipFile, KeyError) as error:
        raise UserError(f"The file {path} is damaged ({error}); train the run anew.") from None
    return before - sizes.size(path)


def _without_optimizer(content):
    """The weights file without its group of that name, or None if it has none."""
    shrunk = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as old:
        if "optimizer" not in old:
            return None
        with h5py.File(shrunk, "w") as new:
            new.attrs.update(old.attrs)
            for name in old:
                if name != "optimizer":
                    old.copy(name, new)
    return shrunk.getvalue()
