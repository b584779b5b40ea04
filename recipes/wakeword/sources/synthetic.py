"""A phrase, near misses and other speech in synthetic voices: made once, then read as needed."""

import io
import logging
import pathlib

import numpy as np
import tensorflow as tf

from recipes.common import storage
from recipes.common.data import catalog
from recipes.common.errors import UserError
from recipes.common.progress import track
from recipes.datasets import spoken_phrase
from recipes.datasets.speech import espeak, pico_engine
from recipes.wakeword.clips import Clips, Flac

NEEDS_SPEECH = 'it is in the extra "speech": pip install -e ".[speech]".'
HEADER = 12  # bytes before the content of a TFRecord: its length, and a sum of that
FOOTER = 4  # bytes after it: its sum
BYTES = 1.9e9  # of a phrase at scale 1: 1.6e9 of one or two words, 1.9e9 of seven


def load(phrase, data_dir="", scale=1.0, second=None):
    """A phrase and what else is spoken, synthesised if it is not on the disk.

    Args:
        phrase: The phrase of the detector.
        data_dir: Folder of prepared data sets, theirs by default.
        scale: Factor of the numbers of utterances.
        second: Whether the second speaker helps; None if it does where it is installed.

    Returns:
        A dict of `Clips`: `train`, `validation` and `test`, which share no voice.

    Raises:
        UserError: If the phrase cannot be spoken, or what it takes is not installed.
    """
    phrase = check(phrase)
    logging.getLogger("absl").setLevel(logging.ERROR)  # that a configuration is custom is no news
    config = spoken_phrase.config_of(phrase, scale, second)
    if config.second and not pico_engine.is_there():
        raise UserError(f"Two speakers need the package ttspico; {NEEDS_SPEECH}")
    try:
        builder = spoken_phrase.SpokenPhrase(
            config=config, **({"data_dir": data_dir} if data_dir else {})
        )
    except OSError as error:
        raise UserError(
            f"The spoken phrase cannot be kept in {data_dir}: {error}. Name another folder with "
            "--data-dir."
        ) from None
    if not builder.is_prepared():
        storage.ensure_space(
            pathlib.Path(builder.data_dir).parents[2], BYTES * scale, f"The voices of {phrase!r}",
            "name a folder on another disk with --data-dir, or make fewer voices, as with --scale "
            f"{scale / 4:g}.",
        )  # fmt: skip
        builder.track = track
    catalog.ensure_prepared(builder, f"spoken_phrase/{config.name}")
    features = builder.info.features
    return {name: _clips(split, features) for name, split in builder.info.splits.items()}


def check(phrase):
    """The phrase with single spaces, if it can be spoken.

    Raises:
        UserError: If it cannot, or what it takes is not installed.
    """
    phrase = " ".join(phrase.split())
    try:
        import soundfile  # noqa: F401
    except ImportError:
        raise UserError(f"Speech needs the package soundfile; {NEEDS_SPEECH}") from None
    try:
        espeak.check(phrase)
    except espeak.NoSpeaker:
        raise UserError(
            f"Speech synthesis needs the package espeakng-loader; {NEEDS_SPEECH}"
        ) from None
    except espeak.Unspeakable as error:
        raise UserError(
            f"The phrase {phrase[:60]!r} cannot be spoken: it {error}. Name one in English words, "
            'like --phrase "hey computer".'
        ) from None
    return phrase


def _clips(split, features):
    """The utterances of a split, each with its place in the files of the data set."""
    import soundfile

    sounds, lengths, rows = [], [], []
    for path in map(pathlib.Path, split.filepaths):
        offset = HEADER
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
            example = features.deserialize_example_np(record)
            flac = example["audio"]
            sounds.append(Flac(path, offset + record.index(flac), len(flac)))
            lengths.append(soundfile.info(io.BytesIO(flac)).frames)
            rows.append([example[name] for name in ("start", "end", "kind", "text", "voice")])
            offset += len(record) + FOOTER + HEADER
    starts, ends, kinds, texts, voices = zip(*rows, strict=True)
    return Clips(
        sounds,
        np.array(lengths, np.int64),
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        [features["kind"].int2str(kind) for kind in kinds],
        [text.decode() for text in texts],
        [voice.decode() for voice in voices],
    )
