"""English sentences with their French ones, from a grammar that derives both at once."""

import collections
import functools
import zlib

import tensorflow_datasets as tfds

from recipes.datasets.draw import Draw
from recipes.datasets.french import lexicon
from recipes.datasets.french.forms import join, spelt
from recipes.datasets.french.sentences import Derivation

SIZES = {"train": 24_000, "validation": 1_500, "test": 2_000, "long": 1_000}
# How many of a hundred sentences have 5 words, 6 words ... with the full stop.
WEIGHTS = (10, 13, 14, 15, 14, 12, 10, 7, 3, 2)
SHORT = [5 + extra for extra, weight in enumerate(WEIGHTS) for _ in range(weight)]
LONG = range(max(SHORT) + 1, 2 * max(SHORT) + 1)
HELD_OUT_SHARE = 0.12


class GrammarPairs(tfds.core.GeneratorBasedBuilder):
    """Pairs like "the old man does not see them ." and "le vieil homme ne les voit pas .".

    A grammar derives each sentence in both languages at once. In French most adjectives follow the
    noun and all agree with it, as do determiners, verbs and some participles; negation stands
    around the verb, object pronouns before it, and little words are cut short before vowels.
    Relative clauses and conjunctions make the sentences long, and pronouns take the gender of the
    noun they stand for. No English sentence has two French ones.

    Pairs of a noun with an adjective, a verb or a number are set aside: train, validation and long
    never use them, and each test sentence has at least one. Test sentences are as long as those
    of train; those of the split "long" have more words than any of train, up to twice as many. All
    sentences are distinct.
    """

    VERSION = tfds.core.Version("2.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {"en": tfds.features.Text(), "fr": tfds.features.Text()}
            ),
            supervised_keys=("en", "fr"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SIZES}

    def _generate_examples(self, split):
        for number, (english, french) in enumerate(pairs(split)):
            yield number, {"en": english, "fr": french}


def pairs(split):
    """The `(english, french)` sentences of a split, always the same ones."""
    for english, french, _ in derivations()[split]:
        yield english, french


@functools.cache
def derivations():
    """The sentences by split, each with the pairs of words that it brings together."""
    draw = Draw("grammar pairs")
    # Sentences wait until their length is drawn, so that no condition changes the lengths.
    waiting = collections.defaultdict(list)
    found, seen = {split: [] for split in SIZES}, set()
    for split, size in SIZES.items():
        lengths = LONG if split == "long" else SHORT
        while len(found[split]) < size:
            length = draw.one_of(lengths)
            while not waiting[split, length]:
                english, french, combined = sentence(draw, split == "long")
                if english not in seen:
                    seen.add(english)
                    place = split_of(english, combined), len(english.split())
                    waiting[place].append((english, french, combined))
            english, french, combined = waiting[split, length].pop()
            found[split].append((english, spelt(french), combined))
    return found


def split_of(english, combined):
    """The split that a sentence may stand in."""
    if any(is_held_out(*pair) for pair in combined):
        return "test"
    if len(english.split()) > max(SHORT):
        return "long"
    # The sentences of train and validation are kept apart by a hash of the text.
    return "train" if zlib.crc32(english.encode()) % 16 else "validation"


def is_held_out(first, second):
    """True if a pair of English words is kept for the test."""
    return zlib.crc32(f"{first}|{second}".encode()) % 1000 < HELD_OUT_SHARE * 1000


def sentence(draw, long=False):
    """A sentence, its French words before elision, and the pairs of words it brings together."""
    clauses = 2 + draw.below(4) if long else 1 + draw.chance(0.35)
    derivation = Derivation(draw, depth=draw.below(4 if long else 4 - clauses))
    parts = [derivation.clause()]
    # In the past, French would want other tenses where one act is the reason of another.
    conjunctions = lexicon.CONJUNCTIONS[: 2 if derivation.past else None]
    for _ in range(clauses - 1):
        parts += [draw.one_of(conjunctions), derivation.clause()]
    english, french = join(*parts, (".", "."))
    return english, french, derivation.combined
