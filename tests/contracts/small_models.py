"""Small models of all builders, and inputs for them, made from ids."""

import functools
import inspect

import keras
import numpy as np

import zoo

TINY = {
    "vocab_size": 11,
    "num_classes": 3,
    "embedding_dim": 6,
    "units": 5,
    "num_layers": 2,
    "attention_dim": 4,
    "source_vocab_size": 11,
    "target_vocab_size": 12,
    "image_shape": (32, 32, 3),
    "frame_shape": (12, 12, 3),
    "frame_dim": 6,
    "image_dim": 6,
    "num_keys": 11,
    "num_mels": 8,
    "filters": 6,
    "kernel_size": 3,
    "convolutions": (4,),
    "latent_dim": 4,
    "steps": 3,
    "hidden": (5,),
    "num_features": 3,
    "num_targets": 2,
    "num_known": 2,
    "horizon": 4,
    "context_dim": 4,
    "num_sensors": 4,
    "num_actions": 11,  # as many as there are ids
}
LENGTHS = [6, 3, 1, 0]  # of a batch, and so few shapes in all, as XLA compiles each
TARGET = np.array([2, 5, 4, 10], np.int32)  # read by a decoder, the same for every row
# Builders are what returns a model; the rest of the public names writes with one.
BUILDERS = [
    name for name in zoo.__all__ if "name" in inspect.signature(getattr(zoo, name)).parameters
]


def build(name, **options):
    builder = getattr(zoo, name)
    parameters = inspect.signature(builder).parameters.values()
    required = {p.name for p in parameters if p.default is p.empty}
    assert required <= TINY.keys(), f"{name}: unknown size names {required - TINY.keys()}"
    keras.utils.set_random_seed(1)
    sizes = {p.name: TINY[p.name] for p in parameters if p.name in TINY}
    return builder(**{**sizes, **options})


@functools.cache
def shared(name, **options):
    """A model with dropout for the tests that leave it as it is."""
    parameters = inspect.signature(getattr(zoo, name)).parameters
    dropouts = {p: 0.3 for p in ("dropout", "word_dropout") if p in parameters}
    return build(name, **{**dropouts, **options})


def tokens(rows, length, lengths=None, seed=0):
    drawn = np.random.default_rng(seed).integers(1, TINY["vocab_size"], (rows, length))
    if lengths is not None:
        drawn[np.arange(length) >= np.asarray(lengths)[:, None]] = 0
    return drawn.astype(np.int32)


def batch(model, ids):
    """The inputs of a model made from ids, and a target if it writes."""
    target = np.tile(TARGET, (len(ids), 1))
    if "roll" in model.input:
        return {"roll": np.array([[keys(number) for number in row] for row in ids])}
    if "samples" in model.input:
        return {"samples": np.stack([sound(row) for row in ids])}
    if "frames" in model.input:
        frames = [[frame(number) for number in row] for row in ids]
        return {"frames": np.array(frames), "lengths": (ids > 0).sum(1).astype(np.int32)}
    if "past" in model.input:
        return {
            "past": np.array([[numbers(number, 3) for number in row] for row in ids]),
            "observed": np.repeat((ids > 0)[..., None], 3, -1),
            "known": np.stack([numbers(row[row > 0].sum(), 8).reshape(4, 2) for row in ids]),
        }
    if "sensors" in model.input:
        return {"sensors": np.array([[readings(number) for number in row] for row in ids])}
    if "image" in model.input:
        image = {"image": np.stack([picture(row[row > 0]) for row in ids])}
        if "label" in model.input:
            return {**image, "label": ids.sum(1).astype(np.int32) % TINY["num_classes"]}
        return {**image, "target": target} if "target" in model.input else image
    if "target" in model.input:
        return {"source": ids, "target": target}
    return {"tokens": ids}


def picture(ids):
    """One for each sequence of ids."""
    return np.random.default_rng(ids).integers(0, 256, TINY["image_shape"]).astype(np.float32)


def frame(number):
    """One for each id, black for padding."""
    pixels = np.random.default_rng(number).integers(0, 256, TINY["frame_shape"])
    return (pixels * (number > 0)).astype(np.float32)


def numbers(number, count):
    """Some for each id."""
    return np.random.default_rng(number).normal(size=count).astype(np.float32)


def keys(number):
    """Those of a frame of music for each id, none for padding."""
    drawn = np.random.default_rng(number).integers(0, 2, TINY["num_keys"])
    return (drawn * (number > 0)).astype(np.float32)


def readings(number):
    """Those of a step for each id, zeros for padding."""
    drawn = np.random.default_rng(number).uniform(-1, 1, TINY["num_sensors"])
    return (drawn * (number > 0)).astype(np.float32)


def sound(ids):
    """A frame for each id, silence for padding."""
    frames = [np.random.default_rng(number).normal(0, 0.1, 160) * (number > 0) for number in ids]
    return np.concatenate(frames).astype(np.float32)


def paints(model):
    """True for a model whose logits are those of pixels."""
    return model.name == "draw"


def forecasts(model):
    """True for a model of numbers: quantiles of the steps to come."""
    return "past" in model.input


def reads(model):
    """True for a model in step: each token, frame or reading gives logits of what comes."""
    return model.name in ("rnn_language_model", "rnn_frame_model", "controller")


def answer(outputs):
    """What a model gives as an array; of a dict its logits."""
    logits = outputs["logits"] if isinstance(outputs, dict) else outputs
    return keras.ops.convert_to_numpy(logits)


def logits(model, ids):
    """The logits of a model; of one in step those of the last step that is no padding."""
    out = answer(model(batch(model, ids), training=False))
    if "samples" not in model.input and not reads(model):
        return out
    last = np.maximum(1, (ids > 0).sum(1, keepdims=True)) - 1
    return np.take_along_axis(out, last[:, :, None] if reads(model) else last, 1)
