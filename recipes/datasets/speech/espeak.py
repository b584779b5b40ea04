"""A voice for any text: the formant synthesiser espeak-ng of the optional package espeakng-loader.

The library keeps its state in the process, noise generator included: the same calls in the same
order in a fresh process give the same sound bit for bit, a repeated call does not.
"""

import ctypes
import functools
import pathlib

import numpy as np

SAMPLE_RATE, FRAME = 16_000, 160  # of the data set: samples a second, and in 10 ms
ENGLISH = (
    "gmw/en-US", "gmw/en", "gmw/en-GB-x-rp", "gmw/en-US-nyc", "gmw/en-GB-scotland",
    "gmw/en-GB-x-gbclan", "gmw/en-GB-x-gbcwmd", "gmw/en-029",
)  # fmt: skip
# Voices of other languages that read Latin letters: English words come out with their sounds.
FOREIGN = (
    "gmw/de", "gmw/nl", "gmw/af", "gmq/sv", "gmq/nb", "gmq/da", "roa/es", "roa/es-419", "roa/fr",
    "roa/it", "roa/pt", "roa/pt-BR", "roa/ro", "zlw/pl", "zlw/cs", "zls/hr", "urj/fi", "urj/hu",
    "trk/tr", "poz/id", "cel/cy", "bnt/sw",
)  # fmt: skip
SYNCHRONOUS, UTF8, PHONEMES, IPA = 2, 1, 0x100, 2  # values of espeak-ng's interface
RATE, VOLUME, PITCH, PITCH_RANGE, WORD_GAP = 1, 2, 3, 4, 7  # its parameters
UNITS = 320  # 22,050 to 16,000 samples is as 441 to 320
LONGEST = 100  # characters of a phrase


class NoSpeaker(Exception):
    """The package espeakng-loader is not installed."""


class Unspeakable(Exception):
    """A text that cannot be read out; the message says why and goes on after the text."""


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("attributes", ctypes.c_ubyte * 4),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class _Library:
    """The loaded library; `heard` collects the samples of the utterance in the making."""

    def __init__(self):
        try:
            import espeakng_loader
        except ImportError:
            raise NoSpeaker("espeakng-loader is not installed") from None
        self.data = pathlib.Path(espeakng_loader.get_data_path())
        self.calls = ctypes.CDLL(espeakng_loader.get_library_path())
        self.sample_rate = self.calls.espeak_Initialize(
            SYNCHRONOUS, 200, str(self.data.parent).encode(), 0
        )
        if self.sample_rate <= 0:
            raise NoSpeaker(f"espeak-ng does not start with the data in {self.data}")
        self.calls.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.calls.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        # The breath of some variants is drawn, by default from the time of day.
        self.calls.espeak_ng_SetRandSeed(ctypes.c_long(1))
        self.heard = []
        self.callback = _CALLBACK(self._hear)  # kept, or it would be collected
        self.calls.espeak_SetSynthCallback(self.callback)
        self.voice = None

    def _hear(self, samples, count, events):
        if samples and count > 0:
            self.heard.append(np.frombuffer(ctypes.string_at(samples, 2 * count), np.int16))
        return 0

    def choose(self, voice, variant=""):
        """Set the voice. espeak-ng takes unknown variants without a word, so they are checked."""
        if (voice, variant) == self.voice:
            return
        if variant and variant not in variants():
            raise ValueError(f"espeak-ng has no variant {variant!r}")
        name = f"{voice}+{variant}" if variant else voice
        if voice not in voices() or self.calls.espeak_SetVoiceByName(name.encode()):
            raise ValueError(f"espeak-ng has no voice {voice!r}")
        self.voice = voice, variant


@functools.cache
def _library():
    return _Library()


@functools.cache
def voices():
    """Identifiers of the base voices that are really there, like `"gmw/en-US"`."""
    listed, names, i = _library().calls.espeak_ListVoices(None), [], 0
    while listed[i]:
        names.append(listed[i].contents.identifier.decode())
        i += 1
    return tuple(names)


@functools.cache
def variants():
    """Names of the variants, each a way to bend the formants and the pitch of any voice."""
    return tuple(sorted(path.name for path in (_library().data / "voices" / "!v").iterdir()))


