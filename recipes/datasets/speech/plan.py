"""Texts to be spoken and who speaks them: voices and texts of each split, always the same ones."""

import itertools
import re
import typing
import zlib

from recipes.datasets.draw import Draw
from recipes.datasets.speech import espeak, near_misses, phonetics, pico
from recipes.datasets.speech import words as speech_words

KINDS = ("phrase", "near_miss", "word", "sentence")
# How many utterances of each kind: over four hours of others in validation, so that a threshold
# for one false alarm in two hours can be chosen, and over five in test.
SIZES = {
    "train": {"phrase": 6_000, "near_miss": 6_000, "word": 10_000, "sentence": 12_000},
    "validation": {"phrase": 500, "near_miss": 300, "word": 2_000, "sentence": 4_000},
    "test": {"phrase": 600, "near_miss": 1_500, "word": 3_000, "sentence": 5_800},
}
# Variants that sound alike, as `klatt6` and `adam` do, are of one split.
VARIANTS = {
    "test": (
        "Andrea", "Jacky", "Mario", "Nguyen", "antonio", "aunty", "belinda", "benjamin", "ed",
        "edward2", "f4", "iven", "iven2", "iven3", "iven4", "linda", "m7", "mike2", "paul",
        "pedro", "travis",
    ),
    "validation": (
        "Gene", "Gene2", "Marco", "f1", "norbert", "rob", "robert", "steph", "steph2", "steph3",
    ),
}  # fmt: skip
# Whispers, a croak, and one that differs from the plain voice in nothing that is heard.
UNUSED = ("Demonic", "croak", "fast", "kaukovalta", "whisper", "whisperf")
FOREIGN_SHARE = 0.3
AMERICAN = 3  # times as often as each other kind of English; of the second speaker's two, 2
# Of the training, said by the second speaker if it is there: less of other speech, of which many
# voices are needed.
SECOND_SHARES = {"phrase": 0.5, "near_miss": 0.3, "word": 0.3, "sentence": 0.3}
WORD = r"[^\W_]+(?:'[^\W_]+)*"  # in any alphabet, and numbers
# So many near misses hidden in other words make half of the near misses; fewer, less.
FEW = 100
# A voice of another language may say the phrase if it keeps so much of the sounds.
ACCENT = 0.45
RATES = (110, 260)
# Ratios that keep resampling cheap: 441 times each has but small prime factors.
WARPS = tuple(n / 441 for n in (392, 400, 405, 420, 432, 441, 448, 450, 480, 486, 490, 500))
# Lower voices with wider melodies reach below what espeak-ng 1.52 can say without crashing.
PITCHES, RANGES = (5, 99), (5, 65)


class Utterance(typing.NamedTuple):
    """A text of a kind, and the other arguments of `espeak.say` or `pico.say`."""

    kind: str
    text: str
    voice: str
    variant: str
    rate: int
    pitch: int
    pitch_range: int
    warp: float


def variants_of(split):
    """The variants of the voices of a split; the plain voice, "", is of train."""
    if split in VARIANTS:
        wanted = VARIANTS[split]
    else:
        taken = {*UNUSED, *itertools.chain.from_iterable(VARIANTS.values())}
        wanted = ("", *(name for name in espeak.variants() if name not in taken))
    return [name for name in wanted if not name or name in espeak.variants()]


def accents(phrase):
    """The voices of other languages in which the phrase is still heard."""
    target = phonetics.sounds(phrase)
    most = ACCENT * sum(phonetics.omission(sound) for sound in target)
    there = [voice for voice in espeak.FOREIGN if voice in espeak.voices()]
    return [
        voice
        for voice in there
        if phonetics.distance(phonetics.sounds(phrase, voice), target) <= most
    ]


def plan(phrase, split, scale=1.0, second=False):
    """The utterances of a split.

    Args:
        phrase: The phrase.
        split: `"train"`, `"validation"` or `"test"`.
        scale: Factor of the numbers of utterances.
        second: Whether the second speaker says a part of the training.

    Returns:
        A list of `Utterance`, the kinds mixed.
    """
    draw = Draw(f"{split} of {phrase}")
    texts = _Texts(phrase, split, draw)
    variants, familiar = variants_of(split), accents(phrase)
    english = [voice for voice in espeak.ENGLISH if voice in espeak.voices()]
    english += (AMERICAN - 1) * [voice for voice in english if voice == "gmw/en-US"]
    foreign = [voice for voice in espeak.FOREIGN if voice in espeak.voices()]
    shares = SECOND_SHARES if second and split == "train" else dict.fromkeys(KINDS, 0.0)
    utterances = []
    for kind, size in SIZES[split].items():
        for _ in range(max(1, round(size * scale))):
            text = texts.one(kind)
            others = familiar if kind == "phrase" else foreign
            is_notation = text.startswith("[[")
            plain = _plain(text) if kind == "phrase" and shares[kind] else text
            if shares[kind] and not is_notation and plain and draw.chance(shares[kind]):
                utterances.append(_of_second(kind, plain, others, draw))
                continue
            from_abroad = others and not is_notation and draw.chance(FOREIGN_SHARE)
            # Only the training bends voices further: the others are all of espeak-ng's making.
            # Voices of the split differ from those of others in their variant, whatever the base.
            utterances.append(
                Utterance(
                    kind, text, draw.one_of(others if from_abroad else english),
                    draw.one_of(variants), _between(draw, *RATES), _between(draw, *PITCHES),
                    _between(draw, *RANGES), draw.one_of(WARPS) if split == "train" else 1.0,
                )
            )  # fmt: skip
    for i in range(len(utterances) - 1, 0, -1):
        j = draw.below(i + 1)
        utterances[i], utterances[j] = utterances[j], utterances[i]
    return utterances


