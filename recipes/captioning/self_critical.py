"""Self-critical training: captions that a captioner samples, weighted by their CIDEr-D.

Reference: Rennie et al. (2017), "Self-critical sequence training for image captioning",
https://arxiv.org/abs/1612.00563; the baseline of a sample is the mean of the picture's other
samples, as in Luo (2020), "A better variant of self-critical sequence training",
https://arxiv.org/abs/2003.09971.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

import zoo
from recipes.captioning import measure, scores, several_captions
from recipes.common import devices
from recipes.common.data import batching
from recipes.common.text import tokenizer as tokenizers
from recipes.common.text.tokenizer import BEGIN, END
from recipes.common.training import averaging, crossentropy, optimizer
from recipes.common.training import fit as training
from recipes.common.training.callbacks import FreeRunning

SAMPLES = 5  # of a picture
# The end counts as a word of its own: otherwise captions learn to break off in "of a".
THE_END = "theend"


class SampledBatches(batching.Epochs):
    """Batches of captions that the model itself samples, with their advantages as weights.

    A batch is a function of seed, epoch, its pictures, and the weights that the model has when it
    is asked for; so none may be made ahead of its step.

    Args:
        model: The captioner, which reads what `part` holds.
        part: The `features.Part` of the training.
        tokenizer: The run's tokenizer.
        batch_size: Pictures a batch.
        length: Tokens of a sample at most.
        seed: Seed of order and samples.
    """

    ahead = 0

    def __init__(self, model, part, tokenizer, batch_size, length, seed):
        self.model, self.part, self.tokenizer = model, part, tokenizer
        self.batch_size, self.length, self.seed = batch_size, length, seed
        references = [[f"{c} {THE_END}" for c in captions] for captions in part.references]
        self.cider = scores.CiderD(references)
        self.score = 0.0  # the mean of the captions sampled last

    def __len__(self):
        return -(-len(self.part) // self.batch_size)

    def order(self, epoch=0):
        """The numbers of each batch's pictures, all epochs counted on."""
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch, 7]))
        shuffled = generator.permutation(len(self.part)) + epoch * len(self.part)
        return np.split(shuffled, range(self.batch_size, len(shuffled), self.batch_size))

    def batch(self, indices):
        """`{"image": (B, …), "target": (B, n, T) int32}, labels (B, n, T) int32, weights (B, n, T)
        float32`: `n` sampled captions of each picture, weighted by their advantages.
        """
        chosen, real = batching.fill(indices % len(self.part), self.batch_size)
        images = self.part.images(chosen)
        seed = int(np.random.SeedSequence([self.seed, int(indices[0])]).generate_state(1)[0])
        sampling = zoo.Sample(n=SAMPLES, max_length=self.length, seed=seed)
        tokens = zoo.generate(self.model, {"image": images}, sampling, self.batch_size).tokens
        labels = np.zeros((self.batch_size, SAMPLES, self.length), np.int32)
        labels[:, :, : tokens.shape[2]] = tokens
        weights = (self.advantages(chosen, labels) * real[:, None])[:, :, None] * (labels != 0)
        target = np.zeros_like(labels)
        target[:, :, 0] = BEGIN
        target[:, :, 1:] = np.where(labels[:, :, 1:] != 0, labels[:, :, :-1], 0)
        image = images.astype(self.part.spec(None).dtype.as_numpy_dtype)
        return {"image": image, "target": target}, labels, weights.astype(np.float32)

    def advantages(self, pictures, tokens):
        """`(B, n)`: the score of each sample less the mean score of the picture's other samples."""
        flat = tokens.reshape(-1, tokens.shape[-1])
        captions = [
            f"{caption} {THE_END}" if END in row else caption
            for caption, row in zip(tokenizers.decode(self.tokenizer, flat), flat, strict=True)
        ]
        scores = self.cider.of(np.repeat(pictures, SAMPLES), captions).reshape(-1, SAMPLES)
        self.score = float(scores.mean())
        others = (scores.sum(1, keepdims=True) - scores) / (SAMPLES - 1)
        return scores - others

    def signature(self):
        """The `tf.TensorSpec`s of a batch."""
        shape = (self.batch_size, SAMPLES, self.length)
        ids, weights = tf.TensorSpec(shape, tf.int32), tf.TensorSpec(shape, tf.float32)
        return {"image": self.part.spec(self.batch_size), "target": ids}, ids, weights


class Crossentropy(keras.metrics.MeanMetricWrapper):
    """The mean cross-entropy over tokens with a weight, whatever the weight is."""

    def __init__(self):
        super().__init__(crossentropy.crossentropy, name="crossentropy")

    def update_state(self, labels, logits, sample_weight=None):
        """Add a batch."""
        return super().update_state(labels, logits, sample_weight != 0)


class SampledScore(keras.callbacks.Callback):
    """Adds to the logs of each epoch the mean score of the captions sampled in it.

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


def fit(run, data, model):
    """Train a captioner on by the scores of its own captions.

    Captions are sampled without dropout and learnt from with it: without any, on 6,000 pictures of
    Flickr8k, those of the training improved and those of validation got worse.

    Args:
        run: The part of a run in which this stage trains.
        data: The `Data`.
        model: The captioner, trained before.

    Returns:
        The `History`.
    """
    config, boundaries = run.config, data.train.boundaries
    length = int(boundaries[-2 if len(boundaries) > 1 else -1])
    # Half the pictures of other stages in a step: each has several captions in it.
    rows = max(1, config.batch_size // 2)
    train = SampledBatches(model, data.parts["train"], data.tokenizer, rows, length, config.seed)
    with devices.distribution().scope():
        trainer = several_captions.trainer(model)
        optimizer.compile_model(
            trainer, config, len(train), crossentropy.SmoothedCrossentropy(), Crossentropy()
        )
    score = functools.partial(measure.on_validation, model, data, config)
    callbacks = [averaging.ValidateAverage(), FreeRunning(score), SampledScore(train)]
    return training.fit(run, trainer, train, data.validation, config.objective, "max", callbacks)
