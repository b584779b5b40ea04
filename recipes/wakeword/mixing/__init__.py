"""Training clips of a phrase, mixed anew in every epoch: speech in rooms, noise, and labels."""

import collections
import concurrent.futures
import copy
import dataclasses
import itertools

import numpy as np
import tensorflow as tf

from recipes.common.data import batching
from recipes.common.sound.samples import HOP, SAMPLE_RATE
from recipes.wakeword.mixing.acoustics import Acoustics
from recipes.wakeword.mixing.speech import Speech

# Frames after the end of the phrase with label 1, and around them those with weight 0.
POSITIVE = range(2, 24)
UNSURE = range(-15, 60)
AT_ONCE = 2  # batches that are mixed side by side


@dataclasses.dataclass(frozen=True)
class Mix:
    """Settings of the mixing.

    Attributes:
        seconds: Length of a clip.
        examples: Clips an epoch.
        phrase_weight: Weight of a frame with label 1.
        recorded_share: Share of the phrases taken from the user's recordings, where there are some.
        softest, loudest: Signal-to-noise ratios are drawn between these, in decibels.
    """

    seconds: float
    examples: int
    phrase_weight: float = 4.0
    recorded_share: float = 0.5
    softest: float = -3.0
    loudest: float = 40.0


class MixedClips(batching.Epochs):
    """Batches of clips; each is a function of seed, epoch and its number alone.

    Args:
        clips: `Clips` to draw from.
        noise: A list of arrays of recorded noise, or none.
        mix: A `Mix`.
        batch_size: Clips a batch.
        seed: Seed of everything that is drawn.
    """

    def __init__(self, clips, noise, mix, batch_size, seed):
        self.mix, self.batch_size, self.seed = mix, batch_size, seed
        self.length = round(mix.seconds * SAMPLE_RATE) // HOP * HOP
        tail = (POSITIVE.stop + 2) * HOP
        self.speech = Speech.of(clips, self.length, tail, mix.recorded_share)
        babbles = self.speech.babbles(np.random.Generator(np.random.PCG64([seed, 6])))
        self.acoustics = Acoustics(mix, self.length, seed, babbles, noise)

    @property
    def noises(self):
        """The noises made by code that clips draw from."""
        return self.acoustics.noises

    def with_hard_negatives(self, numbers):
        """The same clips, a part of the other speech taken from these utterances."""
        other = copy.copy(self)
        other.speech = dataclasses.replace(self.speech, hard_negatives=np.asarray(numbers))
        return other

    def __len__(self):
        return -(-self.mix.examples // self.batch_size)

    def order(self, epoch=0):
        """The numbers of each batch's clips, all epochs counted on."""
        numbers = np.arange(len(self) * self.batch_size) + epoch * len(self) * self.batch_size
        return list(numbers.reshape(-1, self.batch_size))

    def stream(self, epoch=0, step=0):
        """Batches without end, from a step of an epoch on, some mixed side by side."""
        later = itertools.chain.from_iterable(map(self.order, itertools.count(epoch + 1)))
        order = itertools.chain(self.order(epoch)[step:], later)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            begun = (pool.submit(self.batch, indices) for indices in order)
            waiting = collections.deque(itertools.islice(begun, AT_ONCE))
            for batch in begun:
                waiting.append(batch)
                yield waiting.popleft().result()

    def batch(self, indices):
        """`{"samples": (B, N) float32}, labels (B, T) float32, weights (B, T) float32`."""
        generators = [np.random.Generator(np.random.PCG64([self.seed, int(i)])) for i in indices]
        dry = np.zeros((len(indices), self.acoustics.points), np.float32)
        spoken = [
            self.speech.speak(row[: self.length], generator)
            for row, generator in zip(dry, generators, strict=True)
        ]
        samples = self.acoustics.heard(dry, generators)
        return {"samples": samples}, *self._labels(spoken)

    def _labels(self, spoken):
        """Labels and weights `(B, T)` of clips in which these phrases end."""
        frames = np.arange(self.length // HOP)
        labels = np.zeros((len(spoken), len(frames)), np.float32)
        weights = np.ones_like(labels)
        for label, weight, phrases in zip(labels, weights, spoken, strict=True):
            for end, _ in phrases:
                after = frames - end // HOP
                weight[(after >= UNSURE.start) & (after < UNSURE.stop)] = 0
            for end in (end for end, is_whole in phrases if is_whole):
                after = frames - end // HOP
                positive = (after >= POSITIVE.start) & (after < POSITIVE.stop)
                label[positive], weight[positive] = 1, self.mix.phrase_weight
        return labels, weights

    def signature(self):
        """The specs of a batch."""
        frames = tf.TensorSpec((self.batch_size, self.length // HOP), tf.float32)
        samples = tf.TensorSpec((self.batch_size, self.length), tf.float32)
        return {"samples": samples}, frames, frames
