"""Continuous sound to measure on: utterances one after the other, the ends of phrases known."""

import dataclasses
import math
import tempfile
import weakref

import numpy as np
from scipy import fft

from recipes.common.sound import rooms, voices
from recipes.common.sound.samples import SAMPLE_RATE, as_float, stretch, to_int16
from recipes.wakeword.mixing.acoustics import ROOMS

SECONDS = 30.0  # of a track of negatives, about
PHRASES = 6  # in a track
NEAR_MISSES = "near misses"  # as the groups of tracks of nothing else begin
OWN_ROOMS = 1 << 40  # added to the seed of rooms, so that no training has been in them
AFTER = 1.5  # seconds of quiet at the end, in which a phrase can still be detected


@dataclasses.dataclass(frozen=True)
class Sound:
    """A stretch of continuous sound.

    Attributes:
        name: Its name in reports.
        samples: `(N,)` int16, 16 kHz.
        ends: Times at which the phrase ends in it, in seconds.
        group: The sort of sound, such as `"speech, clean"`.
    """

    name: str
    samples: np.ndarray
    ends: tuple
    group: str

    @property
    def seconds(self):
        """Its length."""
        return len(self.samples) / SAMPLE_RATE


class Spool:
    """Sounds in a file without a name, which are read one by one whenever they are asked for.

    Args:
        sounds: An iterable of `Sound`s.
        folder: The folder of the file.
    """

    def __init__(self, sounds, folder):
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, it lives as long as this
        weakref.finalize(self, self._file.close)
        self._sounds = []  # without samples, and their number
        for sound in sounds:
            self._file.write(sound.samples.tobytes())
            silent = dataclasses.replace(sound, samples=np.zeros(0, np.int16))
            self._sounds.append((silent, len(sound.samples)))

    def __len__(self):
        return len(self._sounds)

    def __iter__(self):
        place = 0
        for silent, length in self._sounds:
            self._file.seek(place)
            samples = np.frombuffer(self._file.read(2 * length), np.int16)
            place += 2 * length
            yield dataclasses.replace(silent, samples=samples)

    @property
    def has_both(self):
        """True if some sounds have a phrase and some have none."""
        return len({bool(silent.ends) for silent, _ in self._sounds}) == 2


def of_clips(clips, seed, ratio=None, noise=()):
    """Every utterance of a set once, joined to tracks.

    Args:
        clips: `Clips`; those of the phrase go into tracks of their own, with a word or sentence
            between some of them.
        seed: Of order, pauses, loudness, rooms and noise.
        ratio: Signal-to-noise ratio in decibels, in rooms; None for what was spoken as it is.
        noise: Sounds that noise is taken from.

    Yields:
        `Sound`s; near misses are in tracks of their own.
    """
    generator = np.random.Generator(np.random.PCG64([seed, 3]))
    kinds = np.asarray(clips.kinds)
    others = generator.permutation(np.flatnonzero(~clips.is_phrase))
    phrases = generator.permutation(np.flatnonzero(clips.is_phrase))
    where = "clean" if ratio is None else f"{ratio:g} dB"
    for number, start in enumerate(range(0, len(phrases), PHRASES)):
        pieces, ends = _Pieces(generator), []
        for chosen in phrases[start : start + PHRASES]:
            pieces.pause(0.8, 2.0)
            if len(others) and generator.random() < 0.3:
                pieces.append(clips, int(generator.choice(others)))
                pieces.pause(0.1, 0.8)
            ends.append(pieces.append(clips, int(chosen)))
        pieces.pause(AFTER, AFTER + 0.1)
        samples = treat(pieces.joined(), ratio, noise, generator, seed)
        yield Sound(f"phrase {number}, {where}", samples, tuple(ends), f"phrase, {where}")
    near = kinds[others] == "near_miss"
    for group, chosen in (("speech", others[~near]), (NEAR_MISSES, others[near])):
        pieces, number = _Pieces(generator), 0
        for place, utterance in enumerate(chosen):
            pieces.append(clips, int(utterance))
            pieces.pause(0.05, 0.7)
            if pieces.seconds > SECONDS or place == len(chosen) - 1:
                samples = treat(pieces.joined(), ratio, noise, generator, seed)
                yield Sound(f"{group} {number}, {where}", samples, (), f"{group}, {where}")
                pieces, number = _Pieces(generator), number + 1


