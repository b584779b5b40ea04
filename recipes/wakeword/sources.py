"""Sound that a detector learns from: synthetic voices, words by folder, recordings."""

import hashlib
import pathlib
import re

import numpy as np

from recipes.common import devices
from recipes.common.data import catalog, files
from recipes.common.errors import UserError
from recipes.common.sound import recordings, speech_extent
from recipes.common.sound import samples as sound_samples
from recipes.common.terminal import tell
from recipes.wakeword import synthetic
from recipes.wakeword.clips import join, of_recordings
from recipes.wakeword.config import SYNTHETIC

PARTS = ("train", "validation", "test")
BACKGROUND = "_background_noise_"
# In samples: recorded speech longer than the first is cut into stretches of at most the second.
LONG, STRETCH = 20 * sound_samples.SAMPLE_RATE, 10 * sound_samples.SAMPLE_RATE
# The splits of a folder of words, as the lists that come with Speech Commands call them.
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}


def load(config):
    """The parts named by a configuration.

    Args:
        config: `data`, `phrase`, `keyword`, `scale`, `speakers`, `positives`, `negatives`, `noise`,
            the shares, `holdout` and `data_dir` count.

    Returns:
        A dict of `spoken.Clips` by part, a dict of lists of noise by part, and the SHA-256 of all.

    Raises:
        UserError: If something is unusable, or a part has no phrase or nothing else.
    """
    noise = {name: [] for name in PARTS}
    for what in ("positives", "negatives", "noise"):  # before minutes are spent on speaking
        if path := getattr(config, what):
            recordings.check(path, what)
    if config.data == SYNTHETIC:
        second = None if config.speakers == "auto" else config.speakers == "two"
        clips = synthetic.load(config.phrase, config.data_dir, config.scale, second)
    elif files.exists(config.data):
        clips, noise = _words_by_folder(config)
    else:
        clips = _catalogue(config)
    if config.positives:
        found = recordings.folder(config.positives, config.bad_share, "positives")
        extents = [speech_extent.speech_extent(samples) for samples in found.samples]
        for name, chosen in _divide(found, config).items():
            own = of_recordings(found, "own_phrase", chosen, extents)
            clips[name] = join([clips[name], own])
            tell(f"{config.positives}: {len(chosen)} recordings for {name}.")
    if config.negatives:
        found = recordings.folder(config.negatives, config.bad_share, "negatives")
        if few := len(found) < len(PARTS):  # a single long one is divided in time
            found = in_stretches(found)
        for name, chosen in _divide(found, config).items():
            part = recordings.Recordings(
                *([x[i] for i in chosen] for x in (found.names, found.samples))
            )
            part = part if few else in_stretches(part)
            own = of_recordings(part, "recording", range(len(part)))
            clips[name] = join([clips[name], own])
    if config.noise:
        found = recordings.folder(config.noise, config.bad_share, "noise")
        for samples in found.samples:
            for name, part in zip(PARTS, _in_time(samples, config), strict=True):
                noise[name].append(part)
    for name in PARTS:
        _check(clips[name], name, config)
    return clips, noise, digest(clips, noise)


def _check(clips, name, config):
    is_phrase = np.isin(clips.kinds, ("phrase", "own_phrase"))
    if is_phrase.all() or not is_phrase.any():
        lacking = "nothing but the phrase" if is_phrase.any() else "no recording of the phrase"
        raise UserError(f"--data {config.data} has {lacking} for {name}; give it more recordings.")


def digest(clips, noise):
    """SHA-256 over the samples of all parts, as a hexadecimal string."""
    total = hashlib.sha256()
    for name in PARTS:
        total.update(f"{name}\0{list(clips[name].kinds)}".encode())
        total.update(np.ascontiguousarray(clips[name].samples))
        for samples in noise[name]:
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
    keys = [_content(samples) for samples in found.samples]
    distinct = list(dict.fromkeys(keys))
    count = len(distinct)
    test = max(1, round(config.test_share * count)) if count > 2 else 0
    validation = max(1, round(config.validation_share * (count - test))) if count > 1 else 0
    train = count - test - validation
    sizes = dict(zip(PARTS, (train, validation, test), strict=True))
    part_of = dict(zip(distinct, (name for name in PARTS for _ in range(sizes[name])), strict=True))
    return {name: [i for i, key in enumerate(keys) if part_of[key] == name] for name in PARTS}


def _content(samples):
    return hashlib.sha256(np.ascontiguousarray(samples)).digest()


