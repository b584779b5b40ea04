"""REINFORCE: locations learned from a reward, beside labels learned from their cross-entropy.

Reference: Williams (1992), "Simple statistical gradient-following algorithms for connectionist
reinforcement learning", https://doi.org/10.1007/BF00992696; with labels and a learned baseline as
in Mnih et al. (2014), https://arxiv.org/abs/1406.6247, section 3.2.
"""

import keras
from keras import ops


class Hybrid(keras.Model):
    """A network over glimpses with its loss: of labels, of locations, and of baselines.

    The loss is the cross-entropy of the labels, summed over those of a sequence; where locations
    are reinforced, minus the logarithm of probability of each location times what the reward was
    above its baseline; and the squared error of the baselines.

    Args:
        model: A model with `logits`, `logits_by_glimpse` if it looks step by step, and
            `log_probabilities` and `baselines` where its locations are reinforced.
        reward: `"right"`: 1 for each right label that is read after the location. `"gain"`: the
            probability of its label at the end, less that before the glimpse, which tells a glimpse
            that showed something from one that showed nothing; labels are then learned from every
            glimpse, not only from the last.
        samples: Paths drawn for each picture in training.
    """

    def __init__(self, model, reward="gain", samples=1, **kwargs):
        super().__init__(name=f"{model.name}_in_training", **kwargs)
        self.inner, self.reward, self.samples = model, reward, samples
        self.built = True  # the model is

    def count_params(self):
        """The number of parameters of the network."""
        return self.inner.count_params()

    def call(self, inputs, training=False):
        image = inputs["image"]
        if training and self.samples > 1:
            image = ops.repeat(image, self.samples, 0)
        return self.inner({"image": image}, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        labels, weights = self._repeated(y, sample_weight, training)
        loss = crossentropy(labels, y_pred["logits"])  # (B,)
        if training and self.reward == "gain" and "logits_by_glimpse" in y_pred:
            loss = loss + ops.mean(_nats(*_by_glimpse(labels, y_pred["logits_by_glimpse"])), 1)
        if training and "baselines" in y_pred:
            loss = loss + self.of_locations(labels, y_pred)
        return ops.mean(loss if weights is None else loss * ops.cast(weights, loss.dtype))

    def of_locations(self, labels, outputs):
        """The loss of locations and baselines of each row, `(B,)`."""
        baselines = outputs["baselines"]  # (B, T)
        rewards = ops.stop_gradient(REWARDS[self.reward](labels, outputs))  # (B, T)
        above = ops.stop_gradient(rewards - baselines)
        reinforced = -ops.sum(outputs["log_probabilities"] * above, 1)
        return reinforced + ops.sum(ops.square(rewards - baselines), 1)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        logits = y_pred["logits"]
        # Rows of the outputs are those of training if there are more of them.
        labels, weights = self._repeated(y, sample_weight, logits.shape[0] != y.shape[0])
        return super().compute_metrics(x, labels, logits, weights)

    def _repeated(self, labels, weights, training):
        if not training or self.samples == 1:
            return labels, weights
        labels = ops.repeat(labels, self.samples, 0)
        return labels, None if weights is None else ops.repeat(weights, self.samples, 0)


def crossentropy(labels, logits):
    """Cross-entropy of each row in nats, summed over its labels, `(B,)`."""
    found = _nats(labels, logits)
    return ops.sum(found, -1) if len(found.shape) == 2 else found


def all_right(labels, logits):
    """1 for each row with all labels right, `(B,)`."""
    found = ops.cast(_right(labels, logits), "float32")
    return ops.min(found, -1) if len(found.shape) == 2 else found


def right(labels, outputs):
    """Right labels read after each glimpse, `(B, T)`."""
    found = ops.cast(_right(labels, outputs["logits"]), "float32")
    found = found[:, None] if len(found.shape) == 1 else found  # (B, L)
    onwards = ops.flip(ops.cumsum(ops.flip(found, 1), 1), 1)
    return ops.repeat(onwards, outputs["baselines"].shape[1] // found.shape[1], 1)


def gain(labels, outputs):
    """Gain of each glimpse and those after it in the probability of their label, `(B, T)`."""
    logits = outputs["logits_by_glimpse"]
    steps, classes = logits.shape[1:]
    count = labels.shape[1] if len(labels.shape) == 2 else 1
    after = ops.exp(-_nats(*_by_glimpse(labels, logits)))  # (B, T)
    after = ops.reshape(after, (-1, count, steps // count))
    chance = ops.full_like(after[:, :, :1], 1 / classes)
    before = ops.concatenate([chance, after[:, :, :-1]], 2)
    return ops.reshape(after[:, :, -1:] - before, (-1, steps))


REWARDS = {"right": right, "gain": gain}


def _by_glimpse(labels, logits):
    """The label that each glimpse is for, `(B, T)`, and the logits."""
    labels = labels[:, None] if len(labels.shape) == 1 else labels
    return ops.repeat(labels, logits.shape[1] // labels.shape[1], 1), logits


def _nats(labels, logits):
    return keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def _right(labels, logits):
    return ops.equal(ops.cast(ops.argmax(logits, -1), "int32"), ops.cast(labels, "int32"))


def metrics():
    """Accuracy (all labels of a row right) and cross-entropy, as Keras metrics."""
    return [
        keras.metrics.MeanMetricWrapper(all_right, name="accuracy"),
        keras.metrics.MeanMetricWrapper(crossentropy, name="crossentropy"),
    ]