def expected(clips):
    """The number of tracks of `of_clips`, about: pauses are drawn."""
    near = np.asarray(clips.kinds) == "near_miss"
    number = -(-int(clips.is_phrase.sum()) // PHRASES)
    for chosen in (~clips.is_phrase & ~near, near):
        spoken = clips.lengths[chosen] / SAMPLE_RATE
        if len(spoken):
            mean = spoken.mean() + 0.375  # of an utterance with its pause
            number += math.ceil(len(spoken) / math.ceil(SECONDS / mean + 0.5))
    return number


def is_of_near_misses(sound_or_track):
    """True if it consists of near misses, which nobody says one after the other."""
    return sound_or_track.group.startswith(NEAR_MISSES)


def of_recordings(recordings, group, extents=None, ratio=None, noise=(), seed=0):
    """Each recording a track; with `extents`, the phrase ends where the second of them says.

    Args:
        recordings: `recordings.Recordings`.
        group: The sort of sound that they are.
        extents: For each recording where the phrase starts and ends, in samples; None without one.
        ratio, noise, seed: As in `of_clips`; recordings bring their own rooms.
    """
    generator = np.random.Generator(np.random.PCG64([seed, 4]))
    for number, (name, samples) in enumerate(
        zip(recordings.names, recordings.samples, strict=True)
    ):
        ends = ()
        if extents is not None:
            ends = (extents[number][1] / SAMPLE_RATE,)
            silence = max(0.0, AFTER - (len(samples) / SAMPLE_RATE - ends[0]))
            samples = np.pad(samples, (0, round(silence * SAMPLE_RATE)))
        if ratio is not None:
            samples = as_float(samples)
            add_noise(samples, ratio, noise, generator)
            samples = to_int16(samples)
        yield Sound(name, samples, ends, group)


def treat(samples, ratio, noise, generator, seed):
    """Speech at a drawn loudness; with a ratio, in a room and with noise. `(N,)` int16."""
    samples = samples * 10 ** (generator.uniform(-32, -16) / 20)
    if ratio is not None:
        points = fft.next_fast_len(len(samples) + rooms.LENGTH, real=True)
        response = rooms.responses(ROOMS, OWN_ROOMS + seed)[generator.integers(ROOMS)]
        samples = fft.irfft(fft.rfft(samples, points) * fft.rfft(response, points), points)[
            : len(samples)
        ]
        add_noise(samples, ratio, noise, generator)
    samples += 10 ** (generator.uniform(-90, -70) / 20) * generator.standard_normal(len(samples))
    return to_int16(samples)


def add_noise(samples, ratio, noise, generator):
    """Add drawn noise, so many decibels softer than the louder half of the sound."""
    loud = voices.loudness(samples)
    drawn = stretch(noise, len(samples), generator)
    samples += loud / (np.sqrt(np.mean(np.square(drawn))) + 1e-9) * 10 ** (-ratio / 20) * drawn


class _Pieces:
    """Sound being joined."""

    def __init__(self, generator):
        self.generator, self.pieces, self.length = generator, [], 0

    @property
    def seconds(self):
        return self.length / SAMPLE_RATE

    def pause(self, shortest, longest):
        self._add(np.zeros(round(self.generator.uniform(shortest, longest) * SAMPLE_RATE)))

    def append(self, clips, number):
        """Add an utterance.

        Returns:
            The time at which its words end, in seconds.
        """
        end = self.length + int(clips.speech_end[number])
        voice = voices.level(clips.audio(number)) * 10 ** (self.generator.uniform(-3, 3) / 20)
        self._add(voice)
        return end / SAMPLE_RATE

    def _add(self, piece):
        self.pieces.append(piece.astype(np.float32))
        self.length += len(piece)

    def joined(self):
        return np.concatenate(self.pieces)
