"""A phrase spoken by synthetic voices, and what it must not be taken for, ready to be mixed."""

import concurrent.futures
import io
import logging

import numpy as np

from recipes.common import devices
from recipes.common.data import catalog
from recipes.common.errors import UserError
from recipes.datasets import spoken_phrase
from recipes.datasets.speech import espeak, pico
from recipes.wakeword.clips import Clips

NEEDS_SPEECH = 'it is in the extra "speech": pip install -e ".[speech]".'


def load(phrase, data_dir="", scale=1.0, second=None):
    """A phrase and what else is spoken, synthesised if it is not on the disk.

    Args:
        phrase: What the detector is to wake up to.
        data_dir: Folder of prepared data sets, theirs by default.
        scale: Factor of the numbers of utterances.
        second: Whether the second speaker helps; None if it does where it is installed.

    Returns:
        A dict of `Clips`: `train`, `validation` and `test`, which share no voice.

    Raises:
        UserError: If the phrase cannot be spoken, or what it takes is not installed.
    """
    import tensorflow_datasets as tfds

    phrase = check(phrase)
    logging.getLogger("absl").setLevel(logging.ERROR)  # that a configuration is custom is no news
    config = spoken_phrase.config_of(phrase, scale, second)
    if config.second and not pico.is_there():
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
    catalog.ensure_prepared(builder, f"spoken_phrase/{config.name}")
    devices.import_tensorflow()
    kinds = builder.info.features["kind"]
    read = tfds.ReadConfig(interleave_cycle_length=1, skip_prefetch=True)
    parts = {}
    for split in builder.info.splits:
        examples = builder.as_dataset(split=split, read_config=read, shuffle_files=False)
        parts[split] = _clips(tfds.as_numpy(examples.batch(256)), kinds)
    return parts


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


def _clips(batches, kinds):
    audio, columns = [], {name: [] for name in ("start", "end", "kind", "text", "voice")}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for batch in batches:
            audio += pool.map(_decoded, batch["audio"])
            for name, column in columns.items():
                column += batch[name].tolist()
    lengths = np.array([len(samples) for samples in audio], np.int64)
    return Clips(
        np.concatenate(audio),
        np.concatenate([[0], np.cumsum(lengths)[:-1]]),
        lengths,
        np.array(columns["start"], np.int64),
        np.array(columns["end"], np.int64),
        [kinds.int2str(kind) for kind in columns["kind"]],
        [text.decode() for text in columns["text"]],
        [voice.decode() for voice in columns["voice"]],
    )


def _decoded(flac):
    import soundfile

    return soundfile.read(io.BytesIO(flac), dtype="int16")[0]
