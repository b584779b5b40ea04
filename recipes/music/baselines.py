"""Baselines of the network: n-grams over the same events, and a model of whole frames."""

import keras
import numpy as np

import zoo
from recipes.common import devices
from recipes.common.data.batching import Epochs, fill, order
from recipes.common.terminal import tell
from recipes.common.text import ngrams as kneser_ney
from recipes.common.training import averaging, optimizer
from recipes.common.training import fit as training
from recipes.music import data, events, measure

ORDERS = range(2, 13)
CHUNK = 128  # frames that are trained at once, at most
GRAIN = 32  # the lengths of batches are multiples of it
RATES = {"average": 0.97, "batch_size": 16}


def ngrams(music):
    """Figures of n-grams with Kneser-Ney smoothing, ends of pieces included."""
    ends = {}
    for name in ("train", "validation", "test"):
        encoded = [events.encode(piece) for piece in music.parts[name].frames]
        ids = np.concatenate([np.array(text, np.int32) for text in encoded])
        ends[name] = ids, np.cumsum([0, *map(len, encoded)])
    best, _ = kneser_ney.choose(
        ends["train"], ends["validation"], ORDERS, events.VOCAB_SIZE, events.END
    )
    total, count = best.nats(*ends["test"])
    frames = music.parts["test"].frames
    return {
        "nats_per_frame": total / sum(map(len, frames)),
        "nats_per_piece": total / len(frames),
        "nats_per_event": total / count,
        "order": best.order,
    }


class Frames(Epochs):
    """Batches of chunks of piano rolls: the frames that are read, and those after them.

    Args:
        frames: A list of pieces.
        batch_size: Chunks of a batch.
        seed: Seed of the order, or None to go by length.
        until: Epochs in which each chunk is moved by another number of semitones; None for all.
    """

    def __init__(self, frames, batch_size, seed=None, until=0):
        self.batch_size, self.seed, self.until = batch_size, seed, until
        self.chunks, shifts = [], []
        for piece, reach in zip(frames, data.room(frames), strict=True):
            roll = events.rolls([(), *piece])
            for begin in range(0, len(piece), CHUNK):
                self.chunks.append(roll[begin : begin + CHUNK + 1])
                shifts.append(reach)
        self.lengths = np.array([len(chunk) - 1 for chunk in self.chunks])
        self.shifts = np.array(shifts)

    def __len__(self):
        return -(-len(self.chunks) // self.batch_size)

    def order(self, epoch=0):
        """The chunks of an epoch's batches, and the semitones by which each is moved."""
        batches = order(self.lengths, self.batch_size, self.seed, epoch)
        moved = np.zeros(len(self.chunks), int)
        if self.until is None or epoch < self.until:
            generator = np.random.Generator(np.random.PCG64([self.seed or 0, epoch, 1]))
            moved = generator.integers(self.shifts[:, 0], self.shifts[:, 1], endpoint=True)
        return [np.stack([batch, moved[batch]], 1) for batch in batches]

    def batch(self, indices):
        """`{"roll": (B, T, KEYS)}, labels (B, T, KEYS), weights (B, T) float32`."""
        filled, counted = fill(indices, self.batch_size)
        length = -(-max(self.lengths[chunk] for chunk, _ in filled) // GRAIN) * GRAIN
        roll = np.zeros((self.batch_size, length + 1, events.KEYS), np.float32)
        weights = np.zeros((self.batch_size, length), np.float32)
        for row, (chunk, shift) in enumerate(filled):
            moved = np.roll(self.chunks[chunk], shift, 1)
            roll[row, : len(moved)] = moved
            weights[row, : len(moved) - 1] = counted[row]
        return {"roll": roll[:, :-1]}, roll[:, 1:], weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        shape = (self.batch_size, None, events.KEYS)
        return (
            {"roll": tf.TensorSpec(shape, tf.float32)},
            tf.TensorSpec(shape, tf.float32),
            tf.TensorSpec(shape[:2], tf.float32),
        )


def frame_nats(labels, logits):
    """Nats of each frame, `(B, T)`: summed over the keys."""
    return keras.ops.sum(keras.ops.binary_crossentropy(labels, logits, from_logits=True), axis=-1)


@keras.saving.register_keras_serializable(package="recipes")
class FrameLoss(keras.losses.Loss):
    """Nats a frame."""

    def call(self, labels, logits):
        return frame_nats(labels, logits)


def frame_model(run, music):
    """Figures of a frame model, trained in a directory of its own."""
    tell("Training the frame model to compare.")
    config = run.config
    rates = {**RATES, "learning_rate": config.frame_learning_rate}
    beside = run.beside("frames", epochs=config.frame_epochs, **rates)
    rows, pieces = RATES["batch_size"], {name: part.frames for name, part in music.parts.items()}
    train = Frames(pieces["train"], rows, config.seed, transposed_until(config, music))
    validation = Frames(pieces["validation"], rows)
    with devices.distribution().scope():
        model = build_frame_model(config)
        begin_at_density(model, pieces["train"])
        metric = keras.metrics.MeanMetricWrapper(frame_nats, name="crossentropy")
        optimizer.compile_model(model, beside.config, len(train), FrameLoss(), metric)
    training.fit(beside, model, train, validation, callbacks=[averaging.ValidateAverage()])
    beside.save(model)
    figures = measure.measure_frames(model, pieces["test"])
    return {**figures, "parameters": model.count_params(), "seconds": run.seconds["frames"]}


def begin_at_density(model, frames):
    """Let a model that is not trained yet give each key the share of keys that sound.

    From a half, to which biases of zero come, they would have a long way to go.
    """
    share = sum(len(keys) for piece in frames for keys in piece) / (
        events.KEYS * sum(map(len, frames))
    )
    model.get_layer("logits").bias.assign(np.full(events.KEYS, np.log(share / (1 - share))))


def transposed_until(config, music):
    """Epochs in which the frame model reads transposed pieces; None for all."""
    if music.transposes:
        return None
    return (
        0
        if config.transpose == "off"
        else round(config.frame_transposed_share * config.frame_epochs)
    )


def build_frame_model(config):
    """The frame model of a configuration, not yet compiled."""
    return zoo.rnn_frame_model(
        events.KEYS, units=config.frame_units, cell=config.cell, dropout=config.frame_dropout
    )