def phonemes(text, voice="gmw/en-US", ipa=True):
    """The sounds with which a voice would read a text.

    Args:
        text: The text.
        voice: A base voice.
        ipa: Whether in the letters of the phonetic alphabet, or in espeak-ng's own names.

    Returns:
        Words apart by spaces, the sounds of a word by underscores, stress marks before vowels.
    """
    library = _library()
    library.choose(voice)
    rest, spoken = ctypes.c_char_p(text.encode()), []
    mode = (IPA if ipa else 0) | ord("_") << 8
    while rest.value is not None:
        spoken.append(library.calls.espeak_TextToPhonemes(ctypes.byref(rest), UTF8, mode).decode())
    return " ".join(" ".join(spoken).split())


def check(text):
    """Refuse a text that cannot be read out in English.

    Raises:
        Unspeakable: If it has no letters, too many, letters of another script, or no sound.
    """
    letters = [character for character in text if character.isalpha()]
    if not letters:
        raise Unspeakable("has no letters")
    if len(text) > LONGEST:
        raise Unspeakable(f"is longer than {LONGEST} characters")
    strange = [
        character for character in text if character in "[]<>" or not character.isprintable()
    ]
    if strange:
        raise Unspeakable(f"has the character {strange[0]!r}")
    foreign = [letter for letter in letters if ord(letter) > 0x24F]  # beyond Latin
    if foreign:
        raise Unspeakable(f"has the letter {foreign[0]!r}, which English voices only name")
    sounds = phonemes(text).replace("_", " ").split()
    if not 2 <= len(sounds) <= 40:
        raise Unspeakable(f"has {len(sounds)} sounds, where 2 to 40 can be told from others")
    if not np.any(say(text)):
        raise Unspeakable("is silent")


def say(text, voice="gmw/en-US", variant="", rate=170, pitch=50, pitch_range=50, warp=1.0):
    """Read a text out.

    Args:
        text: The text; within double square brackets, sounds by espeak-ng's names.
        voice: A base voice, one of `voices()`.
        variant: One of `variants()`, or none.
        rate: Words in a minute.
        pitch: 0 to 99.
        pitch_range: 0 (all on one note) to 99.
        warp: Factor of all frequencies, as of a shorter vocal tract; the rate stays.

    Returns:
        `(N,)` float32 in [-1, 1] at `SAMPLE_RATE`.

    Raises:
        ValueError: If there is no such voice or variant.
    """
    library = _library()
    library.choose(voice, variant)
    settings = {RATE: round(rate / warp), VOLUME: 90, PITCH: pitch, PITCH_RANGE: pitch_range}
    for parameter, value in settings.items():
        library.calls.espeak_SetParameter(parameter, int(value), 0)
    library.heard.clear()
    content = text.encode()
    library.calls.espeak_Synth(
        content, ctypes.c_size_t(len(content) + 1), 0, 0, 0, UTF8 | PHONEMES, None, None
    )
    library.calls.espeak_Synchronize()
    if not library.heard:
        return np.zeros(0, np.float32)
    samples = np.concatenate(library.heard).astype(np.float32) / 32_768
    return resampled(samples, library.sample_rate * warp)


def resampled(samples, rate):
    """Sound of any rate at `SAMPLE_RATE`, cut off in the frequency domain; no SciPy is imported."""
    per_second = SAMPLE_RATE // UNITS
    before = round(rate / per_second)  # samples that become `UNITS`
    units = _fast(-(-len(samples) // before) + 1)
    # A unit of silence in excess keeps the end from running into the beginning.
    spectrum = np.fft.rfft(samples, before * units)
    resampled = np.fft.irfft(spectrum[: UNITS * units // 2 + 1], UNITS * units)
    count = len(samples) * UNITS // before
    return (resampled[:count] * (UNITS / before)).astype(np.float32)


@functools.cache
def _fast(least):
    """The next number whose only prime factors are 2, 3 and 5."""
    number = least
    while True:
        rest = number
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return number
        number += 1


def extent(samples):
    """The start and the end of the sound of an utterance without noise.

    Args:
        samples: `(N,)` float32 at `SAMPLE_RATE`.

    Returns:
        `(start, end)` in samples, a frame of 10 ms exact; `(0, 0)` for silence.
    """
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    power = np.square(frames).mean(-1)  # (F,)
    loud = np.flatnonzero(power > 1e-4 * power.max(initial=1e-12))  # within 40 dB of the loudest
    return (int(loud[0]) * FRAME, int(loud[-1] + 1) * FRAME) if len(loud) else (0, 0)
