"""Blends of two names: all joins of a beginning and an end, their features, and the ranking."""

import csv
import dataclasses
import hashlib
import pathlib
import re
import unicodedata

import numpy as np

KNOWN = pathlib.Path(__file__).with_name("blends.tsv")
VOWELS = frozenset("aeiouy")
MOST_SHARED = 3  # letters at the seam beyond which more of them count no more
SURPRISES = (-3.0, 8.0)  # nats at the seam at least and at most

# What a feature adds to the score of a blend. `python -m benchmarks.blends runs/names` finds them,
# on the tuning half of `blends.tsv` and the three examples of the README.
WEIGHTS = {
    "shared": 0.65,
    "first_kept": 0.79,
    "second_kept": 3.11,
    "less_kept": 1.61,
    "whole": -0.3,
    "like_before": 0.73,
    "like_after": 1.12,
    "syllables": -1.37,
    "onset": 1.09,
    "given_order": 2.91,
    "surprise": -0.21,
}


@dataclasses.dataclass(frozen=True)
class Blend:
    """A join of two names, all in lower case.

    Attributes:
        name: The blend.
        first: The name whose beginning it has.
        second: The name whose end it has.
        parts: Letters of the first alone, of both, and of the second alone.
    """

    name: str
    first: str
    second: str

    @property
    def begun(self):
        """Number of letters at its beginning that are those of the first."""
        return _common(self.first, self.name)

    @property
    def ended(self):
        """Number of letters at its end that are those of the second."""
        return _common(self.second[::-1], self.name[::-1])

    @property
    def parts(self):
        low, high = len(self.name) - self.ended, self.begun
        return self.name[:low], self.name[low:high], self.name[high:]


def blends(first, second):
    """All joins of two names in either order, a list of `Blend`.

    A beginning of the one and an end of the other, of one letter or more. Left out are both whole,
    one after the other, and what is a name itself or a part of one alone.

    Args:
        first, second: The names in lower case.
    """
    found = {}
    for a, b in ((first, second), (second, first)):
        for end in range(1, len(a) + 1):
            for begin in range(len(b)):
                name = a[:end] + b[begin:]
                mere = a.startswith(name) or b.endswith(name) or name in (a, b)
                if not mere and (end < len(a) or begin > 0):
                    found[name, a, b] = Blend(name, a, b)
    return list(found.values())


def features(blend, given_first, nats):
    """The features of a blend, a list in the order of `WEIGHTS`.

    Args:
        blend: The `Blend`.
        given_first: The name that the user gave first.
        nats: Negative log-likelihoods by character of a string, a function.
    """
    name, a, b = blend.name, blend.first, blend.second
    count, begun, ended = len(name), blend.begun, blend.ended
    place = len(b) - (count - begun)  # in the second, of what follows the beginning
    shares = begun / len(a), ended / len(b)
    # A beginning and an end that are both less than a whole name.
    proper = max(1, count - ended, count - len(b) + 1) <= min(begun, len(a) - 1)
    vowels = [_is_vowel(letter) for letter in name]
    onset = False
    for seam in range(max(1, count - ended), min(begun, count - 1) + 1):
        start = len(b) - (count - seam)
        if start >= 0:
            before = _is_vowel(b[start - 1]) if start else None
            onset |= vowels[seam] and not before and not vowels[seam - 1]
    return [
        min(begun + ended - count, MOST_SHARED),
        *shares,
        np.log(min(shares)),
        not proper,
        # In place of a consonant stands a consonant, in place of a vowel a vowel.
        vowels[begun - 1] == _is_vowel(b[place - 1])
        if place
        else vowels[begun - 1] != _is_vowel(b[0]),
        begun < count
        and (
            vowels[begun] == _is_vowel(a[begun])
            if begun < len(a)
            else vowels[begun] != _is_vowel(a[-1])
        ),
        max(0, _syllables(name) - max(_syllables(a), _syllables(b))),
        onset,
        a == given_first,
        np.clip(nats(name)[begun:].sum() - nats(b)[place:].sum(), *SURPRISES),
    ]


def described(first, second, nats_of, form=str):
    """All blends of two names and their features.

    Args:
        first, second: The names in lower case.
        nats_of: Function from a list of strings to that of negative log-likelihoods by character,
            as `Network.nats_by_character`.
        form: Function from a lower-case string to what that function is to read.

    Returns:
        `blends, features`: a list of `Blend`, and `(len(blends), len(WEIGHTS))`.
    """
    found = blends(first, second)
    strings = sorted({first, second, *(blend.name for blend in found)}, key=len)
    nats = dict(zip(strings, nats_of([form(text) for text in strings]), strict=True))
    rows = [features(blend, first, nats.get) for blend in found]
    return found, np.array(rows, np.float64).reshape(len(found), len(WEIGHTS))


def ranked(found, described, weights=None):
    """Blends with their scores, the best first; of equal strings the better one.

    Args:
        found: List of `Blend`.
        described: Their features.
        weights: `(len(WEIGHTS),)`; those of `WEIGHTS` if None.
    """
    scores = described @ (np.array(list(WEIGHTS.values())) if weights is None else weights)
    best = {}
    for i in np.argsort(-scores, kind="stable"):
        best.setdefault(found[i].name, (found[i], float(scores[i])))
    return list(best.values())


def known():
    """The list of known blends by half: `{"tuning": [(first, second, blend)], "test": …}`.

    The last bit of a hash of the blend decides, so the halves are fixed.
    """
    halves = {"tuning": [], "test": []}
    with KNOWN.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            first, second, blend = (row[name].lower() for name in ("first", "second", "blend"))
            half = hashlib.sha256(blend.encode()).digest()[0] % 2
            halves[("tuning", "test")[half]].append((first, second, blend))
    return halves


def _common(a, b):
    """Number of letters that two strings have in common at their beginning."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count


def _is_vowel(letter):
    return unicodedata.normalize("NFD", letter)[0] in VOWELS


def _syllables(name):
    """Number of syllables, about: runs of vowels, but for an e at the end of a longer word."""
    spoken = name[:-1] if len(name) > 3 and name.endswith("e") else name
    letters = "".join("a" if _is_vowel(letter) else "b" for letter in spoken)
    return max(1, len(re.findall("a+", letters)))