def _plain(text):
    """A text as the second speaker says it like the first, or "" if it does not.

    It reads out some marks, spells words in capitals, drops letters that it does not know, and
    leaves a noise in the pause that a mark at the end makes.
    """
    words = " ".join(re.sub(r"[^\w'’&]|_", " ", text).split())
    try:
        words.encode("cp1252")
    except UnicodeEncodeError:
        return ""
    wanted = phonetics.sounds(text)
    return next((one for one in (words.lower(), words) if phonetics.sounds(one) == wanted), "")


def _of_second(kind, text, others, draw):
    """An utterance of the second speaker, which speaks the same accents as the first."""
    abroad = [voice for voice, like in pico.FOREIGN.items() if like in others]
    voices = [*pico.ENGLISH, "pico/en-US"]
    return Utterance(
        kind, text, draw.one_of(abroad if abroad and draw.chance(FOREIGN_SHARE) else voices), "",
        _between(draw, *RATES), _between(draw, *PITCHES), 50, draw.one_of(pico.WARPS),
    )  # fmt: skip


def _between(draw, lowest, highest):
    return lowest + draw.below(highest + 1 - lowest)


class _Texts:
    """Texts of each kind for a split.

    None has the phrase in it but those of that kind; near misses may have it within longer words,
    as "a lexus" has "alexa".
    """

    def __init__(self, phrase, split, draw):
        self.phrase, self.split, self.draw = " ".join(phrase.split()), split, draw
        self.target = phonetics.sounds(self.phrase.lower())
        self.same = phonetics.same(self.target)
        self.near = [text for text in near_misses.near_misses(phrase) if self._is_mine(text)]
        hidden = near_misses.hidden_near_misses(phrase)
        self.hidden = [
            text for text in hidden if self._is_mine(text) and not self._has_phrase(text)
        ]
        # Long phrases have few that are hidden, or none: each is not said over and over.
        self.hidden_share = 0.5 if len(self.hidden) >= FEW else 0.5 * len(self.hidden) / FEW
        self.help = [text for text in speech_words.help_sentences() if self._is_mine(text)]

    def _is_mine(self, text):
        # A fifth of the words and near misses is heard in validation and test alone.
        return self.split != "train" or zlib.crc32(text.lower().encode()) % 5 > 0

    def one(self, kind):
        """A text of a kind."""
        if kind == "phrase":
            return self.phrase + self.draw.one_of(("", "", "", "!", "?", ","))
        if kind == "near_miss" and self.near and self.draw.chance(1 - self.hidden_share):
            return self._early(self.near)
        candidates = {"near_miss": self._hidden, "sentence": self._sentence}
        candidate = candidates.get(kind, self._words)
        text = candidate()
        while self._has_phrase(text) or (kind != "sentence" and not self._is_mine(text)):
            text = candidate()
        return text

    def _early(self, texts):
        # The smaller of two numbers: the more alike, the more often.
        return texts[min(self.draw.below(len(texts)) for _ in range(2))]

    def _hidden(self):
        """A near miss with other words around it, now and then."""
        if not self.hidden:  # nor any other near miss
            return self._words()
        around = [self._words() if self.draw.chance(0.3) else "" for _ in range(2)]
        return " ".join(filter(None, (around[0], self._early(self.hidden), around[1])))

    def _words(self):
        count = 1 + self.draw.chance(0.4) + self.draw.chance(0.15)
        return " ".join(self.draw.one_of(speech_words.words()) for _ in range(count))

    def _sentence(self):
        if self.help and self.draw.chance(0.25):
            return self.draw.one_of(self.help)
        return speech_words.sentence(self.draw)

    def _has_phrase(self, text):
        words = re.findall(WORD, text.lower())
        wanted = re.findall(WORD, self.phrase.lower())
        if wanted and any(words[i : i + len(wanted)] == wanted for i in range(len(words))):
            return True
        heard = phonetics.sounds(text)
        return phonetics.nearest_within(heard, self.target) < self.same
