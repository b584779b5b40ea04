"""The run directory: everything a run writes, each file complete or absent."""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil

from recipes.common import config as configs
from recipes.common import devices
from recipes.common.errors import UserError


@contextlib.contextmanager
def replacing(path):
    """A temporary path beside `path` that takes its place once the block has ended well.

    What was written is flushed to the disk before the renaming, so a crash at any moment leaves the
    old content or the new, never a part of it. A directory takes the place of another one in two
    steps; a crash between them leaves neither.
    """
    path = pathlib.Path(path)
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    remove(temporary)
    try:
        yield temporary
        for written in [temporary, *temporary.rglob("*")]:
            _flush(written)
        if path.is_dir():
            remove(path)
        os.replace(temporary, path)
        _flush(path.parent)
    finally:
        remove(temporary)


def _flush(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path):
    """Delete a file or a directory, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path, text):
    """Write a text file so that it is complete or as it was before."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, value):
    """Write a JSON file so that it is complete or as it was before."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def check(recipe, config):
    """Refuse a run directory that a training with these settings may not use.

    Args:
        recipe: Name of the recipe.
        config: Its settings; `config.run` names the directory.

    Returns:
        The directory as a path; it need not exist yet.

    Raises:
        UserError: If the directory holds other files, a run of another recipe, or a run with other
            settings.
    """
    directory = pathlib.Path(config.run)
    if directory.exists() and not directory.is_dir():
        raise UserError(f"{directory} is a file; --run must name a directory.")
    if (directory / "config.json").exists():
        changed = configs.differences(read_config(directory, recipe, type(config)), config)
        if changed and (directory / "checkpoints").exists():
            raise UserError(
                f"The run in {directory} has other settings ({'; '.join(changed)}). Give the same "
                "settings to go on with it, or another --run to start anew."
            )
    elif directory.exists():
        # What a killed start has left behind is not a user's.
        foreign = sorted(
            path.name
            for path in directory.iterdir()
            if not path.name.startswith(".") and path.name != "recipe.json"
        )
        if foreign:
            raise UserError(
                f"The directory {directory} is not a run and not empty (it holds {foreign[0]}); "
                "give another --run."
            )
    return directory


def make(directory):
    """Make a directory, if it is not there.

    Raises:
        UserError: If it cannot be made.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The directory {directory} cannot be made: {error.strerror}.") from None
    return directory


_locks = {}


def lock(directory):
    """Keep a directory for this process as long as it lives.

    Raises:
        UserError: If another process has it.
    """
    path = directory.resolve() / ".lock"
    if path in _locks:
        return
    with contextlib.suppress(ImportError):  # no such locks on Windows
        import fcntl

        # Closed by the end of the process, however it ends.
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise UserError(
                f"Another process is training in {directory}; wait for it, or give another --run."
            ) from None
        _locks[path] = file


def begin(recipe, config, facts):
    """Make the run directory once the data has turned out to be usable, or go on in it.

    Args:
        recipe: Name of the recipe, for `recipe.json`.
        config: Its settings, for `config.json`.
        facts: What later verbs and sittings need to know of the data, for `data.json`.

    Raises:
        UserError: If the directory cannot be made, or the data is not what the run began with.
    """
    directory = make(check(recipe, config))
    lock(directory)
    path = directory / "data.json"
    if not (directory / "checkpoints").exists():
        # Nothing is lost by starting anew, with other settings too.
        for name in ("data.json", "tokenizer.model", "source.model", "target.model"):
            remove(directory / name)
    if path.exists() and (old := read_json(path)) != facts:
        changed = [name for name in facts if old.get(name) != facts[name]]
        raise UserError(
            f"The data is not what the run in {directory} began with ({', '.join(changed)} "
            "differ). Restore it, or give another --run."
        )
    write_json(directory / "recipe.json", {"recipe": recipe})
    write_text(directory / "config.json", configs.to_json(config))
    write_json(path, facts)


def read_config(directory, recipe, config_class):
    """The settings of an existing run.

    Raises:
        UserError: If the directory is missing, is no run, is damaged, or is of another recipe.
    """
    directory = pathlib.Path(directory)
    if not directory.is_dir():
        raise UserError(f"There is no run directory {directory}; train one with --run {directory}.")
    name = read_json(directory / "recipe.json").get("recipe")
    if name != recipe:
        raise UserError(f"The run in {directory} is of the recipe {name!r}, not of {recipe!r}.")
    return configs.read(directory / "config.json", config_class, config_class.BEFORE)


def reopen(run, recipe, config_class, keys=("sha256",)):
    """What is written of a finished run beside its model.

    Args:
        run: Its directory, which may have been moved.
        recipe: Name of the recipe it must be of.
        config_class: The recipe's settings.
        keys: What must be known of its data.

    Returns:
        `directory, config, facts`: a path, the settings, and what is known of the data, a dict.

    Raises:
        UserError: If the directory is no run of the recipe, or is damaged.
    """
    directory = pathlib.Path(run)
    config = dataclasses.replace(read_config(directory, recipe, config_class), run=str(directory))
    return directory, config, read_json(directory / "data.json", keys)


def read_json(path, keys=()):
    """A JSON object that an earlier verb wrote into a run directory.

    Raises:
        UserError: If the file is missing, damaged, or lacks one of the keys.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"The run directory {path.parent} lacks {path.name}: it is no finished run or it is "
            "damaged. Run train on it again."
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(f"The file {path} is damaged ({error}); train the run anew.") from None
    if not isinstance(value, dict):
        raise UserError(f"The file {path} is damaged (not a JSON object); train the run anew.")
    for key in keys:
        if key not in value:
            raise UserError(f"The file {path} is damaged (no {key}); train the run anew.")
    return value


def subdirectory(directory, name):
    """A directory inside a run, made if it is not there."""
    path = directory / name
    path.mkdir(exist_ok=True)
    return path


def save_model(model, path):
    """Write a `.keras` file so that it is complete or as it was before.

    It goes without the loss and the metrics: to load it takes `zoo` and nothing of the recipes.
    """
    compiled, model.compiled = model.compiled, False
    try:
        with replacing(path) as temporary:
            # Keras wants the suffix at the end of the name, where the temporary name has it too.
            model.save(temporary)
    finally:
        model.compiled = compiled


def restore_model(directory, config, build, for_export=False):
    """The trained model of a finished run.

    Args:
        directory: The run directory.
        config: Its settings; seed, precision and determinism are applied.
        build: Function without arguments that builds the model.
        for_export: Whether the model must run anywhere: in float32 and without cuDNN.

    Raises:
        UserError: If the weights are missing, damaged, or of another model.
    """
    devices.start(dataclasses.replace(config, precision="float32") if for_export else config)
    model = build()
    _load_weights(model, directory / "model.keras")
    if for_export:
        devices.give_up_cudnn(model)
    return model


def _load_weights(model, path):
    if not path.exists():
        raise UserError(
            f"The run directory {path.parent} lacks {path.name}: its training has not finished. "
            "Give the train command again; it goes on where it was."
        )
    try:
        model.load_weights(path)
    except Exception as error:
        raise UserError(
            f"The file {path} is damaged or of another model; train the run anew."
        ) from error
