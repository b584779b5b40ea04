"""Recipes from Python: finished runs to ask, and trainings from a script or a notebook."""

import dataclasses
import functools
import inspect
import os
import pathlib

from recipes.common import cli, devices, inputs, verbs
from recipes.common import config as configs
from recipes.common.errors import UserError
from recipes.common.run import Run, recipe_of


class TrainedRun:
    """A finished run of a recipe: its model, settings and figures, and its verbs as methods.

    `recipes.load(directory)` gives one. TensorFlow starts, and the model is read, when they are
    first needed; the seed, precision and determinism of the run then hold for the whole process.

    Attributes:
        recipe: Name of the recipe, such as `"sentiment"`.
        directory: Where the run is, an absolute `pathlib.Path`.
        config: Its settings, a frozen dataclass: the `Config` of the recipe.
    """

    def __init__(self, directory):
        """Open a finished run.

        Args:
            directory: Where it is; it may have been moved.

        Raises:
            UserError: If it is no run, damaged or not finished.
        """
        self.directory = pathlib.Path(directory).absolute()
        self.recipe = recipe_of(self.directory)
        self._package = f"{__package__.partition('.')[0]}.{self.recipe}"
        self._options = cli.options_by_verb(self._module("config"))
        self._run = Run.reopen(self.directory, self.recipe, self._module("config").Config)
        self.config = self._run.config
        self._run.metrics()  # which comes last, so a run without it is not finished

    def _module(self, name):
        try:
            return verbs.module(self._package, name)
        except ModuleNotFoundError as error:
            if error.name != self._package:
                raise
            raise UserError(f"{self.directory} is of a recipe {self.recipe!r} not known.") from None

    @property
    def metrics(self):
        """The content of `metrics.json`, a dict: figures of the test part, baselines, times …"""
        return self._run.metrics()

    @property
    def model(self):
        """The trained `keras.Model`, with logits as its output."""
        return self._trained.model

    @property
    def tokenizers(self):
        """The `sentencepiece.SentencePieceProcessor`s of the run by the name of their file.

        A vocabulary that two languages share is `"tokenizer"`, otherwise there are `"source"` and
        `"target"`; a recipe without text has none.
        """
        return {path.stem: _tokenizer(path) for path in sorted(self.directory.glob("*.model"))}

    @functools.cached_property
    def _trained(self):
        devices.start(self.config)
        return self._module("trained").restore(self._run)

    def predict(self, items=(), **options):
        """Answers of the trained model.

        Args:
            items: A list of texts, or of names of picture or sound files, as the recipe takes
                them; a single one may stand by itself.
            **options: Those of the command line, such as `beam=5`, `n_best=3`, `output="out.csv"`,
                or `file="in.csv"` and `column="text"` in place of items.

        Returns:
            A list with a dict for each item: what the command prints as JSON, such as `label` and
            `probabilities`, `translation` and `n_best`, `caption`, or `detections`.

        Raises:
            UserError: If an item or an option cannot be used.
        """
        if isinstance(items, str | os.PathLike):
            items = [items]
        items = [_named(item) for item in items]
        chosen = self._chosen("predict", options)
        if chosen.file and items:
            raise UserError(f"Items and file={chosen.file!r} both name inputs; give one of them.")
        if chosen.file:
            items = inputs.inputs_of(chosen, self.config)
        elif chosen.output:
            inputs.check_output(chosen.output)
        found = self._call("predict", chosen, inputs=items)["predictions"]
        if chosen.output:
            inputs.write(chosen.output, found)
        return found

    def evaluate(self, data="", **options):
        """Figures of the trained model on the test part of its own data, or on other data.

        Args:
            data: A file or a catalogue name; the run's own test part if empty.
            **options: Those of the command line, such as `beam=1`.

        Returns:
            A dict: what the command prints as JSON, the figures under `test`.

        Raises:
            UserError: If the data or an option cannot be used.
        """
        chosen = self._chosen("evaluate", {"data": os.fspath(data), **options})
        return self._call("evaluate", chosen)

    def export(self, format="savedmodel", to="", **options):
        """Write the trained model in a form that needs neither this package nor Keras.

        Args:
            format: `"savedmodel"`, `"onnx"` …, as the command line names them.
            to: Folder to write to; `export/` of the run by default.
            **options: Other options of the command line, such as `quantize="int8"`.

        Returns:
            A dict: what the command prints as JSON, the folder under `path`.

        Raises:
            UserError: If the format is not to be had for this model, or a package is missing.
        """
        chosen = self._chosen("export", {"format": format, "to": os.fspath(to), **options})
        return self._call("export", chosen)

    def verb(self, name, **options):
        """Result of a verb that only some recipes have, such as `run.verb("listen", …)`.

        Args:
            name: The verb, as on the command line.
            **options: Those of the command line.

        Returns:
            A dict: what the command prints as JSON.

        Raises:
            UserError: If the recipe has no such verb, or an option cannot be used.
        """
        if name not in self._options:
            known = ", ".join(self._options)
            raise UserError(f"The {self.recipe} recipe has no verb {name!r}; it has {known}.")
        return self._call(name, self._chosen(name, options))

    def _chosen(self, verb, options):
        usual = self._options[verb](run=str(self.directory))
        return configs.replaced(usual, options, f"{verb} of the {self.recipe} recipe")

    def _call(self, verb, chosen, **arguments):
        return verbs.call(self._package, verb, self._run, chosen, **arguments)[0]

    def __repr__(self):
        return f"<run of recipes.{self.recipe} in {self.directory}>"


