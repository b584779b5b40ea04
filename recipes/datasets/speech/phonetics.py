"""The sounds of a text as a voice says them, and the distance between those of two texts."""

import functools
import itertools
import re

from recipes.datasets.speech import espeak

# Height, backness and rounding of vowels, by the letters of the phonetic alphabet.
VOWELS = {
    "i": (0, 0, 0), "y": (0, 0, 1), "ɪ": (0.2, 0.2, 0), "ᵻ": (0.25, 0.35, 0), "ʉ": (0, 0.5, 1),
    "u": (0, 1, 1), "ʊ": (0.2, 0.8, 1), "e": (0.35, 0, 0), "ø": (0.35, 0, 1), "ɵ": (0.35, 0.5, 1),
    "o": (0.35, 1, 1), "ə": (0.5, 0.5, 0), "ɚ": (0.5, 0.5, 0), "ɜ": (0.6, 0.5, 0),
    "ɛ": (0.65, 0.1, 0), "œ": (0.65, 0.1, 1), "ʌ": (0.65, 0.75, 0), "ɔ": (0.65, 1, 1),
    "ɐ": (0.75, 0.5, 0), "æ": (0.85, 0.15, 0), "a": (1, 0.4, 0), "ɑ": (1, 0.9, 0),
    "ɒ": (1, 1, 1), "ɨ": (0.1, 0.4, 0), "ɯ": (0, 1, 0), "ɤ": (0.35, 1, 0),
}  # fmt: skip
WEAK = set("əɚɐᵻ")
PLACES = (
    "pbmɸβʍw", "fvʋɱ", "θð", "tdnszlɾrɹ", "ʃʒɻ", "cɟɲçʝjʎ", "kɡgŋxɣɫ", "qɢχʁ", "hɦʔħ",
)  # fmt: skip
MANNERS = ("pbtdcɟkɡgqɢʔ", "mnɲŋɱ", "fvθðszʃʒçʝxɣχhɦɸβħ", "lʎɫ", "ɹrɾɻʁ", "wjʋʍ")
VOICED = set("bdɟɡgɢmnɲŋɱvðzʒʝɣɦβlʎɫɹrɾɻʁwjʋ")
MARKS = "ˈˌːʲʰ̩̪̝̯̃̊ʔ-"
# Two utterances nearer than this sound the same in one accent or another, if they are long enough.
SAME = 0.55


@functools.lru_cache(100_000)
def sounds(text, voice="gmw/en-US"):
    """The sounds of a text, a tuple of strings without marks of stress and length."""
    return _without_marks(espeak.phonemes(text, voice))


def _without_marks(spoken):
    spoken = re.sub(r"\([\w-]+\)", " ", spoken)  # where another language takes over
    spoken = "".join(" " if c == "_" else c for c in spoken if c not in MARKS)
    return tuple(itertools.chain.from_iterable(map(_split, spoken.split())))


def _split(sound):
    """A vowel with what follows it of a diphthong is one sound; an r after it another."""
    if len(sound) > 1 and sound[-1] in "ɹr" and sound[0] in VOWELS:
        return sound[:-1], sound[-1]
    if len(sound) > 1 and sound[0] in WEAK and sound[-1] in "lnm":
        return sound[0], sound[-1]
    return (sound,)


@functools.cache
def substitution(one, other):
    """The cost of hearing one sound as another: 0 for the same, 1.3 for the most unlike."""
    if one == other:
        return 0.0
    vowels = one[0] in VOWELS, other[0] in VOWELS
    if all(vowels):
        # A diphthong is compared at its start and at its end.
        pairs = ((one[0], other[0]), (one[-1], other[-1]))
        apart = sum(_vowels_apart(*pair) for pair in pairs) / 2
        weak = 0.5 if one[0] in WEAK or other[0] in WEAK else 1.0
        return weak * (0.15 + 0.85 * min(apart, 1.0))
    if any(vowels):
        return 1.3
    places, manners, voices = zip(_consonant(one), _consonant(other), strict=True)
    place = min(3, abs(places[0] - places[1]))
    manner, voice = manners[0] != manners[1], voices[0] != voices[1]
    return min(1.2, 0.1 + 0.35 * voice + 0.45 * manner + 0.25 * place)


def _consonant(sound):
    """Place, manner and voice, the manner of affricates being their own."""
    first, last = sound[0], sound[-1]
    affricate = first != last and first in MANNERS[0]
    manner = len(MANNERS) + 1 if affricate else _index(MANNERS, last)
    return _index(PLACES, last), manner, last in VOICED


def _vowels_apart(one, other):
    one, other = VOWELS.get(one, VOWELS["ə"]), VOWELS.get(other, VOWELS["ə"])
    return abs(one[0] - other[0]) + 0.7 * abs(one[1] - other[1]) + 0.2 * abs(one[2] - other[2])


def _index(groups, letter):
    return next((i for i, group in enumerate(groups) if letter in group), len(groups))


@functools.cache
def omission(sound):
    """The cost of missing a sound, or of hearing one that is not there."""
    if sound[0] in WEAK:
        return 0.4
    if sound[0] in "hʔjwɹɾr":
        return 0.6
    return 1.0 if sound[0] in VOWELS else 0.85


def rows(heard, target, anywhere=False):
    """Costs of hearing the whole of one sequence of sounds as each beginning of another.

    Args:
        heard: The sounds heard.
        target: The sounds they may be taken for.
        anywhere: Whether what is heard before and after the target costs nothing.

    Yields:
        After each sound heard, a list of `len(target) + 1` costs.
    """
    row = [0.0, *itertools.accumulate(omission(sound) for sound in target)]
    yield row
    for sound in heard:
        diagonal, row = row, [0.0 if anywhere else row[0] + omission(sound)]
        for j, wanted in enumerate(target):
            row.append(
                min(
                    diagonal[j] + substitution(sound, wanted),
                    diagonal[j + 1] + omission(sound),
                    row[j] + omission(wanted),
                )
            )
        yield row


def same(target):
    """The distance below which other sounds are taken for the target."""
    return min(SAME, 0.25 * sum(omission(sound) for sound in target))


def distance(one, other):
    """The weighted edit distance between two sequences of sounds."""
    *_, last = rows(one, other)
    return last[-1]


def nearest_within(heard, target):
    """The distance of that part of what is heard which is most like the target, if near at all.

    Returns:
        The distance, or a lower bound of it that is `same(target)` or more.
    """
    present, bound, most = set(heard), 0.0, same(target)
    for wanted in target:
        bound += min([omission(wanted), *(substitution(sound, wanted) for sound in present)])
        if bound >= most:
            return bound
    return min(row[-1] for row in rows(heard, target, anywhere=True))


def has(text, target):
    """True if some words of a text that follow one another sound the same as a phrase.

    Args:
        text: The text.
        target: The sounds of the phrase.
    """
    words, most = [sounds(word) for word in text.split()], same(target)
    for i in range(len(words)):
        for j in range(i + 1, len(words) + 1):
            spoken = tuple(itertools.chain.from_iterable(words[i:j]))
            # Sounds in excess cost 0.4 each at least.
            if abs(len(spoken) - len(target)) < 2 and distance(spoken, target) < most:
                return True
    return distance(sounds(text), target) < most
