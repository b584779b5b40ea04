"""Settings: the fields that every recipe has, their limits, and how they are read and compared."""

import dataclasses
import difflib
import inspect
import json
import math
import os
import pathlib
from typing import Annotated, ClassVar, Literal, get_args, get_origin

import tyro

from recipes.common.errors import UserError


@dataclasses.dataclass(frozen=True)
class Range:
    """Limits of a number: from `least`, or above it if that is excluded, to below `below`."""

    least: float = 0
    below: float = math.inf
    excluded: bool = False

    def __contains__(self, value):
        return self.least <= value < self.below and not (self.excluded and value == self.least)

    def __str__(self):
        least = f"above {self.least}" if self.excluded else f"at least {self.least}"
        return least if self.below == math.inf else f"{least} and below {self.below}"


NOT_COMPARED = object()  # marks settings that say where or how often to write
PATHS = object()  # marks settings that may name files, several with commas between

Share = Annotated[float, Range(0, 1)]
PositiveShare = Annotated[float, Range(0, 1, excluded=True)]
Positive = Annotated[float, Range(excluded=True)]
Count = Annotated[int, Range(1)]
CountOrZero = Annotated[int, Range()]
Paths = Annotated[str, PATHS]
LIMITS = {int: Range(1), float: Range()}  # of settings that name none


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of any recipe, which adds its own fields; the docstring of a field is its help.

    A recipe's settings also have `objective`: the validation metric that a search maximises, taken
    from the epoch whose weights are kept.

    `DEFAULTS_OF_OLDER_RUNS` has, for fields that came later, the values with which runs were made
    that do not name them; `RENAMED` has the present names of fields that were called otherwise.
    """

    DEFAULTS_OF_OLDER_RUNS: ClassVar = {}
    RENAMED: ClassVar = {}

    data: Paths = ""
    """An embedded data set, a name of the tensorflow-datasets catalogue, or a file."""
    validation: Paths = ""
    """File to choose the best epoch on; without it a share of the training data."""
    test: Paths = ""
    """File to measure on at the end; without it a share of the data."""
    holdout: Literal["hash", "last"] = "hash"
    """How examples are chosen where parts are missing: by a hash, or the last of the file."""
    test_share: PositiveShare = 0.1
    """Share of the distinct examples split off for the test."""
    validation_share: PositiveShare = 0.1
    """Share of the remaining distinct examples split off for validation."""
    limit: CountOrZero = 0
    """Examples of each part at most, for a trial; 0 for all."""
    init_from: Annotated[str, PATHS] = ""
    """Finished run whose weights and vocabulary to begin with; its settings are the defaults."""
    bad_share: Share = 0.01
    """Share of unusable rows that is skipped and counted; more stop the run."""
    encoding: str = "utf-8"
    """Encoding of the files of text, such as cp1252."""
    data_dir: Annotated[str, NOT_COMPARED] = ""
    """Folder of prepared tensorflow-datasets; theirs by default."""
    run: Annotated[str, NOT_COMPARED] = ""
    """Directory for everything this run writes."""
    seed: Annotated[int, Range(0, 2**32)] = 0
    """Seed of weights, data order and dropout."""
    epochs: int = 10
    """Passes over the training data, at most."""
    patience: int = 3
    """Epochs without a better validation result before training stops."""
    batch_size: int = 32
    """Examples a step, over all GPUs together."""
    learning_rate: Positive = 1e-3
    """Highest learning rate of the schedule."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """Number format of the layers; weights and logits stay float32."""
    jit: bool = False
    """Compile the training step with XLA: slower for recurrent loops on CPUs, where measured."""
    deterministic: bool = True
    """Make every operation repeat bit for bit, which resuming exactly relies on."""
    checkpoint_every: Annotated[int, NOT_COMPARED] = 200
    """Training steps between two checkpoints; one is also written after every epoch."""
    gradients: Annotated[bool, NOT_COMPARED] = False
    """Watch the gradients: figures, a picture, and a sentence if they explode or vanish."""

    @classmethod
    def embedded(cls):
        """The settings that fit the recipe's embedded data."""
        return cls()

    @classmethod
    def for_data(cls, data):
        """The default settings for this data."""
        return cls.embedded() if data == cls().data else cls()

    @property
    def input_header(self):
        """Names of the columns of the training's files, if these have no such line."""
        return ""

    def sized(self, examples):
        """Settings left at 0 that follow the number of training examples, by name.

        Args:
            examples: Training examples.
        """
        return {}

    @property
    def input_column(self):
        """Column of a table that `predict` takes where none is named, or nothing."""
        return ""

    def resolved(self):
        """The settings with everything decided that depends on the machine."""
        return self

    def check(self):
        """Refuse numbers beyond their limits and settings that contradict each other.

        Raises:
            UserError: Naming the option.
        """
        check_limits(self, LIMITS)
        if self.jit and self.deterministic:
            raise UserError(
                "--jit needs --no-deterministic: Keras leaves XLA off where operations must repeat "
                "bit for bit. Resuming then goes on closely, not exactly."
            )


@dataclasses.dataclass(frozen=True)
class Scheduled(Config):
    """Settings of a recipe whose models `training.optimizer` compiles."""

    average: Share = 0.0
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    clip_norm: float = 1.0
    """Largest norm of the gradient of a weight; 0 for any."""
    warmup_epochs: float = 1.0
    """Epochs over which the learning rate rises."""


