"""Clips and tracks of a detector: spoken or read, split and mixed."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import run
from recipes.common.sound.samples import SAMPLE_RATE
from recipes.common.terminal import tell

# Samples of a phrase are mixed into clips at least this much longer, in seconds.
ROOM = 0.7
DEV_STRIDE = 4  # epochs are compared on every fourth dev track; thresholds are chosen on all
NOISY = 10.0  # decibels, the signal-to-noise ratio of the noisy tracks


@dataclasses.dataclass(frozen=True)
class Data:
    """What a training needs.

    clips: `spoken.Clips` by part.
    noise: Lists of arrays of recorded noise by part.
    train, validation: `mixing.MixedClips`.
    dev: A list of `tracks.Sound` on which epochs and the threshold are chosen.
    """

    clips: dict[str, Any]
    noise: dict[str, list]
    train: Any
    validation: Any
    dev: list

    @property
    def some_dev(self):
        """A quarter of the dev tracks, with and without phrases, to compare epochs by."""
        some = self.dev[::DEV_STRIDE]
        both = len({bool(sound.ends) for sound in some}) == 2
        return some if both else self.dev  # there are but few

    def mined(self, hard):
        """The training clips with a part of the other speech of these numbers."""
        return dataclasses.replace(self, train=self.train.with_hard(hard))


def load(config, recipe):
    """Speak or read, split, and set the mixing up.

    Raises:
        UserError: If the settings or the recordings are unusable.
    """
    from recipes.wakeword import sources

    clips, noise, sha256 = sources.load(config)
    sizes = {name: len(part) for name, part in clips.items()}
    run.begin(recipe, config, {"data": config.data, "sha256": sha256, "sizes": sizes})
    for name, part in clips.items():
        tell(f"{name}: {counts(part)}.")
    train, validation = (mixed(config, clips, noise, part) for part in ("train", "validation"))
    return Data(clips, noise, train, validation, dev_sounds(clips, noise, validation))


def mixed(config, clips, noise, part):
    """The `mixing.MixedClips` of a part; but for training, enough to compare epochs by."""
    from recipes.wakeword import mixing

    is_train = part == "train"
    mix = mixing.Mix(
        clip_length(config, clips["train"]),
        config.examples if is_train else 10 * config.batch_size,
        config.phrase_weight,
        recorded_share=config.recorded_share,
    )
    seed = config.seed + ("train", "validation", "test").index(part)  # noises of its own
    return mixing.MixedClips(clips[part], noise[part], mix, config.batch_size, seed)


def counts(clips):
    """How many utterances of each kind there are, for people."""
    kinds, numbers = np.unique(clips.kinds, return_counts=True)
    names = {"own_phrase": "recorded phrase", "near_miss": "near-miss", "recording": "recording"}
    return ", ".join(
        f"{number:,} {names.get(kind, kind)} utterances"
        for kind, number in zip(kinds, numbers, strict=True)
    )


def clip_length(config, clips):
    """The length of a clip: more than the settings say if a phrase needs it."""
    is_phrase = np.isin(clips.kinds, ("phrase", "own_phrase"))
    spoken_for = (clips.speech_end - clips.speech_start)[is_phrase] / SAMPLE_RATE
    return max(config.clip_seconds, round(float(np.quantile(spoken_for, 0.95)) + ROOM, 1))


def dev_sounds(clips, noise, mixed):
    """The tracks of validation: as spoken, and in rooms with noise; near misses are left out."""
    from recipes.wakeword import tracks

    sounds = noise["validation"] or mixed.noises
    return tracks.without_near_misses(
        [
            *tracks.of_clips(clips["validation"], 1),
            *tracks.of_clips(clips["validation"], 2, NOISY, sounds),
        ]
    )
