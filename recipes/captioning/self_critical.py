"""Captioners trained on what they are measured by: drawn captions, weighed by their CIDEr-D.

Reference: Rennie et al. (2017), "Self-critical sequence training for image captioning",
https://arxiv.org/abs/1612.00563; the mean of a picture's other samples is what a sample is compared
with, as in Luo (2020), "A better variant of self-critical sequence training",
https://arxiv.org/abs/2003.09971.
"""

import dataclasses

import keras
import numpy as np

from recipes.captioning import scores as captioning_scores
from recipes.captioning import several_captions
from recipes.common import devices, models
from recipes.common.data import batching
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as text_tokenizer
from recipes.common.text.tokenizer import BEGIN, END
from recipes.common.training import averaging, crossentropy, optimizer
from recipes.common.training import callbacks as training_callbacks
from recipes.common.training import fit as training_fit

SAMPLES = 5  # of a picture
# As a word of its own, the end counts: otherwise captions learn to break off in "of a".
THE_END = "theend"


class SampledBatches(batching.Epochs):
    """Batches of captions that the model itself draws, with their advantages as weights.

    A batch is a function of seed, epoch, its pictures, and the weights that the model has when it
    is asked for; so none may be made ahead of its step.

    Args:
        model: The captioner, reading what `part` holds.
        part: `caption_parts.Part` of the training.
        tokenizer: The run's.
        batch_size: Pictures a batch.
        length: Tokens of a sample at most.
        seed: Of order and samples.
    """

    ahead = 0

    def __init__(self, model, part, tokenizer, batch_size, length, seed):
        self.model, self.part, self.tokenizer = model, part, tokenizer
        self.batch_size, self.length, self.seed = batch_size, length, seed
        references = [[f"{c} {THE_END}" for c in captions] for captions in part.references]
        self.cider = captioning_scores.CiderD(references)
        self.score = 0.0  # the mean of the captions drawn last

    def __len__(self):
        return -(-len(self.part) // self.batch_size)

    def order(self, epoch=0):
        """The numbers of each batch's pictures, all epochs counted on."""
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch, 7]))
        shuffled = generator.permutation(len(self.part)) + epoch * len(self.part)
        return np.split(shuffled, range(self.batch_size, len(shuffled), self.batch_size))

    def batch(self, indices):
        """`{"image": (B, …), "target": (B, n, T) int32}, labels (B, n, T) int32, weights (B, n, T)
        float32`: `n` drawn captions of each picture, weighed by how much better they are than the
        mean of the others.
        """
        import zoo

        chosen, real = batching.fill(indices % len(self.part), self.batch_size)
        images = np.asarray(self.part.arrays[self.part.numbers[chosen]])
        images = images if images.dtype == np.uint8 else images.astype(np.float32)
        seed = int(np.random.SeedSequence([self.seed, int(indices[0])]).generate_state(1)[0])
        drawing = zoo.Sample(n=SAMPLES, max_length=self.length, seed=seed)
        inputs = {"image": images.astype(np.float32)}
        tokens = zoo.generate(self.model, inputs, drawing, self.batch_size).tokens
        labels = np.zeros((self.batch_size, SAMPLES, self.length), np.int32)
        labels[:, :, : tokens.shape[2]] = tokens
        weights = (self.advantages(chosen, labels) * real[:, None])[:, :, None] * (labels != 0)
        target = np.zeros_like(labels)
        target[:, :, 0] = BEGIN
        target[:, :, 1:] = np.where(labels[:, :, 1:] != 0, labels[:, :, :-1], 0)
        return {"image": images, "target": target}, labels, weights.astype(np.float32)

    def advantages(self, pictures, tokens):
        """`(B, n)`: the score of each sample less the mean of those of its picture's others."""
        flat = tokens.reshape(-1, tokens.shape[-1])
        captions = [
            f"{caption} {THE_END}" if END in row else caption
            for caption, row in zip(text_tokenizer.decode(self.tokenizer, flat), flat, strict=True)
        ]
        scores = self.cider.of(np.repeat(pictures, SAMPLES), captions).reshape(-1, SAMPLES)
        self.score = float(scores.mean())
        others = (scores.sum(1, keepdims=True) - scores) / (SAMPLES - 1)
        return scores - others

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        dtype = tf.uint8 if self.part.arrays.dtype == np.uint8 else tf.float32
        shape = (self.batch_size, SAMPLES, self.length)
        image = tf.TensorSpec((self.batch_size, *self.part.arrays.shape[1:]), dtype)
        ids = tf.TensorSpec(shape, tf.int32)
        return {"image": image, "target": ids}, ids, tf.TensorSpec(shape, tf.float32)


class Crossentropy(keras.metrics.MeanMetricWrapper):
    """The mean cross-entropy over tokens that weigh anything, however they weigh."""

    def __init__(self):
        super().__init__(crossentropy.crossentropy, name="crossentropy")

    def update_state(self, labels, logits, sample_weight=None):
        """Add a batch."""
        return super().update_state(labels, logits, sample_weight != 0)


class DrawnScore(keras.callbacks.Callback):
    """Adds to the logs of each epoch the mean score of the captions drawn in it.

    Args:
        batches: The `SampledBatches`.
    """

    def __init__(self, batches):
        super().__init__()
        self._batches = batches
        self.total, self.count = 0.0, 0  # plain numbers, which a checkpoint keeps

    def on_train_batch_end(self, batch, logs=None):
        self.total, self.count = self.total + self._batches.score, self.count + 1

    def on_epoch_end(self, epoch, logs=None):
        logs["drawn_cider"] = self.total / self.count
        self.total, self.count = 0.0, 0


def fit(config, directory, data, model, measure):
    """Train a captioner on by its own captions' scores.

    Captions are drawn without dropout and learnt from with it: without any, on 6,000 pictures of
    Flickr8k, those of the training got better and those of validation worse.

    Args:
        config: Settings; `self_critical_epochs` and `self_critical_rate` count.
        directory: Where checkpoints go.
        data: The `captioner.Data`.
        model: The captioner, trained before.
        measure: Function without arguments; metrics of what it writes for validation.

    Returns:
        `history, seconds`.
    """
    settings = dataclasses.replace(
        config,
        epochs=config.self_critical_epochs,
        learning_rate=config.self_critical_rate,
        warmup_epochs=0.1,
        scheduled_sampling=0.0,
    )
    boundaries = data.train.boundaries
    length = int(boundaries[-2 if len(boundaries) > 1 else -1])
    # Half the pictures of a step before: each now has several captions in it.
    rows = max(1, config.batch_size // 2)
    train = SampledBatches(model, data.parts["train"], data.tokenizer, rows, length, config.seed)
    with devices.distribution().scope():
        trainer = several_captions.trainer(model)
        optimizer.compile_model(
            trainer, settings, len(train), crossentropy.SmoothedCrossentropy(), Crossentropy()
        )

    callbacks = [
        averaging.ValidateAverage(),
        training_callbacks.FreeRunning(measure),
        DrawnScore(train),
    ]
    tell(models.describe(trainer, config.jit))
    return training_fit.fit(
        trainer, train, data.validation, settings, directory, f"val_{config.monitor}", "max",
        callbacks,
    )  # fmt: skip
