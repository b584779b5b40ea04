"""A run: its directory opened or refused, what is known of its data, its model and metrics."""

import dataclasses
import functools
import os
import pathlib
import time

from recipes.common import config as configs
from recipes.common import models, storage
from recipes.common.errors import UserError
from recipes.common.terminal import tell

# Each of these files or folders holds a result that other settings must not take over.
RESULTS = ("checkpoints", "model.keras", "metrics.json")


class Run:
    """A run of a recipe in a directory.

    Attributes:
        recipe: Name of the recipe.
        config: Its settings, those that follow the amount of data included.
        asked: The settings as they were asked for, with which the run is compared.
        directory: Where it writes, a path.
        stage: The part of the run that trains here; `"train"` for the run itself.
        data: What is known of the data, as in `data.json`: `data`, `sha256`, `sizes` and what the
            recipe adds.
        seconds: Time spent by stage; stages of one run share it.
        exports: Folder that `export` writes to.
    """

    def __init__(self, recipe, config, directory=None, stage="train"):
        self.recipe, self.config, self.stage = recipe, config, stage
        self.asked = config
        self.directory = pathlib.Path(directory or config.run)
        self.data, self.seconds, self.restored = {}, {}, {}
        self.exports = self.directory / "export"
        self.started = time.monotonic()

    @classmethod
    def for_training(cls, recipe, config):
        """A run to begin or to go on with.

        Raises:
            UserError: If the directory holds other files, a run of another recipe, or a run with
                other settings.
        """
        run = cls(recipe, config)
        run._refuse_foreign_directory()
        return run

    @classmethod
    def reopen(cls, directory, recipe, config_class):
        """A run that an earlier process has made; it may have been moved.

        Raises:
            UserError: If the directory is no run of the recipe, or is damaged.
        """
        config = _read_config(pathlib.Path(directory), recipe, config_class)
        run = cls(recipe, dataclasses.replace(config, run=str(directory)))
        run.data = storage.read_json(run.directory / "data.json", ("sha256",))
        run._choose(run.data.get("chosen", {}))
        run.config = _located(run.config, run.data.get("working_directory", ""))
        return run

    @classmethod
    def first(cls, config, recipe):
        """The run that a configuration asks to begin from, or None.

        Raises:
            UserError: If it is no run of the recipe, not finished, or damaged.
        """
        if not config.init_from:
            return None
        run = cls.reopen(config.init_from, recipe, type(config))
        if not run.is_complete:
            raise UserError(
                f"The run in {run.directory} is not finished; --init-from names one that is."
            )
        return run

    def beside(self, stage, **settings):
        """Another training of this run, in a directory inside its own.

        Args:
            stage: Its name, and that of the directory.
            **settings: Those that differ from the run's.
        """
        config = dataclasses.replace(self.config, **{"init_from": "", **settings})
        other = Run(self.recipe, config, storage.subdirectory(self.directory, stage), stage)
        other.data, other.seconds, other.started = self.data, self.seconds, self.started
        return other

    @property
    def is_complete(self):
        """True once its results have been written, which comes last."""
        return (self.directory / "metrics.json").exists()

    def _refuse_foreign_directory(self):
        directory = self.directory
        if directory.exists() and not directory.is_dir():
            raise UserError(f"{directory} is a file; --run must name a directory.")
        if (directory / "config.json").exists():
            old = _read_config(directory, self.recipe, type(self.config))
            changed = configs.differences(old, self.asked)
            if changed and any((directory / name).exists() for name in RESULTS):
                raise UserError(
                    f"The run in {directory} has other settings ({'; '.join(changed)}). Give the "
                    "same settings to go on with it, another --run to start anew, or another --run "
                    f"with --init-from {directory} to train its weights on."
                )
        elif directory.exists():
            # A killed start leaves these two behind.
            foreign = sorted(
                path.name
                for path in directory.iterdir()
                if not path.name.startswith(".") and path.name != "recipe.json"
            )
            if foreign:
                raise UserError(
                    f"The directory {directory} is not a run and not empty (it holds "
                    f"{foreign[0]}); give another --run."
                )

    def begin(self, sha256, sizes, chosen=(), **more):
        """Make the directory once the data has turned out to be usable, or go on in it.

        Settings left at 0 that follow the amount of data are decided, and `config` has them.

        Args:
            sha256: Digest of all parts.
            sizes: Number of examples by part.
            chosen: Further settings that the data decides, by name.
            **more: Anything else of the data that later verbs need.

        Raises:
            UserError: If the directory cannot be made, another process trains in it, or the data is
                not what the run began with.
        """
        first = Run.first(self.config, self.recipe)
        chosen = {**self.config.sized(sizes["train"]), **dict(chosen)}
        facts = {"data": self.config.data, "sha256": sha256, **more, "sizes": sizes}
        if chosen:
            facts["chosen"] = chosen
        directory = storage.make(self.directory)
        storage.lock(directory)
        self._refuse_foreign_directory()  # another process may have been here since
        path = directory / "data.json"
        if not any((directory / name).exists() for name in RESULTS):
            # Nothing is lost by starting anew, with other settings too.
            for leftover in (path, *directory.glob("*.model")):
                storage.remove(leftover)
        if path.exists():
            old = storage.read_json(path)
            if changed := [name for name in facts if old.get(name) != facts[name]]:
                raise UserError(
                    f"The data is not what the run in {directory} began with "
                    f"({', '.join(changed)} differ). Restore it, or give another --run."
                )
        storage.write_json(directory / "recipe.json", {"recipe": self.recipe})
        storage.write_text(directory / "config.json", configs.to_json(self.asked))
        # Paths are relative to it; the run itself may be moved.
        self.data = {**facts, "working_directory": os.getcwd()}
        storage.write_json(path, self.data)
        self._choose(chosen)
        if first:
            vocabulary = sorted(first.directory.glob("*.model"))
            what = "weights and the vocabulary" if vocabulary else "weights"
            tell(f"Beginning with the {what} of {first.directory}.")
            for tokenizer in vocabulary:
                if not (directory / tokenizer.name).exists():
                    storage.write_bytes(directory / tokenizer.name, tokenizer.read_bytes())

    def _choose(self, chosen):
        self.config = dataclasses.replace(self.config, **chosen)

    def fact(self, name):
        """Something that `data.json` must have.

        Raises:
            UserError: If it has not.
        """
        if name not in self.data:
            path = self.directory / "data.json"
            raise UserError(f"The file {path} is damaged (no {name}); train the run anew.")
        return self.data[name]

    def own_test_part(self, parts, sha256, instead="Name what to measure on with --data."):
        """The test part of the run's own data, if that is what the run was trained on.

        Args:
            parts, sha256: The data as it is read now.
            instead: Advice for when it has changed.

        Raises:
            UserError: If it has changed: its test part may hold what was trained on.
        """
        if sha256 != self.fact("sha256"):
            raise UserError(
                f"{self.config.data} is not what it was when the run in {self.directory} was "
                f"trained, so its test part may hold training examples. {instead}"
            )
        return parts["test"]

    def start_weights(self, model):
        """Give a new model the weights of the run that the settings begin from, if any.

        Raises:
            UserError: If they do not fit it.
        """
        if self.config.init_from:
            path = pathlib.Path(self.config.init_from) / "model.keras"
            models.load_weights(model, path, f"do not fit the settings of {self.directory}")
        return model

    def save(self, model):
        """Keep the trained model."""
        models.save(model, self.directory / "model.keras")

    def restore(self, model, for_export=False):
        """Give a new model the weights of the trained one.

        Args:
            model: A model as it was built for the training.
            for_export: Whether it must run anywhere, without cuDNN.

        Raises:
            UserError: If the weights are missing, damaged, or of another model.
        """
        models.load_weights(model, self.directory / "model.keras")
        if for_export:
            models.give_up_cudnn(model)
        return model

    def measured(self, metrics, model, stages):
        """All that `metrics.json` holds: figures, and how the model came about.

        Args:
            metrics: The recipe's figures.
            model: The trained model.
            stages: Its `training.history.Stages`.
        """
        return {
            **metrics,
            **stages.metrics(),
            "seconds": {**self.seconds, "last_sitting": time.monotonic() - self.started},
            "parameters": model.count_params(),
        }

    def write_metrics(self, metrics):
        """Write `metrics.json`, with which the run is complete."""
        storage.write_json(self.directory / "metrics.json", metrics)
        self.thin_out()

    def thin_out(self):
        """Keep the newest checkpoint of each training; those before it served in case of damage."""
        for checkpoints in self.directory.rglob("checkpoints"):
            for older in sorted(checkpoints.glob("step-*"))[:-1]:
                storage.remove(older)

    def metrics(self, keys=()):
        """The content of `metrics.json`.

        Raises:
            UserError: If it is missing, damaged, or lacks one of the keys.
        """
        return storage.read_json(self.directory / "metrics.json", keys)


