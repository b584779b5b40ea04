"""Utterances: the sound of each, where the words lie in it, and what is said by whom."""

import concurrent.futures
import dataclasses
import io
import itertools
import pathlib
from typing import NamedTuple

import numpy as np

from recipes.common.sound.samples import as_float

PHRASES = ("phrase", "own_phrase")  # kinds of utterances of the phrase: synthetic, recorded

AHEAD = 256  # utterances


class Flac(NamedTuple):
    """A FLAC file inside of another file, decoded whenever it is asked for.

    Decoded, the voices of one phrase are 2.8 GB.
    """

    path: pathlib.Path
    offset: int
    size: int

    def read(self):
        """Its samples, `(N,)` int16."""
        import soundfile

        with open(self.path, "rb") as file:
            file.seek(self.offset)
            content = file.read(self.size)
        return soundfile.read(io.BytesIO(content), dtype="int16")[0]


@dataclasses.dataclass(frozen=True)
class Clips:
    """Utterances at 16 kHz.

    Attributes:
        sounds: A list of arrays `(lengths[i],)` int16, or of `Flac`.
        lengths: `(N,)` samples of each, with the little silence around the words.
        speech_start, speech_end: `(N,)` where its words begin and end, in samples.
        kinds: `"phrase"`, `"own_phrase"`, `"near_miss"`, `"word"`, `"sentence"` or `"recording"`.
        texts: What is said, or the name of the recording.
        voices: Who says it, as `"gmw/en-US+f2"`.
    """

    sounds: list
    lengths: np.ndarray
    speech_start: np.ndarray
    speech_end: np.ndarray
    kinds: list[str]
    texts: list[str]
    voices: list[str]

    def __len__(self):
        return len(self.sounds)

    @property
    def is_phrase(self):
        """`(N,)` booleans: which of them say the phrase."""
        return np.isin(self.kinds, PHRASES)

    def samples(self, i):
        """The samples of an utterance, `(lengths[i],)` int16."""
        sound = self.sounds[i]
        return sound.read() if isinstance(sound, Flac) else sound

    def audio(self, i, first=0, most=None):
        """An utterance, `(lengths[i],)` float32 in [-1, 1], or `most` samples from `first` on."""
        end = None if most is None else first + most
        return as_float(self.samples(i)[first:end])


def in_order(clips):
    """The samples of all utterances, one after the other, some decoded ahead by two threads."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for start in range(0, len(clips), AHEAD):
            yield from pool.map(clips.samples, range(start, min(start + AHEAD, len(clips))))


def take(clips, chosen):
    """The utterances of these numbers."""
    return Clips(
        **{
            field.name: values[chosen]
            if isinstance(values := getattr(clips, field.name), np.ndarray)
            else [values[i] for i in chosen]
            for field in dataclasses.fields(clips)
        }
    )


def join(several):
    """Several `Clips` as one."""
    joined = {}
    for field in dataclasses.fields(Clips):
        parts = [getattr(clips, field.name) for clips in several]
        is_array = isinstance(parts[0], np.ndarray)
        joined[field.name] = np.concatenate(parts) if is_array else list(itertools.chain(*parts))
    return Clips(**joined)


def of_recordings(found, kind, chosen, extents=None):
    """Recordings as `Clips` of one kind.

    Args:
        found: `recordings.Recordings`.
        kind: The kind of all of them.
        chosen: Numbers of those to take.
        extents: For each recording where the speech starts and ends; the whole if None.
    """
    sounds = [found.samples[i] for i in chosen]
    lengths = np.array([len(samples) for samples in sounds], np.int64)
    starts, ends = np.zeros_like(lengths), lengths.copy()
    if extents and len(chosen):
        starts, ends = np.array([extents[i] for i in chosen], np.int64).T
    names, voices = [found.names[i] for i in chosen], ["recorded"] * len(chosen)
    return Clips(sounds, lengths, starts, ends, [kind] * len(chosen), names, voices)