def _in_time(samples, config):
    """A sound as three stretches, for training, validation and test."""
    test = round(config.test_share * len(samples))
    validation = round(config.validation_share * (len(samples) - test))
    train = len(samples) - test - validation
    return samples[:train], samples[train : train + validation], samples[train + validation :]


def _words_by_folder(config):
    """A folder with a folder of recordings for each word, and perhaps one of background noise."""
    root = pathlib.Path(config.data)
    words = sorted(
        path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")
    ) if root.is_dir() else []  # fmt: skip
    if config.keyword not in words:
        listed = ", ".join(word for word in words if word != BACKGROUND) or "none"
        raise UserError(
            f"--data {config.data} has no folder {config.keyword!r} of recordings of that word; "
            f"its folders are {listed}."
        )
    noise = {name: [] for name in PARTS}
    if BACKGROUND in words:
        words.remove(BACKGROUND)
        for samples in recordings.folder(root / BACKGROUND, config.bad_share, "noise").samples:
            for name, part in zip(PARTS, _in_time(samples, config), strict=True):
                noise[name].append(part)
    named = {
        part: set((root / list_of).read_text(encoding="utf-8").split())
        for part, list_of in LISTS.items()
        if (root / list_of).exists()
    }
    parts, part_of = {name: [] for name in PARTS}, {}
    for word in words:
        found = recordings.folder(root / word, config.bad_share, f"recordings of {word}")
        kind = "phrase" if word == config.keyword else "word"
        extents = [speech_extent.speech_extent(x) for x in found.samples]
        own = [_part_of(f"{word}/{name}", named, config) for name in found.names]
        keys = [_content(samples) for samples in found.samples]
        # The same sound under several names goes where one of them is, to the test before others.
        for key, part in sorted(zip(keys, own, strict=True), key=lambda x: -PARTS.index(x[1])):
            part_of.setdefault(key, part)
        where = np.array([part_of[key] for key in keys])
        for name in PARTS:
            chosen = np.flatnonzero(where == name)
            parts[name].append(of_recordings(found, kind, chosen, extents))
    return {name: join(clips) for name, clips in parts.items()}, noise


def _part_of(path, named, config):
    """The part of a recording: that of a list, or by the speaker that its name begins with."""
    for part, listed in named.items():
        if path in listed:
            return part
    speaker = re.sub(r"_nohash_.*", "", pathlib.PurePosixPath(path).name)
    place = int(hashlib.sha256(speaker.encode()).hexdigest()[:8], 16) / 2**32
    for part, share in (("test", config.test_share), ("validation", config.validation_share)):
        if part not in named:
            if place < share:
                return part
            place = (place - share) / (1 - share)
    return "train"


def _catalogue(config):
    """A set of the catalogue whose examples are a sound and the word in it."""
    import tensorflow_datasets as tfds

    builder = catalog.builder_of(config.data, config.data_dir)
    features = builder.info.features
    audio = [key for key, value in features.items() if isinstance(value, tfds.features.Audio)]
    label = [key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)]
    if not audio or not label:
        raise UserError(
            f"--data {config.data} has no sound with a class label; it has {', '.join(features)}."
        )
    names = features[label[0]].names
    words = [name for name in names if not name.startswith("_")]
    if config.keyword not in words:
        raise UserError(
            f"--data {config.data} of the catalogue does not label the word {config.keyword!r}, "
            f"only {', '.join(words)}; for another word give --data a folder with one subfolder of "
            "recordings per word, such as the set's own archive, unpacked."
        )
    catalog.ensure_prepared(builder, config.data)
    devices.import_tensorflow()
    rate = features[audio[0]].sample_rate or sound_samples.SAMPLE_RATE
    parts = {}
    for part in PARTS:
        if part not in builder.info.splits:
            raise UserError(f"--data {config.data} has no part {part}; it needs one.")
        found, kinds, extents = recordings.Recordings([], []), [], []
        examples = tfds.as_numpy(builder.as_dataset(split=part, shuffle_files=False))
        for number, example in enumerate(examples):
            word = names[example[label[0]]]
            if word not in words:  # silence and unknown words, which have no name of their own
                continue
            samples = example[audio[0]].astype(np.float32) / 32_768
            samples = sound_samples.resampled(samples, rate)
            extents.append(speech_extent.speech_extent(samples))
            found.samples.append(sound_samples.to_int16(samples))
            found.names.append(f"{word} {number}")
            kinds.append("phrase" if word == config.keyword else "word")
        parts[part] = join(
            [
                of_recordings(
                    found, kind, [i for i, other in enumerate(kinds) if other == kind], extents
                )
                for kind in ("phrase", "word")
            ]
        )
    return parts