def kept(restore):
    """A `restore` of a recipe that is done once for a run, however many verbs ask for it."""

    @functools.wraps(restore)
    def once(run, for_export=False):
        if for_export not in run.restored:
            run.restored[for_export] = restore(run, for_export)
        return run.restored[for_export]

    return once


def recipe_of(directory):
    """The name of the recipe that a run directory is of.

    Raises:
        UserError: If it is no run directory.
    """
    directory = pathlib.Path(directory)
    if not directory.is_dir():
        raise UserError(f"There is no run directory {directory}; train one with --run {directory}.")
    return storage.read_json(directory / "recipe.json", ("recipe",))["recipe"]


def _located(config, folder):
    """Settings whose paths are absolute where they were relative to the folder of the training."""
    if not folder:
        return config
    changed = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value and configs.is_marked(config, field.name, configs.PATHS):
            changed[field.name] = _absolute(value, folder)
    return dataclasses.replace(config, **changed)


def _absolute(value, folder):
    """A path, or several with commas between, seen from a folder; as it is if nothing is there."""
    if os.path.exists(os.path.join(folder, value)):
        return os.path.join(folder, value)
    if "," not in value:
        return value
    paths = [os.path.join(folder, path.strip()) for path in value.split(",")]
    return ",".join(paths) if all(map(os.path.exists, paths)) else value


def _read_config(directory, recipe, config_class):
    name = recipe_of(directory)
    if name != recipe:
        raise UserError(f"The run in {directory} is of the recipe {name!r}, not of {recipe!r}.")
    return configs.read(
        directory / "config.json", config_class, config_class.DEFAULTS_OF_OLDER_RUNS
    )