@dataclasses.dataclass(frozen=True)
class LanguageModel(Scheduled):
    """Settings of a recipe whose network `training.language` builds and trains."""

    cell: Literal["lstm", "gru", "rnn", "irnn"] = "lstm"
    """Recurrent cell."""
    num_layers: Annotated[int, Range(), tyro.conf.arg(aliases=["--layers"])] = 0
    """Recurrent layers, one on the other; 0 to follow the amount of data."""
    units: CountOrZero = 0
    """Width of the state of a layer; 0 to follow the amount of data."""
    embedding_dim: CountOrZero = 0
    """Width of a token's vector; 0 to follow the amount of data."""
    one_hot: bool = False
    """Read tokens as one-hot vectors and not as embeddings."""
    tie_embeddings: bool = False
    """Let the output weights be those of the embedding."""
    layer_norm: bool = False
    """Normalise the input of each layer."""
    residual: bool = False
    """Add a layer's input to its output, where both are as wide."""
    dropout: Share = 0.0
    """Share of features dropped from each layer's output."""
    embedding_dropout: Share = 0.0
    """Share of features dropped from the embeddings."""
    clip_norm: float = 1.0
    """Largest norm of the gradient over all weights together; 0 for any."""
    beta_2: PositiveShare = 0.99
    """Decay per step of Adam's mean of squared gradients."""
    weight_decay: float = 0.0
    """Share of the weights that a step takes away, times the learning rate."""
    batch_size: CountOrZero = 0
    """Rows a step, over all GPUs together; 0 to follow the amount of data."""
    epochs: CountOrZero = 0
    """Passes over the training data, at most; 0 to follow the amount of data."""

    def check(self):
        """Refuse numbers beyond their limits and settings that contradict each other."""
        super().check()
        if self.one_hot and self.tie_embeddings:
            raise UserError(
                "--tie-embeddings uses the embedding for the output too; --one-hot has none."
            )

    @property
    def objective(self):
        """The probability of the right token, on geometric average, which falls as nats rise."""
        return "val_probability"


def check_limits(options, defaults=None):
    """Refuse numbers beyond their limits.

    Args:
        options: An instance of a dataclass of settings or of a verb's options.
        defaults: A `Range` by type, for numbers whose annotation has none.

    Raises:
        UserError: Naming the option.
    """
    for field in dataclasses.fields(options):
        value, limits = getattr(options, field.name), _limits(type(options), field, defaults or {})
        if limits and (value not in limits or not math.isfinite(value)):
            number = "a number " if type_of(field) is float and limits.below == math.inf else ""
            of = "of " if number and not limits.excluded else ""
            raise UserError(f"{option(field.name)} must be {number}{of}{limits}; got {value}.")


def option(name):
    """A setting as the command line calls it."""
    return "--" + name.replace("_", "-")


def type_of(field):
    """The type of a field, without limits and marks."""
    return get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type


def _notes(config_class, name):
    """Limits and marks of a setting, which a recipe's own default for it does not take away."""
    for parent in config_class.__mro__:
        annotation = inspect.get_annotations(parent).get(name)
        if get_origin(annotation) is Annotated:
            return get_args(annotation)[1:]
    return ()


def _limits(config_class, field, defaults):
    given = [note for note in _notes(config_class, field.name) if isinstance(note, Range)]
    return given[0] if given else defaults.get(type_of(field))


def is_marked(config, name, mark):
    """True if the annotation of a setting has a mark such as `PATHS`."""
    return any(note is mark for note in _notes(type(config), name))


def compared(config):
    """The settings that decide what is computed, as a dict."""
    return {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if not is_marked(config, field.name, NOT_COMPARED)
    }


def differences(old, new):
    """The settings in which two configurations differ, as `name: old -> new`."""
    mine, others = compared(old), compared(new)
    return [
        f"{name}: {value!r} -> {others[name]!r}"
        for name, value in mine.items()
        if value != others[name]
    ]


def to_json(config):
    """The settings as JSON text."""
    return json.dumps(dataclasses.asdict(config), indent=2) + "\n"


def read(path, config_class, absent=None):
    """Settings from a JSON file; fields it leaves out keep their defaults.

    Args:
        path: The file.
        config_class: The recipe's settings.
        absent: Values by name of fields that the file may lack, instead of their defaults.

    Raises:
        UserError: If the file is missing, no JSON object, or has an unknown key or a wrong value.
    """
    path = pathlib.Path(path)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"There is no config file {path}.") from None
    except OSError as error:
        raise UserError(f"The config file {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UserError(f"The config file {path} is not valid JSON: {error}.") from None
    if not isinstance(values, dict):
        raise UserError(f"The config file {path} must hold one JSON object of settings.")
    return replaced(config_class(**(absent or {})), values, f"The config file {path}")


def replaced(options, values, source):
    """Options with other values for some of them, after a check of names and types.

    Args:
        options: An instance of a dataclass of settings or of a verb's options.
        values: The values by name.
        source: Where they come from, for messages.

    Raises:
        UserError: If a name is unknown, or a value of the wrong type or beyond its limits.
    """
    renamed = getattr(options, "RENAMED", {})
    values = {renamed.get(name, name): value for name, value in values.items()}
    fields = {field.name: field for field in dataclasses.fields(options)}
    for name, value in values.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(fields)}."
            raise UserError(f"{source} has the unknown key {name!r}; {hint}")
        values[name] = _checked(source, fields[name], value)
    options = dataclasses.replace(options, **values)
    if hasattr(options, "check"):
        options.check()
    else:
        check_limits(options)
    return options


def _checked(source, field, value):
    kind = type_of(field)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            choices = ", ".join(get_args(kind))
            raise UserError(f"{source}: {field.name} must be one of {choices}; got {value!r}.")
        return value
    if kind is float and type(value) is int:
        return float(value)
    if kind is str and isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(kind, type) and type(value) is not kind:
        raise UserError(f"{source}: {field.name} must be of type {kind.__name__}; got {value!r}.")
    return value