def _tokenizer(path):
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())


def trainer(config_class):
    """The `train` of a recipe for Python.

    Args:
        config_class: Settings of the recipe.
    """
    package = config_class.__module__.rpartition(".")[0]

    def train(*, config="", **settings):
        chosen = _settings(config_class, config, settings)
        verbs.train(package, chosen)
        return TrainedRun(chosen.run)

    train.__doc__ = f"""Train, measure and report, as `python -m {package} train` does.

    A training that was interrupted goes on; one that is complete is read.

    Args:
        config: JSON file of settings, as a search writes it; the others win.
        **settings: The fields of `{config_class.__module__}.Config`, such as `data="my.csv"`,
            `run="runs/mine"` and `epochs=5`.

    Returns:
        The `recipes.common.trained_run.TrainedRun`.

    Raises:
        UserError: If a setting or the data cannot be used.
        Diverged: If the loss is no longer a number.
    """
    return _with_fields(train, package, config_class, ("config",), TrainedRun)


def tuner(config_class):
    """The `tune` of a recipe for Python.

    Args:
        config_class: Settings of the recipe.
    """
    package = config_class.__module__.rpartition(".")[0]

    def tune(*, trials=20, tuner="random", config="", **settings):
        return verbs.tune(package, _settings(config_class, config, settings), trials, tuner)[0]

    tune.__doc__ = f"""Search for better settings, as `python -m {package} tune` does.

    Args:
        trials: Number of configurations to try.
        tuner: `"random"`, `"hyperband"` or `"bayesian"`.
        config: JSON file of settings to start from; the others win.
        **settings: The fields of `{config_class.__module__}.Config`; `run` is the directory of the
            search.

    Returns:
        A dict of the best overrides, their score and all trials.

    Raises:
        UserError: If a setting or the data cannot be used.
    """
    return _with_fields(tune, package, config_class, ("trials", "tuner", "config"), dict)


def _named(item):
    if isinstance(item, str | os.PathLike):
        return os.fspath(item)
    raise UserError(f"predict takes a list of strings or of names of files; {item!r} is neither.")


def _settings(config_class, config, settings):
    named = (os.fspath(settings.get(name, "")) for name in ("init_from", "data"))
    usual = verbs.defaults(config_class, os.fspath(config), *named)
    return configs.replaced(usual, settings, f"The settings of {config_class.__module__}")


def _with_fields(function, package, config_class, names, returns):
    """A function that shows the settings as its arguments, which editors complete."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [inspect.signature(function).parameters[name] for name in names]
    own += [
        inspect.Parameter(
            field.name, keyword, default=field.default, annotation=configs.type_of(field)
        )
        for field in dataclasses.fields(config_class)
    ]
    function.__signature__ = inspect.Signature(own, return_annotation=returns)
    function.__module__, function.__qualname__ = package, function.__name__
    return function
