"""Reviews from a grammar in which the order of the words decides whether they praise or blame."""

import zlib

import tensorflow_datasets as tfds

from recipes.datasets.draw import Draw

ASPECTS = {
    "film": ["plot", "acting", "music", "camera work", "dialogue", "ending", "cast", "editing"],
    "restaurant": ["soup", "service", "menu", "dessert", "wine", "kitchen", "bread", "table"],
    "hotel": ["room", "breakfast", "lobby", "view", "bed", "staff", "pool", "reception"],
    "book": ["story", "style", "first chapter", "hero", "translation", "cover", "prose", "pace"],
    "phone": ["screen", "battery", "speaker", "case", "keyboard", "lens", "software", "charger"],
    "concert": ["singer", "sound", "stage", "band", "encore", "lighting", "choir", "venue"],
}
POSITIVE = (
    "good great wonderful excellent superb brilliant delightful charming impressive lovely "
    "fantastic splendid pleasant remarkable outstanding marvellous"
).split()
NEGATIVE = (
    "bad poor terrible awful dreadful horrible dull disappointing boring weak "
    "unpleasant mediocre shoddy tedious lousy annoying"
).split()
INTENSIFIERS = ["", "", "very", "really", "truly", "quite", "rather", "so"]
NEGATED_INTENSIFIERS = ["", "", "very", "really", "so"]
# What turns an adjective round, and what looks as if it did but does not.
NEGATORS = ["not", "never", "hardly", "anything but", "far from", "not at all", "by no means"]
ASSERTERS = ["", "", "", "always", "nothing but", "not just", "certainly", "nothing less than"]
DENIALS = [
    "i do not think that",
    "nobody could claim that",
    "it is simply not true that",
    "i would never say that",
]
AFFIRMATIONS = [
    "i think that",
    "nobody could deny that",
    "it is not too much to say that",
    "i would always say that",
]
# Each holds the verdict in its second slot; the first slot weighs nothing.
SECOND_DECIDES = [
    "{0} , but {1}",
    "although {0} , {1}",
    "{0} ; still , {1}",
    "yes , {0} , and yet {1}",
    "{0} , which did not matter because {1}",
]
FIRST_DECIDES = [
    "{0} , although {1}",
    "{0} even if {1}",
    "{0} , never mind that {1}",
]
# Sentences that say nothing of the thing itself, with feelings and negations of their own.
ASIDES = [
    "i went there on a rainy {day} .",
    "a friend had warned me that it would be {adjective} .",
    "the last {domain} i tried was {adjective} .",
    "the weather was {adjective} that {day} .",
    "my sister did not come along .",
    "we had not planned anything for {day} .",
    "some people find every {domain} {adjective} .",
    "an old review called it {adjective} , for what that is worth .",
    "it took us an hour to get there and the traffic was {adjective} .",
    "nothing else happened on {day} .",
]
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
SIZES = {"train": 20_000, "validation": 2_000, "test": 4_000}
HELD_OUT_SHARE = 0.15


class GrammarReviews(tfds.core.GeneratorBasedBuilder):
    """Reviews like "although the soup was never dull , the wine was far from great ." (negative).

    Every review has one sentence with the verdict, between asides that do not count. In two of
    three the verdict weighs two clauses of opposite sense, and the conjunction says which one wins;
    the same words in another order are as likely to mean the opposite. Adjectives are turned round
    by negators, whose scope is the clause they stand in.

    Pairs of an aspect and an adjective, and of a negator and an adjective, are set aside: train and
    validation never use them, and each test review has at least one in its verdict. All texts are
    distinct. Its twin in the catalogue is `imdb_reviews`, with the same features.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "text": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=["negative", "positive"]),
                }
            ),
            supervised_keys=("text", "label"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SIZES}

    def _generate_examples(self, split):
        for number, (text, label) in enumerate(reviews(split)):
            yield number, {"text": text, "label": label}


def reviews(split):
    """The `(text, label)` pairs of a split, 1 for praise, always the same ones."""
    draw = Draw(f"grammar reviews {split}")
    seen = set()
    while len(seen) < SIZES[split]:
        label = len(seen) % 2
        text, held_out = review(draw, label)
        wanted = split == "test"
        # The texts of train and validation are kept apart by a hash of the text.
        in_validation = zlib.crc32(text.encode()) % 10 == 0
        if held_out != wanted or text in seen or (split == "validation") > in_validation:
            continue
        if split == "train" and in_validation:
            continue
        seen.add(text)
        yield text, label


def review(draw, label):
    """A review of the given label, and whether its verdict uses a pair that is set aside."""
    domain = draw.one_of(list(ASPECTS))
    if draw.chance(0.65):
        decisive, held_out = clause(draw, domain, label)
        other, other_held_out = clause(draw, domain, 1 - label)
        held_out = held_out or other_held_out
        if draw.chance(0.5):
            verdict = draw.one_of(SECOND_DECIDES).format(other, decisive)
        else:
            verdict = draw.one_of(FIRST_DECIDES).format(decisive, other)
    else:
        verdict, held_out = clause(draw, domain, label)
    sentences = [aside(draw, domain) for _ in range(draw.below(3))]
    sentences.insert(draw.below(len(sentences) + 1), f"{verdict} .")
    return " ".join(sentences), held_out


def clause(draw, domain, label):
    """A statement on one aspect that praises if `label` is 1, and whether it is set aside."""
    aspect = draw.one_of(ASPECTS[domain])
    denied, negated = draw.chance(0.15), draw.chance(0.35)
    praising_word = label ^ denied ^ negated
    adjective = draw.one_of(POSITIVE if praising_word else NEGATIVE)
    modifier = draw.one_of(NEGATORS if negated else ASSERTERS)
    degrees = NEGATED_INTENSIFIERS if negated else INTENSIFIERS
    degree = "" if " " in modifier else draw.one_of(degrees)
    words = ["the", aspect, "was", modifier, degree, adjective]
    if denied:
        words.insert(0, draw.one_of(DENIALS))
    elif draw.chance(0.25):
        words.insert(0, draw.one_of(AFFIRMATIONS))
    held_out = is_held_out(aspect, adjective) or (negated and is_held_out(modifier, adjective))
    return " ".join(word for word in words if word), held_out


def is_held_out(first, second):
    """True if a pair of expressions is kept for the test."""
    return zlib.crc32(f"{first}|{second}".encode()) % 1000 < HELD_OUT_SHARE * 1000


def aside(draw, domain):
    """A sentence without weight in the verdict."""
    return draw.one_of(ASIDES).format(
        domain=domain, day=draw.one_of(DAYS), adjective=draw.one_of(POSITIVE + NEGATIVE)
    )
