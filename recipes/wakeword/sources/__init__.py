"""Sound that a detector learns from: synthetic voices, recorded words, a user's recordings."""

import hashlib
import itertools

import numpy as np

from recipes.common.data import files
from recipes.common.data.splits import PARTS
from recipes.common.errors import UserError
from recipes.common.progress import track
from recipes.common.sound import recordings
from recipes.common.sound.samples import SAMPLE_RATE
from recipes.common.sound.speech_extent import speech_extent
from recipes.common.terminal import tell
from recipes.datasets.speech import plan
from recipes.wakeword.clips import in_order, join, of_recordings
from recipes.wakeword.config import SYNTHETIC
from recipes.wakeword.sources import synthetic, words

# In samples: recorded speech longer than the first is cut into stretches of at most the second.
LONG, STRETCH = 20 * SAMPLE_RATE, 10 * SAMPLE_RATE


def load(config):
    """The parts named by a configuration.

    Args:
        config: `data`, `phrase`, `keyword`, `scale`, `speakers`, `positives`, `negatives`, `noise`,
            `limit`, the shares and `data_dir` count.

    Returns:
        A dict of `Clips` by part, a dict of lists of noise by part, and the SHA-256 of all.

    Raises:
        UserError: If something is unusable, or a part has no phrase or nothing else.
    """
    # All that can be wrong is found before minutes are spent on speaking.
    if config.data == SYNTHETIC:
        synthetic.check(config.phrase)
    for what in ("positives", "negatives", "noise"):
        if path := getattr(config, what):
            recordings.check(path, what, config.encoding)
    if config.limit:
        tell(
            f"--limit {config.limit:,}: of each word or folder so many recordings are read at most."
        )
    owned = _positives(config), _negatives(config)
    own_noise = _read(config, "noise").samples if config.noise else []
    noises = []
    if config.data == SYNTHETIC:
        second = None if config.speakers == "auto" else config.speakers == "two"
        clips = synthetic.load(config.phrase, config.data_dir, _scale(config), second)
    elif files.exists(config.data):
        clips, noises = words.by_folder(config)
    else:
        clips = words.of_catalog(config)
    for own in owned:
        clips = {name: join([clips[name], own[name]]) for name in PARTS} if own else clips
    in_time = [_in_time(samples, config) for samples in [*noises, *own_noise]]
    noise = {name: [parts[place] for parts in in_time] for place, name in enumerate(PARTS)}
    for name in PARTS:
        _check(clips[name], name, config)
    return clips, noise, digest(clips, noise)


def _scale(config):
    """The factor of the numbers of utterances: fewer where a limit asks for fewer phrases."""
    whole = plan.SIZES["train"]["phrase"]
    if not config.limit or config.limit >= config.scale * whole:
        return config.scale
    tell(
        f"--limit {config.limit:,}: as many phrases are spoken for the training instead of "
        f"{round(config.scale * whole):,}, and as small a share of all else."
    )
    return config.limit / whole


def _read(config, what):
    """The recordings of a folder that the settings name."""
    return recordings.folder(
        getattr(config, what), config.bad_share, what, config.limit, config.encoding
    )


def _positives(config):
    """The user's recordings of the phrase as `Clips` by part."""
    if not config.positives:
        return {}
    found = _read(config, "positives")
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
    found = _read(config, "negatives")
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
        more = "give it more recordings" + " or a higher --limit" * bool(config.limit)
        raise UserError(f"--data {config.data} has {lacks} for {name}; {more}.")


def digest(clips, noise):
    """SHA-256 over the samples of all parts, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in PARTS:
        total.update(f"{name}\0{clips[name].kinds}".encode())
        whole = itertools.chain(in_order(clips[name]), noise[name])
        number = len(clips[name]) + len(noise[name])
        for samples in track(whole, number, f"listening through the sound of {name}"):
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
