"""A run: its directory opened or refused, what is known of its data, its model and metrics."""

import dataclasses
import pathlib
import time

from recipes.common import config as configs
from recipes.common import models, storage
from recipes.common.errors import UserError

# Each of these files or folders holds a result that other settings must not take over.
RESULTS = ("checkpoints", "model.keras", "metrics.json")


class Run:
    """A run of a recipe in a directory.

    Attributes:
        recipe: Name of the recipe.
        config: Its settings.
        directory: Where it writes, a path.
        stage: The part of the run that trains here; `"train"` for the run itself.
        data: What is known of the data, as in `data.json`: `data`, `sha256`, `sizes` and what the
            recipe adds.
        seconds: Time spent by stage; stages of one run share it.
    """

    def __init__(self, recipe, config, directory=None, stage="train"):
        self.recipe, self.config, self.stage = recipe, config, stage
        self.directory = pathlib.Path(directory or config.run)
        self.data, self.seconds = {}, {}
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
        return run

    def beside(self, stage, **settings):
        """Another training of this run, in a directory inside its own.

        Args:
            stage: Its name, and that of the directory.
            **settings: Those that differ from the run's.
        """
        config = dataclasses.replace(self.config, **settings)
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
            changed = configs.differences(old, self.config)
            if changed and any((directory / name).exists() for name in RESULTS):
                raise UserError(
                    f"The run in {directory} has other settings ({'; '.join(changed)}). Give the "
                    "same settings to go on with it, or another --run to start anew."
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

    def begin(self, sha256, sizes, **more):
        """Make the directory once the data has turned out to be usable, or go on in it.

        Args:
            sha256: Digest of all parts.
            sizes: Number of examples by part.
            **more: Anything else of the data that later verbs need.

        Raises:
            UserError: If the directory cannot be made, another process trains in it, or the data is
                not what the run began with.
        """
        facts = {"data": self.config.data, "sha256": sha256, **more, "sizes": sizes}
        directory = storage.make(self.directory)
        storage.lock(directory)
        self._refuse_foreign_directory()  # another process may have been here since
        path = directory / "data.json"
        if not any((directory / name).exists() for name in RESULTS):
            # Nothing is lost by starting anew, with other settings too.
            for leftover in (path, *directory.glob("*.model")):
                storage.remove(leftover)
        if path.exists() and (old := storage.read_json(path)) != facts:
            changed = [name for name in facts if old.get(name) != facts[name]]
            raise UserError(
                f"The data is not what the run in {directory} began with ({', '.join(changed)} "
                "differ). Restore it, or give another --run."
            )
        storage.write_json(directory / "recipe.json", {"recipe": self.recipe})
        storage.write_text(directory / "config.json", configs.to_json(self.config))
        storage.write_json(path, facts)
        self.data = facts

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
        """Write `metrics.json`, with which the run is complete, and thin out its checkpoints.

        The newest of each training stays; the one before it was there in case that is damaged.
        """
        storage.write_json(self.directory / "metrics.json", metrics)
        for checkpoints in self.directory.rglob("checkpoints"):
            for older in sorted(checkpoints.glob("step-*"))[:-1]:
                storage.remove(older)

    def metrics(self, keys=()):
        """The content of `metrics.json`.

        Raises:
            UserError: If it is missing, damaged, or lacks one of the keys.
        """
        return storage.read_json(self.directory / "metrics.json", keys)


def _read_config(directory, recipe, config_class):
    if not directory.is_dir():
        raise UserError(f"There is no run directory {directory}; train one with --run {directory}.")
    name = storage.read_json(directory / "recipe.json").get("recipe")
    if name != recipe:
        raise UserError(f"The run in {directory} is of the recipe {name!r}, not of {recipe!r}.")
    return configs.read(
        directory / "config.json", config_class, config_class.DEFAULTS_OF_OLDER_RUNS
    )
