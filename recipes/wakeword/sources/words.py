"""Recordings of words, of which one is listened for: a folder for each, or a catalogue set."""

import collections
import hashlib
import pathlib
import re

import numpy as np
import tensorflow_datasets as tfds

from recipes.common.data import catalog, files
from recipes.common.data.splits import PARTS
from recipes.common.errors import UserError
from recipes.common.sound import recordings
from recipes.common.sound.samples import SAMPLE_RATE, resampled, to_int16
from recipes.common.sound.speech_extent import speech_extent
from recipes.wakeword.clips import join, of_recordings

BACKGROUND = "_background_noise_"
# The parts of a folder of words, as the lists that come with Speech Commands call them.
LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}


def by_folder(config):
    """The clips by part of a folder with a folder of recordings for each word.

    Returns:
        `clips, noise`: a dict of `Clips` by part, and a list of recorded background noise, which is
        there if the folder has one for it.

    Raises:
        UserError: If the word is not there, or the recordings or the lists are unusable.
    """
    root = pathlib.Path(config.data)
    words = _folders(root)
    if config.keyword not in words:
        listed = ", ".join(word for word in words if word != BACKGROUND) or "none"
        raise UserError(
            f"--data {config.data} has no folder {config.keyword!r} of recordings of that word; "
            f"its folders are {listed}."
        )
    noise = []
    if BACKGROUND in words:
        words.remove(BACKGROUND)
        noise = recordings.folder(root / BACKGROUND, config.bad_share, "noise").samples
    listed = {
        part: set(files.names_listed(root / name, "recording", config.encoding))
        for part, name in LISTS.items()
        if (root / name).exists()
    }
    parts, part_of_content = {name: [] for name in PARTS}, {}
    for word in words:
        what = f"recordings of {word}"
        found = recordings.folder(root / word, config.bad_share, what, config.limit)
        own = [_part_of(f"{word}/{name}", listed, config) for name in found.names]
        keys = [content(samples) for samples in found.samples]
        # The same sound under several names goes where one of them is, to the test before others.
        for key, part in sorted(zip(keys, own, strict=True), key=lambda x: -PARTS.index(x[1])):
            part_of_content.setdefault(key, part)
        where = np.array([part_of_content[key] for key in keys])
        kind = "phrase" if word == config.keyword else "word"
        extents = [speech_extent(samples) for samples in found.samples]
        for name in PARTS:
            chosen = np.flatnonzero(where == name)
            parts[name].append(of_recordings(found, kind, chosen, extents))
    return {name: join(clips) for name, clips in parts.items()}, noise


def _folders(root):
    if not root.is_dir():
        return []
    paths = (path for path in root.iterdir() if not path.name.startswith("."))
    return sorted(path.name for path in paths if path.is_dir())


def content(samples):
    """A key that is the same for the same sound."""
    return hashlib.sha256(np.ascontiguousarray(samples)).digest()


def _part_of(path, listed, config):
    """The part of a recording: that of a list, or by the speaker that its name begins with."""
    for part, names in listed.items():
        if path in names:
            return part
    speaker = re.sub(r"_nohash_.*", "", pathlib.PurePosixPath(path).name)
    place = int(hashlib.sha256(speaker.encode()).hexdigest()[:8], 16) / 2**32
    for part, share in (("test", config.test_share), ("validation", config.validation_share)):
        if part not in listed:
            if place < share:
                return part
            place = (place - share) / (1 - share)
    return "train"


def of_catalog(config):
    """The clips by part of a catalogue set whose examples are a sound and the word in it.

    Raises:
        UserError: If the set is no such one, does not label the word, lacks a part, or is neither
            on the disk nor within reach.
    """
    builder = catalog.builder_of(config.data, config.data_dir)
    features = builder.info.features
    audio, label = _keys(config.data, features)
    words = [name for name in features[label].names if not name.startswith("_")]
    if config.keyword not in words:
        raise UserError(
            f"--data {config.data} of the catalogue does not label the word {config.keyword!r}, "
            f"only {', '.join(words)}; for another word give --data a folder with one subfolder of "
            "recordings per word, such as the set's own archive, unpacked."
        )
    catalog.ensure_prepared(builder, config.data)
    rate = features[audio].sample_rate or SAMPLE_RATE
    parts = {}
    for part in PARTS:
        if part not in builder.info.splits:
            raise UserError(f"--data {config.data} has no part {part}; it needs one.")
        phrases, others = ([], recordings.Recordings([], [])), ([], recordings.Recordings([], []))
        examples = tfds.as_numpy(builder.as_dataset(split=part, shuffle_files=False))
        heard = collections.Counter()
        for number, example in enumerate(examples):
            word = features[label].names[example[label]]
            heard[word] += 1
            if word not in words:  # silence and unknown words, which have no name of their own
                continue
            if 0 < config.limit < heard[word]:
                continue
            samples = resampled(example[audio].astype(np.float32) / 32_768, rate)
            extents, found = phrases if word == config.keyword else others
            extents.append(speech_extent(samples))
            found.samples.append(to_int16(samples))
            found.names.append(f"{word} {number}")
        parts[part] = join(
            [
                of_recordings(found, kind, range(len(found)), extents)
                for kind, (extents, found) in (("phrase", phrases), ("word", others))
            ]
        )
    return parts


def _keys(name, features):
    """The keys of the sound and of the word in the examples of a set."""
    audio = [key for key, value in features.items() if isinstance(value, tfds.features.Audio)]
    label = [key for key, value in features.items() if isinstance(value, tfds.features.ClassLabel)]
    if not audio or not label:
        raise UserError(
            f"--data {name} has no sound with a class label; it has {', '.join(features)}."
        )
    return audio[0], label[0]
