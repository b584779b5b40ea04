"""The settings every recipe shares, and how settings are written, read and compared."""

import dataclasses
import difflib
import json
import math
import pathlib
from typing import ClassVar, Literal, get_args, get_origin

from recipes.common.errors import UserError


@dataclasses.dataclass(frozen=True)
class Config:
    """A recipe adds its own fields; the docstring of a field is its help.

    `BEFORE` has, for fields that came later, what runs were made with that do not name them.
    """

    BEFORE: ClassVar = {}

    data: str = ""
    """An embedded data set, a name of the tensorflow-datasets catalogue, or a file."""
    validation: str = ""
    """File to choose the best epoch on; without it a share of the training data."""
    test: str = ""
    """File to measure on at the end; without it a share of the data."""
    holdout: Literal["hash", "last"] = "hash"
    """Which examples are split off where parts are missing: by a hash, or the last of the file."""
    test_share: float = 0.1
    """Share of the distinct examples split off for the test."""
    validation_share: float = 0.1
    """Share of the remaining distinct examples split off for validation."""
    bad_share: float = 0.01
    """Share of unusable rows that is skipped and counted; more stop the run."""
    data_dir: str = ""
    """Folder of prepared tensorflow-datasets; theirs by default."""
    run: str = ""
    """Directory for everything this run writes."""
    seed: int = 0
    """Seed of weights, data order and dropout."""
    epochs: int = 10
    """Passes over the training data, at most."""
    patience: int = 3
    """Epochs without a better validation result before training stops."""
    batch_size: int = 32
    """Examples a step, over all GPUs together."""
    learning_rate: float = 1e-3
    """Highest learning rate of the schedule."""
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    """Number format of the layers; weights and logits stay float32."""
    jit: bool = False
    """Compile the training step with XLA: slower for recurrent loops on CPUs, where measured."""
    deterministic: bool = True
    """Make every operation repeat bit for bit, which resuming exactly relies on."""
    checkpoint_every: int = 200
    """Training steps between two checkpoints; one is also written after every epoch."""

    @classmethod
    def embedded(cls):
        """The settings that fit the recipe's embedded data."""
        return cls()

    @classmethod
    def for_data(cls, data):
        """What settings are by default for this data."""
        return cls.embedded() if data == cls().data else cls()


@dataclasses.dataclass(frozen=True)
class Scheduled(Config):
    """Settings of a recipe that `optimizing` compiles the model of."""

    average: float = 0.0
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    clip_norm: float = 1.0
    """Largest norm of the gradient of a weight; 0 for any."""
    warmup_epochs: float = 1.0
    """Epochs over which the learning rate rises."""


SHARES = ("share", "dropout", "smoothing", "sampling", "average")  # how fields of shares end
# Stages, a layer, and runs that are blanked out.
MAY_BE_NONE = (
    "fine_tune_epochs", "self_critical_epochs", "mining_epochs", "image_dim", "mask_steps",
    "mask_mels",
)  # fmt: skip
# These say where and how often to write, not what to compute.
NOT_COMPARED = ("run", "data_dir", "cache", "checkpoint_every")


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
    values = {**(absent or {}), **values}
    fields = {field.name: field for field in dataclasses.fields(config_class)}
    for name, value in values.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(fields)}."
            raise UserError(f"The config file {path} has the unknown key {name!r}; {hint}")
        values[name] = _checked(path, fields[name], value)
    return check(config_class(**values))


def _checked(path, field, value):
    if get_origin(field.type) is Literal:
        if value not in get_args(field.type):
            choices = ", ".join(get_args(field.type))
            raise UserError(f"{path}: {field.name} must be one of {choices}; got {value!r}.")
        return value
    if field.type is float and type(value) is int:
        return float(value)
    if type(value) is not field.type:
        raise UserError(
            f"{path}: {field.name} must be of type {field.type.__name__}; got {value!r}."
        )
    return value


def check(config):
    """The same settings, if the numbers among them make sense.

    Raises:
        UserError: If a count is below one, or a share is not between zero and one.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        option = "--" + field.name.replace("_", "-")
        least = 0 if field.name in MAY_BE_NONE else 1
        if field.type is int and field.name != "seed" and value < least:
            raise UserError(f"{option} must be at least {least}; got {value}.")
        if field.name.endswith(SHARES) and not 0 <= value < 1:
            raise UserError(f"{option} must be at least 0 and below 1; got {value}.")
        if field.name in ("test_share", "validation_share") and value == 0:
            raise UserError(f"{option} must be above 0; got {value}.")
        if field.type is float and value and not 0 < value < math.inf:
            raise UserError(f"{option} must be a number of at least 0; got {value}.")
    if not 0 < config.learning_rate < math.inf:
        raise UserError(f"--learning-rate must be a number above 0; got {config.learning_rate}.")
    if config.jit and config.deterministic:
        raise UserError(
            "--jit needs --no-deterministic: Keras leaves XLA off where operations must repeat bit "
            "for bit. Resuming then goes on closely, not exactly."
        )
    if not 0 <= config.seed < 2**32:
        raise UserError(f"--seed must be at least 0 and below 2**32; got {config.seed}.")
    return config


def differences(old, new):
    """The settings in which two configurations differ, as `name: old -> new`."""
    return [
        f"{field.name}: {getattr(old, field.name)!r} -> {getattr(new, field.name)!r}"
        for field in dataclasses.fields(old)
        if field.name not in NOT_COMPARED and getattr(old, field.name) != getattr(new, field.name)
    ]


def check_counts(beam, n_best=1):
    """Refuse widths and numbers of outputs that make no sense on a command line.

    Raises:
        UserError: Naming the option.
    """
    if beam < 0:
        raise UserError(f"--beam must be at least 0, which stands for the run's own; got {beam}.")
    if n_best < 1:
        raise UserError(f"--n-best must be at least 1; got {n_best}.")
