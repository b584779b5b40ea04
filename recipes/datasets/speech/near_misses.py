"""Texts that sound almost like a phrase, or have something in them that does."""

import collections
import functools
import itertools
import zlib

from recipes.datasets.speech import espeak
from recipes.datasets.speech import words as speech_words
from recipes.datasets.speech.phonetics import (
    distance,
    has,
    nearest_within,
    omission,
    rows,
    same,
    sounds,
)

# Where parts of the phrase stand among the near misses, however much they lack.
PART = 1.0
# Two words are less likely to be said together than a single one.
PAIR = 0.2
COUNT = 400


@functools.cache
def near_misses(phrase, count=COUNT):
    """Texts that sound like a phrase but not the same, the most alike first.

    They are words and pairs of words of a lexicon, the phrase with a word replaced, moved or left
    out, and pieces of it, in the notation `[[...]]` of espeak-ng that only English voices can read.

    Args:
        phrase: The phrase.
        count: The most that are returned.

    Returns:
        A tuple of texts.
    """
    phrase = " ".join(phrase.split()).lower()
    target = sounds(phrase)
    lexicon = _lexicon()
    found = {}

    def consider(text, cost):
        if cost < found.get(text, float("inf")):
            found[text] = cost

    beginnings, endings = _ends(target, lexicon)
    for word, cost in beginnings[len(target)]:
        consider(word, cost)
    for text, cost in _pairs(beginnings, endings, lambda words: words[:12]):
        consider(text, cost)
    for text in _parts(phrase):
        consider(text, PART)
    for text in _word_by_word(phrase, lexicon):
        consider(text, distance(sounds(text), target))
    pieces = list(_pieces(phrase, target))
    return (
        *_first_of(found, phrase, count - len(pieces), 12, lambda text: has(text, target)),
        *pieces,
    )[:count]


@functools.cache
def hidden_near_misses(phrase, count=COUNT):
    """Texts in which something sounds like a phrase but not the same, the most alike first.

    They are words and pairs of words of a lexicon whose beginnings and endings may be anything: "an
    exception" has most of "alexa" in it, and a listener hears it before it hears the rest.

    Args:
        phrase: The phrase.
        count: The most that are returned.

    Returns:
        A tuple of texts.
    """
    phrase = " ".join(phrase.split()).lower()
    target = sounds(phrase)
    lexicon, found = _lexicon(), {}
    most, least = 0.5 * sum(map(omission, target)), same(target)
    for word, spoken in lexicon.items():
        found[word] = min(row[-1] for row in rows(spoken, target, anywhere=True))
    beginnings, endings = _ends(target, lexicon, kept=400, anywhere=True)
    for text, cost in _pairs(beginnings, endings, _few_of_each):
        found[text] = min(cost, found.get(text, cost))
    found = {text: cost for text, cost in found.items() if cost < most}
    return tuple(
        _first_of(
            found, phrase, count, 4, lambda text: nearest_within(sounds(text), target) < least
        )
    )


def _pairs(beginnings, endings, chosen):
    """Two words, the first for a beginning and the second for the rest, with their cost.

    Args:
        beginnings, endings: From `_ends`.
        chosen: Function that gives those words of a list `(word, cost)` that are tried.
    """
    for cut in range(1, len(beginnings)):
        seconds = list(chosen(endings[len(beginnings) - cut]))
        for first, one in chosen(beginnings[cut]):
            for second, two in seconds:
                yield f"{first} {second}", one + two + PAIR


def _few_of_each(words, few=4):
    """Of words that cost the same, mostly for the same sounds, a few."""
    costs = collections.Counter()
    for word, cost in sorted(words, key=lambda item: (item[1], zlib.crc32(item[0].encode()))):
        costs[cost] += 1
        if costs[cost] <= few:
            yield word, cost


def _first_of(found, phrase, count, often, is_phrase):
    """The texts of the lowest costs, no two of which sound the same, without the phrase itself.

    Args:
        found: A dict from a text to its cost.
        phrase: The phrase.
        count: The most that are returned.
        often: How often a word that is not of the phrase may stand in them.
        is_phrase: Whether a text has the phrase in it.
    """
    chosen, heard, used = [], set(), collections.Counter()
    for text, _ in sorted(found.items(), key=lambda item: (item[1], item[0])):
        if len(chosen) == count:
            break
        words, spoken = set(text.split()) - set(phrase.split()), sounds(text)
        if spoken in heard or any(used[word] >= often for word in words) or is_phrase(text):
            continue
        heard.add(spoken)
        used.update(words)
        chosen.append(text)
    return chosen


@functools.cache
def _lexicon():
    """Words with their sounds."""
    listed = (*speech_words.words(), *speech_words.rare_words(), "a", "I", "of", "an", "the", "to")
    return {word: spoken for word in listed if (spoken := sounds(word))}


def _ends(target, lexicon, kept=60, anywhere=False):
    """The words nearest to each beginning, and to each ending, of a sequence of sounds.

    Args:
        target: The sounds.
        lexicon: A dict from a word to its sounds.
        kept: How many words for each length.
        anywhere: Whether what a word has before a beginning, or after an ending, costs nothing.

    Returns:
        Two dicts from a length to a list of `(word, cost)`.
    """
    lengths = range(1, len(target) + 1)
    beginnings, endings = ({n: [] for n in lengths} for _ in range(2))
    for word, spoken in lexicon.items():
        if len(spoken) > len(target) + 3 and not anywhere:
            continue
        *_, forwards = rows(spoken, target, anywhere)
        *_, backwards = rows(spoken[::-1], target[::-1], anywhere)
        for n in lengths:
            beginnings[n].append((word, forwards[n]))
            endings[n].append((word, backwards[n]))
    for table in (beginnings, endings):
        for n, words in table.items():
            table[n] = sorted(words, key=lambda item: (item[1], item[0]))[:kept]
    return beginnings, endings


def _parts(phrase):
    """Words of the phrase that follow one another, but not all."""
    words = phrase.split()
    for length in range(1, len(words)):
        yield from (" ".join(words[i : i + length]) for i in range(len(words) - length + 1))


def _word_by_word(phrase, lexicon):
    """The phrase with a word replaced by one near it, or in another order."""
    words = phrase.split()
    if len(words) > 1:
        if len(words) < 5:
            yield from (" ".join(order) for order in itertools.permutations(words))
        for i, word in enumerate(words):
            spoken = sounds(word)
            costs = {other: distance(heard, spoken) for other, heard in lexicon.items()}
            for other in sorted(costs, key=lambda other: (costs[other], other))[:40]:
                yield " ".join([*words[:i], other, *words[i + 1 :]])


def _pieces(phrase, target):
    """Beginnings, endings and repeated parts of the phrase, in espeak-ng's own names of sounds."""
    words = espeak.phonemes(phrase, ipa=False).split()
    flat = [(i, sound) for i, word in enumerate(words) for sound in word.split("_") if sound]
    if len(flat) != len(target) or len(flat) < 4:
        return
    for n in range(2, len(flat) - 1):
        for part, spoken in ((flat[:n], target[:n]), (flat[-n:], target[-n:])):
            if distance(spoken, target) >= 2 * same(target):
                groups = itertools.groupby(part, key=lambda item: item[0])
                yield "[[" + " ".join("".join(s for _, s in group) for _, group in groups) + "]]"
