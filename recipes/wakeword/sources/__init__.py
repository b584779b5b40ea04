"""Sound that a detector learns from: synthetic voices, recorded words, a user's recordings."""

import hashlib
import itertools

import numpy as np

from recipes.common.data import files
from recipes.common.data.splits import PARTS
from recipes.common.errors import UserError
from recipes.common.sound import recordings
from recipes.common.sound.samples import SAMPLE_RATE
from recipes.common.sound.speech_extent import speech_extent
from recipes.common.terminal import tell
from recipes.wakeword.clips import in_order, join, of_recordings
from recipes.wakeword.config import SYNTHETIC
from recipes.wakeword.sources import synthetic, words

# In samples: recorded speech longer than the first is cut into stretches of at most the second.
LONG, STRETCH = 20 * SAMPLE_RATE, 10 * SAMPLE_RATE


def load(config):
    """The parts named by a configuration.

    Args:
        config: `data`, `phrase`, `keyword`, `scale`, `speakers`, `positives`, `negatives`, `noise`,
            the shares and `data_dir` count.

    Returns:
        A dict of `Clips` by part, a dict of lists of noise by part, and the SHA-256 of all.

    Raises:
        UserError: If something is unusable, or a part has no phrase or nothing else.
    """
    for what in ("positives", "negatives", "noise"):  # before minutes are spent on speaking
        if path := getattr(config, what):
            recordings.check(path, what)
    noises = []
    if config.data == SYNTHETIC:
        second = None if config.speakers == "auto" else config.speakers == "two"
        clips = synthetic.load(config.phrase, config.data_dir, config.scale, second)
    elif files.exists(config.data):
        clips, noises = words.by_folder(config)
    else:
        clips = words.of_catalog(config)
    for own in (_positives(config), _negatives(config)):
        clips = {name: join([clips[name], own[name]]) for name in PARTS} if own else clips
    if config.noise:
        noises = [*noises, *recordings.folder(config.noise, config.bad_share, "noise").samples]
    in_time = [_in_time(samples, config) for samples in noises]
    noise = {name: [parts[place] for parts in in_time] for place, name in enumerate(PARTS)}
    for name in PARTS:
        _check(clips[name], name, config)
    return clips, noise, digest(clips, noise)


def _positives(config):
    """The user's recordings of the phrase as `Clips` by part."""
    if not config.positives:
        return {}
    found = recordings.folder(config.positives, config.bad_share, "positives")
    extents = [speech_extent(samples) for samples in found.samples]
    parts = {}
    for name, chosen in _divide(found, config).items():
        parts[name] = of_recordings(found, "own_phrase", chosen, extents)
        tell(f"{config.positives}: {len(chosen)} recordings for {name}.")
    return parts


def _negatives(config):
    """The user's recordings of other speech as `Clips` by part."""
    if not config.negatives:
        return {}
    found = recordings.folder(config.negatives, config.bad_share, "negatives")
    if few := len(found) < len(PARTS):  # a single long one is divided in time
        found = in_stretches(found)
    parts = {}
    for name, chosen in _divide(found, config).items():
        part = found.take(chosen) if few else in_stretches(found.take(chosen))
        parts[name] = of_recordings(part, "recording", range(len(part)))
    return parts


def _check(clips, name, config):
    if clips.is_phrase.all() or not clips.is_phrase.any():
        lacks = "nothing but the phrase" if clips.is_phrase.any() else "no recording of the phrase"
        raise UserError(f"--data {config.data} has {lacks} for {name}; give it more recordings.")


def digest(clips, noise):
    """SHA-256 over the samples of all parts, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in PARTS:
        total.update(f"{name}\0{clips[name].kinds}".encode())
        for samples in itertools.chain(in_order(clips[name]), noise[name]):
            total.update(np.ascontiguousarray(samples))
    return total.hexdigest()


def in_stretches(found):
    """Recordings with long ones cut up, so that all their seconds are drawn and mined alike."""
    names, samples = [], []
    for name, whole in zip(found.names, found.samples, strict=True):
        number = -(-len(whole) // STRETCH) if len(whole) > LONG else 1
        for place, part in enumerate(np.array_split(whole, number)):
            names.append(name if number == 1 else f"{name}, part {place + 1}")
            samples.append(part)
    return recordings.Recordings(names, samples)


def _divide(found, config):
    """Numbers of recordings by part, the same ones whatever else is there.

    Speakers often have neighbouring numbers, so parts are stretches of the natural order. A
    recording that is there again under another name goes where it is first.
    """
    keys = [words.content(samples) for samples in found.samples]
    distinct = list(dict.fromkeys(keys))
    count = len(distinct)
    test = max(1, round(config.test_share * count)) if count > 2 else 0
    validation = max(1, round(config.validation_share * (count - test))) if count > 1 else 0
    train = count - test - validation
    sizes = dict(zip(PARTS, (train, validation, test), strict=True))
    part_of = dict(zip(distinct, (name for name in PARTS for _ in range(sizes[name])), strict=True))
    return {name: [i for i, key in enumerate(keys) if part_of[key] == name] for name in PARTS}


def _in_time(samples, config):
    """A sound as three stretches, for training, validation and test."""
    test = round(config.test_share * len(samples))
    validation = round(config.validation_share * (len(samples) - test))
    train = len(samples) - test - validation
    return samples[:train], samples[train : train + validation], samples[train + validation :]
