"""Detectors of a phrase: from a configuration to training clips and dev tracks, and back."""

import dataclasses
from typing import Any, ClassVar, Literal

import numpy as np

from recipes.common import config, runs
from recipes.common.errors import UserError
from recipes.common.terminal import say

# Samples of a phrase are mixed into clips at least this much longer, in seconds.
ROOM = 0.7
SAMPLE_RATE = 16_000
SYNTHETIC = "spoken_phrase"
DEV_STRIDE = 4  # epochs are compared on every fourth dev track; thresholds are chosen on all
NOISY = 10.0  # decibels, the signal-to-noise ratio of the noisy tracks


@dataclasses.dataclass(frozen=True)
class Config(config.Scheduled):
    """Settings of every recipe that listens for a phrase."""

    BEFORE: ClassVar = {"masking": 0.0}

    data: str = SYNTHETIC
    """spoken_phrase (synthetic voices), speech_commands, or a folder with one for each word."""
    phrase: str = "hey computer"
    """What to listen for, as it is spelt."""
    keyword: str = ""
    """Which word of --data to listen for, if that is not spoken_phrase."""
    scale: float = 1.0
    """Factor of the number of synthetic utterances."""
    speakers: Literal["auto", "one", "two"] = "auto"
    """Who speaks them: espeak-ng alone, SVOX Pico too, or who is installed."""
    positives: str = ""
    """Folder of the user's recordings of the phrase, one in each file."""
    negatives: str = ""
    """Folder of recorded speech without the phrase."""
    noise: str = ""
    """Folder of recorded noise."""
    recorded_share: float = 0.5
    """Share of the training's phrases taken from the user's recordings, where there are some."""
    clip_seconds: float = 2.0
    """Length of a training clip; more for a long phrase."""
    examples: int = 8_000
    """Training clips an epoch."""
    alarms_per_hour: float = 0.5
    """False alarms per hour for which the threshold is chosen, on the validation tracks."""
    features: Literal["log_mel", "pcen", "both"] = "both"
    """Mel energies by their logarithm, against their own recent level, or both."""
    num_mels: int = 40
    """Mel bands."""
    masking: float = 0.02
    """Share of a frame's mean power added at every frequency, which covers what is softer."""
    filters: int = 32
    """Width of the convolution."""
    kernel_size: int = 4
    """Frames that the convolution looks at."""
    cell: Literal["lstm", "gru", "rnn", "irnn"] = "gru"
    """Recurrent cell."""
    units: int = 64
    """Width of the state."""
    num_layers: int = 2
    """Recurrent layers, one on the other."""
    dropout: float = 0.1
    """Share of features dropped between layers."""
    mask_steps: int = 20
    """Longest run of frames that a training clip loses."""
    mask_mels: int = 8
    """Longest run of mel bands that a training clip loses."""
    phrase_weight: float = 4.0
    """Weight of frames in which the phrase counts as heard."""
    warmup_epochs: float = 0.5
    """Epochs over which the learning rate rises."""
    average: float = 0.99
    """Decay per step of the moving average of weights that is kept; 0 keeps the last ones."""
    mining_epochs: int = 6
    """Epochs of a second stage, in which more of the other speech is what was mistaken most."""
    mining_rate: float = 1e-3
    """Highest learning rate of that stage."""

    @property
    def words(self):
        """What is listened for."""
        return self.phrase if self.data == SYNTHETIC else self.keyword


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


def with_speakers(config):
    """The configuration with the speakers that are there, so that a run keeps to them."""
    if config.data != SYNTHETIC or config.speakers != "auto":
        return config
    from recipes.datasets import second_speaker

    if second_speaker.is_there():
        return dataclasses.replace(config, speakers="two")
    say(
        "Only espeak-ng speaks: with the package ttspico, which a C compiler builds, detectors "
        "hear real voices far better."
    )
    return dataclasses.replace(config, speakers="one")


def load(config, recipe):
    """Speak or read, split, and set the mixing up.

    Raises:
        UserError: If the settings or the recordings are unusable.
    """
    from recipes.common import spoken_sources

    clips, noise, sha256 = spoken_sources.load(config)
    sizes = {name: len(part) for name, part in clips.items()}
    runs.begin(recipe, config, {"data": config.data, "sha256": sha256, "sizes": sizes})
    for name, part in clips.items():
        say(f"{name}: {counts(part)}.")
    train, validation = (mixed(config, clips, noise, part) for part in ("train", "validation"))
    return Data(clips, noise, train, validation, dev_sounds(clips, noise, validation))


def mixed(config, clips, noise, part):
    """The `mixing.MixedClips` of a part; but for training, enough to compare epochs by."""
    from recipes.common import mixing

    is_train = part == "train"
    mix = mixing.Mix(
        clip_seconds(config, clips["train"]),
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


def clip_seconds(config, clips):
    """The length of a clip: more than the settings say if a phrase needs it."""
    is_phrase = np.isin(clips.kinds, ("phrase", "own_phrase"))
    spoken_for = (clips.speech_end - clips.speech_start)[is_phrase] / SAMPLE_RATE
    return max(config.clip_seconds, round(float(np.quantile(spoken_for, 0.95)) + ROOM, 1))


def dev_sounds(clips, noise, mixed):
    """The tracks of validation: as spoken, and in rooms with noise; near misses are left out."""
    from recipes.common import tracks

    sounds = noise["validation"] or mixed.noises
    return tracks.ordinary(
        [
            *tracks.of_clips(clips["validation"], 1),
            *tracks.of_clips(clips["validation"], 2, NOISY, sounds),
        ]
    )


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows.

    thresholds: Those chosen for other rates, by the rate as text, such as `"0.5"`.
    """

    config: Config
    model: Any
    threshold: float
    thresholds: dict
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config)`.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = runs.reopen(run, recipe, config_class)
    model = runs.restore_model(directory, config, lambda: build_model(config), for_export)
    chosen = runs.read_json(directory / "threshold.json", ("threshold",))
    by_rate = chosen.get("by_alarms_per_hour", {})
    return Trained(config, model, chosen["threshold"], by_rate, kept["sha256"])


def check(config):
    """Refuse settings that contradict each other.

    Raises:
        UserError: Naming them.
    """
    if config.data == SYNTHETIC and config.keyword:
        raise UserError(
            "--keyword names a word of --data; for synthetic voices give the words to --phrase."
        )
    if config.data != SYNTHETIC and not config.keyword:
        raise UserError(f"--data {config.data} needs --keyword, the word to listen for.")
    if config.data != SYNTHETIC and config.phrase != Config.phrase:
        raise UserError(
            f"--phrase is what synthetic voices say; of --data {config.data} --keyword names the "
            "word to listen for."
        )
    for name in ("validation", "test", "holdout"):
        if getattr(config, name) != getattr(Config, name):
            raise UserError(
                f"--{name} is not for recordings: --validation-share and --test-share split them, "
                "or validation_list.txt and testing_list.txt in a folder of words; other ones are "
                "measured by evaluate with --positives and --negatives."
            )
    if config.clip_seconds < 1:
        raise UserError(f"--clip-seconds must be at least 1; got {config.clip_seconds}.")
    if config.alarms_per_hour <= 0 or config.scale <= 0:
        raise UserError("--alarms-per-hour and --scale must be above 0.")
