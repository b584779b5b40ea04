"""The builders of zoo at their default sizes, with inputs and labels of usual lengths.

What a builder is comes from `zoo.__all__`, and what a model reads from the names of its inputs; the
tables below have the arguments without a default and the lengths.
"""

import dataclasses
import inspect

import numpy as np

BEGIN = 2  # the first token that a decoder reads
NUMBERS = ("rnn_forecaster",)  # whose outputs are no logits


@dataclasses.dataclass(frozen=True)
class Sizes:
    """Sizes of the data, and arguments of builders that have no default or are to have another.

    arguments: Values by parameter name.
    of_pictures: Values by parameter name for builders that take an `image_shape`.
    """

    arguments: dict
    of_pictures: dict
    batch: int = 64
    tokens: int = 200
    sentence: int = 30
    caption: int = 16
    samples: int = 32_000
    frames: int = 16


USUAL = Sizes(
    {
        "vocab_size": 10_000,
        "num_classes": 2,
        "source_vocab_size": 8_000,
        "target_vocab_size": 8_000,
        "image_shape": (224, 224, 3),
        "frame_shape": (64, 64, 3),
        "num_features": 16,
        "num_targets": 1,
        "num_known": 4,
        "horizon": 24,
        "num_keys": 88,
        "num_sensors": 12,
        "num_actions": 30,
    },
    {"vocab_size": 2_500},
)
# Pictures of which another network has made features, as on CPUs the small one takes all the time.
FEATURES = dataclasses.replace(
    USUAL, of_pictures={"vocab_size": 2_500, "image_shape": (7, 7, 1280), "cnn": None}
)
_SMALL = {"embedding_dim": 128, "units": 128, "attention_dim": 128, "num_layers": 2}
_STEADY = {"dropout": 0.0, "embedding_dropout": 0.0, "word_dropout": 0.0}
# Small and without chance, for outputs and losses of two devices to be compared.
STEADY = dataclasses.replace(
    USUAL,
    arguments={**USUAL.arguments, **_SMALL, **_STEADY, "image_shape": (64, 64, 3)},
    batch=8,
)
TINY = Sizes(
    {
        **STEADY.arguments,
        "vocab_size": 11,
        "source_vocab_size": 11,
        "target_vocab_size": 12,
        "embedding_dim": 6,
        "units": 5,
        "num_layers": 1,
        "attention_dim": 4,
        "image_shape": (32, 32, 3),
        "frame_shape": (32, 32, 3),
        "image_dim": 6,
        "num_mels": 8,
        "filters": 6,
        "kernel_size": 3,
        "horizon": 2,
        "num_keys": 4,
    },
    {},
    batch=2,
    tokens=5,
    sentence=5,
    caption=5,
    samples=1_600,
    frames=3,
)


def names():
    """Names of the builders: of what `zoo` offers, the functions that take a name for a model."""
    import zoo

    return [
        name for name in zoo.__all__ if "name" in inspect.signature(getattr(zoo, name)).parameters
    ]


def arguments(name, sizes):
    """Arguments of a builder by name: those without a default, and those that `sizes` names.

    Raises:
        ValueError: If the builder has a parameter without default that the tables do not know.
    """
    import zoo

    parameters = inspect.signature(getattr(zoo, name)).parameters.values()
    known = dict(sizes.arguments)
    if any(parameter.name == "image_shape" for parameter in parameters):
        known |= sizes.of_pictures
    needed = {p.name for p in parameters if p.default is p.empty}
    if unknown := sorted(needed - known.keys()):
        raise ValueError(f"benchmarks.builders has no value for {', '.join(unknown)} of {name}.")
    return {p.name: known[p.name] for p in parameters if p.name in known}


def build(name, sizes=USUAL):
    """The model of a builder, not compiled; of several outputs it has the logits alone."""
    import keras

    import zoo

    keras.utils.set_random_seed(0)
    model = getattr(zoo, name)(**arguments(name, sizes))
    if isinstance(model.output, dict):
        return keras.Model(model.input, model.output["logits"], name=name)
    return model


