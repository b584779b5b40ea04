"""Clips to train on and tracks to measure on: spoken or read, split and mixed."""

import dataclasses
import itertools
import time
from typing import Any

import numpy as np

from recipes.common.data.splits import PARTS
from recipes.common.progress import track
from recipes.common.run import Run
from recipes.common.sound.samples import SAMPLE_RATE
from recipes.common.terminal import tell
from recipes.wakeword import mixing, sources, tracks
from recipes.wakeword.clips import Clips

# Samples of a phrase are mixed into clips at least this much longer, in seconds.
ROOM = 0.7
DEV_STRIDE = 4  # epochs are compared on every fourth dev track; thresholds are chosen on all
NOISY = 10.0  # decibels, the signal-to-noise ratio of the noisy tracks


@dataclasses.dataclass(frozen=True)
class Data:
    """Clips by part, batches of them, and the tracks that epochs are compared on.

    Attributes:
        config: Settings of the run.
        clips: `Clips` by part.
        noise: Lists of arrays of recorded noise by part.
        train, validation: `mixing.MixedClips`.
        dev_subset: A quarter of the dev tracks, some with phrases and some without.
    """

    config: Any
    clips: dict[str, Clips]
    noise: dict[str, list]
    train: mixing.MixedClips
    validation: mixing.MixedClips
    dev_subset: tracks.Spool

    def dev(self):
        """The tracks that thresholds are chosen on, made anew each time: they are hours."""
        number = 2 * tracks.expected(self.clips["validation"])
        found = _dev(self.clips, self.noise, self.validation)
        return track(found, number, "measuring on validation")

    def with_hard_negatives(self, numbers):
        """The same data, much of the other speech of the training being these utterances."""
        return dataclasses.replace(self, train=self.train.with_hard_negatives(numbers))

    def noises(self, part):
        """Noise to measure in: recorded, or made by code."""
        return self.noise[part] or mixed(self.config, self.clips, self.noise, part).noises


def load(run):
    """Speak or read, split, and set the mixing up.

    Raises:
        UserError: If the settings or the recordings are unusable.
    """
    _tell_of_first(run)
    clips, noise, sha256 = sources.load(run.config)
    run.begin(sha256, {name: len(part) for name, part in clips.items()})
    for name, part in clips.items():
        tell(f"{name}: {counts(part)}.")
    train, validation = (mixed(run.config, clips, noise, part) for part in ("train", "validation"))
    number = 2 * tracks.expected(clips["validation"])
    dev_subset = _subset(
        lambda: track(_dev(clips, noise, validation), number, "mixing tracks of validation"),
        run.directory,
    )
    run.seconds["prepare"] = time.monotonic() - run.started
    return Data(run.config, clips, noise, train, validation, dev_subset)


def _tell_of_first(run):
    """Refuse a first run that is not finished, and tell of another phrase, before data are read."""
    first = Run.first(run.config, run.recipe)
    if first and first.config.words != run.config.words:
        tell(
            f"The run in {first.directory} listens for {first.config.words!r}; its weights are "
            f"trained on for {run.config.words!r}."
        )


def mixed(config, clips, noise, part):
    """The `mixing.MixedClips` of a part; but for training, enough to compare epochs by."""
    mix = mixing.Mix(
        clip_length(config, clips["train"]),
        config.examples if part == "train" else 10 * config.batch_size,
        config.phrase_weight,
        recorded_share=config.recorded_share,
    )
    seed = config.seed + PARTS.index(part)  # noises of its own
    return mixing.MixedClips(clips[part], noise[part], mix, config.batch_size, seed)


def counts(clips):
    """The number of utterances of each kind, for people."""
    kinds, numbers = np.unique(clips.kinds, return_counts=True)
    names = {"own_phrase": "recorded phrase", "near_miss": "near-miss", "recording": "recording"}
    return ", ".join(
        f"{number:,} {names.get(kind, kind)} utterances"
        for kind, number in zip(kinds, numbers, strict=True)
    )


def clip_length(config, clips):
    """The length of a clip in seconds: more than the settings say if a phrase needs it."""
    seconds = (clips.speech_end - clips.speech_start)[clips.is_phrase] / SAMPLE_RATE
    return max(config.clip_seconds, round(float(np.quantile(seconds, 0.95)) + ROOM, 1))


def _dev(clips, noise, mixed):
    """The tracks of validation, as spoken and in rooms with noise, but those of near misses."""
    noises = noise["validation"] or mixed.noises
    clean = tracks.of_clips(clips["validation"], 1)
    noisy = tracks.of_clips(clips["validation"], 2, NOISY, noises)
    return itertools.filterfalse(tracks.is_of_near_misses, itertools.chain(clean, noisy))


def _subset(dev, folder):
    """A quarter of the tracks, or all where a quarter has none with phrases or none without."""
    subset = tracks.Spool(itertools.islice(dev(), 0, None, DEV_STRIDE), folder)
    return subset if subset.has_both else tracks.Spool(dev(), folder)