def inputs(model, sizes=USUAL):
    """A batch for a model of `build`, a dict by name; ids are padded on the right.

    Raises:
        ValueError: If the model has an input that the table does not know.
    """
    rng = np.random.default_rng(0)
    given = arguments(model.name, sizes)
    vocab_size = given.get("target_vocab_size", given.get("vocab_size"))

    def ids(steps, size):
        lengths = rng.integers(-(-steps // 2), steps + 1, (sizes.batch, 1))
        lengths[0] = steps
        drawn = rng.integers(4, size, (sizes.batch, steps))
        return np.where(np.arange(steps) < lengths, drawn, 0).astype(np.int32)

    def target():
        drawn = ids(sizes.caption if "image" in model.input else sizes.sentence, vocab_size)
        drawn[:, 0] = BEGIN
        return drawn

    def image():
        highest = 1 if given.get("cnn", "small") is None else 255  # features or pixels
        return rng.uniform(0, highest, (sizes.batch, *given["image_shape"])).astype(np.float32)

    def samples():
        return rng.uniform(-0.1, 0.1, (sizes.batch, sizes.samples)).astype(np.float32)

    def frames():
        shape = (sizes.batch, sizes.frames, *given["frame_shape"])
        return rng.uniform(0, 255, shape).astype(np.float32)

    def numbers(*shape):
        return rng.normal(size=(sizes.batch, *shape)).astype(np.float32)

    def past():
        return (sizes.tokens, given["num_features"])

    kinds = {
        "past": lambda: numbers(*past()),
        "observed": lambda: rng.uniform(size=(sizes.batch, *past())) < 0.95,
        "known": lambda: numbers(given["horizon"], given["num_known"]),
        "roll": lambda: (numbers(sizes.tokens, given["num_keys"]) > 0.5).astype(np.float32),
        "sensors": lambda: numbers(sizes.tokens, given["num_sensors"]),
        "frames": frames,
        "lengths": lambda: np.full(sizes.batch, sizes.frames, np.int32),
        "label": lambda: rng.integers(0, given["num_classes"], sizes.batch).astype(np.int32),
        "tokens": lambda: ids(sizes.tokens, vocab_size),
        "source": lambda: ids(sizes.sentence, given["source_vocab_size"]),
        "target": target,
        "image": image,
        "samples": samples,
    }
    if unknown := sorted(model.input.keys() - kinds.keys()):
        raise ValueError(f"benchmarks.builders has no inputs called {', '.join(unknown)}.")
    return {name: kinds[name]() for name in model.input}


def labels(model, batch):
    """Labels for a batch: classes where the logits have an axis for them, otherwise 0 and 1.

    Those of a forecaster are numbers, as many as it gives.
    """
    import keras

    rng = np.random.default_rng(1)
    shapes = {n: keras.KerasTensor(array.shape, str(array.dtype)) for n, array in batch.items()}
    shape = (len(next(iter(batch.values()))), *model.compute_output_spec(shapes).shape[1:])
    if model.name in NUMBERS:
        return rng.normal(size=shape).astype(np.float32)
    if _says_yes_or_no(model):
        return rng.integers(0, 2, shape).astype(np.float32)
    return rng.integers(0, model.output.shape[-1], shape[:-1]).astype(np.int32)


def _says_yes_or_no(model):
    """True for a model whose logits are each of an answer of its own."""
    return model.output.shape[-1] is None or model.name == "rnn_frame_model"


def compile_model(model, jit=False, learning_rate=1e-3):
    """Compile for training with gradient descent and the loss that goes with `labels`."""
    import keras

    losses = keras.losses
    if model.name in NUMBERS:
        loss = losses.MeanAbsoluteError()
    elif _says_yes_or_no(model):
        loss = losses.BinaryCrossentropy(from_logits=True)
    else:
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(learning_rate), loss, jit_compile=jit)
