"""Words in the forms that a sentence asks for, English and French side by side."""

import functools
import re
from typing import NamedTuple

from recipes.datasets.french import lexicon


class Noun(NamedTuple):
    english: tuple  # singular, plural
    french: tuple
    feminine: bool
    kinds: frozenset


class Adjective(NamedTuple):
    english: str
    french: tuple  # by agreement
    before: bool
    kinds: frozenset


class Verb(NamedTuple):
    base: str
    third: str
    past: str
    particle: str
    present: tuple  # by person
    participle: str
    auxiliary: str
    preposition: str
    who: frozenset
    what: frozenset


class Phrase(NamedTuple):
    """A subject or an object."""

    english: str
    french: str  # before elision
    agreement: int = 0  # masculine, feminine, masculine plural, feminine plural
    first: bool = False  # "i", "we"
    kinds: frozenset = frozenset({"person", "adult"})
    nouns: tuple = ()
    polarity: str = "free"  # or "fixed", with no negated verb, or "negative", as "nobody"

    @property
    def plural(self):
        return self.agreement > 1

    @property
    def person(self):
        """The place of its verb among the forms for I, he, we and they."""
        return 2 * self.plural + (not self.first)

    def followed_by(self, part):
        """The phrase with more words at its end."""
        english, french = join(self, part)
        return self._replace(english=english, french=french)


class Negation(NamedTuple):
    """Negation of a verb, with the French word before it and the one after it."""

    english: str = ""
    ne: str = ""
    after: str = ""


NOT, NEVER = Negation("not", "ne", "pas"), Negation("never", "ne", "jamais")
NO_LONGER = Negation("no longer", "ne", "plus")
PLAIN, ONLY_NE, RIEN = Negation(), Negation("", "ne"), Negation("", "ne", "rien")


def rows(table):
    """The columns of each line of a table, empty where it has a dash."""
    lines = table.strip().splitlines()
    return [["" if column == "-" else column for column in line.split()] for line in lines]


def kinds(column):
    """The kinds of noun that a column names, with what it says in short written out."""
    names = column.split("/") if column else []
    return frozenset().union(*(lexicon.KINDS.get(name, {name}) for name in names))


NOUNS = [
    Noun((one, many), (un, plusieurs), gender == "f", kinds(what))
    for one, many, un, plusieurs, gender, what in rows(lexicon.NOUNS)
]
ADJECTIVES = [
    Adjective(row[0], tuple(row[1:5]), row[5] == "before", kinds(row[6]))
    for row in rows(lexicon.ADJECTIVES)
]
VERBS = [
    Verb(*row[:4], tuple(row[4:8]), *row[8:11], kinds(row[11]), kinds(row[12]))
    for row in rows(lexicon.VERBS)
]
ELISION = re.compile(
    rf"\b(l|j|m|n|d|qu)(?:e|(?<=l)a) (?=[{lexicon.VOWELS}])"
    rf"(?!(?:{'|'.join(sorted(lexicon.WITHOUT_ELISION))})\b)"
)


@functools.cache
def nouns_of(kinds):
    """The nouns that are of one of these kinds."""
    return [noun for noun in NOUNS if noun.kinds & kinds]


@functools.cache
def adjectives_of(kinds, before=None):
    """The adjectives that go with one of these kinds of noun, perhaps on one side of it alone."""
    return [
        adjective
        for adjective in ADJECTIVES
        if adjective.kinds & kinds and before in (None, adjective.before)
    ]


def words(*parts):
    """Words with a space between them, without the empty ones."""
    return " ".join([part for part in parts if part])


def join(*parts):
    """Parts that are put after one another in both languages."""
    english, french = [part[0] for part in parts if part[0]], [part[1] for part in parts if part[1]]
    return " ".join(english), " ".join(french)


def english_number(number):
    """A number from 2 to 99 in letters."""
    tens, units = divmod(number, 10)
    if tens < 2:
        return lexicon.ENGLISH_UNITS[number]
    return lexicon.ENGLISH_TENS[tens] + (f"-{lexicon.ENGLISH_UNITS[units]}" if units else "")


def french_number(number, feminine):
    """A number from 2 to 99 in letters, as it stands before a noun."""
    tens, units = divmod(number, 10)
    if tens in (1, 7, 9):
        units += 10
    stem = lexicon.TENS[tens]
    if not units:
        return "quatre-vingts" if tens == 8 else stem
    unit = "une" if units == 1 and feminine else lexicon.UNITS[units]
    if not stem:
        return unit
    return f"{stem} et {unit}" if units in (1, 11) and tens < 8 else f"{stem}-{unit}"


def noun_phrase(noun, determiner, plural, number=0, before=None, after=None):
    """A determiner with a noun, perhaps a number, and the French adjectives on either side.

    Returns:
        The English and the French words.
    """
    agreement = 2 * plural + noun.feminine
    english_determiner = lexicon.DETERMINERS[determiner][plural]
    french_determiner = lexicon.DETERMINERS[determiner][4 if plural else 2 + noun.feminine]
    english = words(
        english_number(number) if number else "",
        before.english if before else "",
        after.english if after else "",
        noun.english[plural],
    )
    if english_determiner == "a" and english.startswith(lexicon.ENGLISH_VOWELS):
        english_determiner = "an"
    if french_determiner == "des" and before:
        french_determiner = "de"
    french = [french_determiner] if french_determiner else []
    if number:
        french.append(french_number(number, noun.feminine))
    if before:
        french.append(before.french[agreement])
    french.append(noun.french[plural])
    if not plural:
        for place, following in enumerate(french[1:]):
            if starts_with_vowel(following):
                french[place] = lexicon.BEFORE_VOWEL.get(french[place], french[place])
    if after:
        french.append(after.french[agreement])
    return words(english_determiner, english), " ".join(french)


def be(subject, past, negation):
    """The forms of "to be" with their negation, in both languages."""
    english = words(lexicon.BE[past][subject.person], negation.english)
    return english, words(negation.ne, lexicon.ÊTRE[past][subject.person], negation.after)


def conjugated(verb, subject, past, negation, clitic="", agreement=0):
    """A verb with its negation, in both languages.

    Args:
        verb: A `Verb`.
        subject: The `Phrase` that it agrees with.
        past: Whether it is told in the past.
        negation: A `Negation`.
        clitic: French pronoun before the verb.
        agreement: Of an object that precedes the verb, for the participle.
    """
    third = subject.person == 1
    if negation.english == "not":
        english = words("did" if past else "does" if third else "do", "not", verb.base)
    else:
        form = verb.past if past else verb.third if third else verb.base
        english = words(negation.english, form)
    finite, participle = verb.present[subject.person], ""
    if past:
        finite = lexicon.AUXILIARIES[verb.auxiliary][subject.person]
        governor = subject.agreement if verb.auxiliary == "être" else agreement
        participle = verb.participle + ("", "e", "s", "es")[governor]
    french = words(negation.ne, clitic, finite, negation.after, participle)
    return words(english, verb.particle), french


def starts_with_vowel(word):
    """True if French leaves out a vowel before this word."""
    return word[0] in lexicon.VOWELS and word not in lexicon.WITHOUT_ELISION


def spelt(text):
    """French as it is written: "le homme" as "l'homme", "de le roi" as "du roi"."""
    text = ELISION.sub(r"\1'", text)
    for apart, together in lexicon.CONTRACTIONS.items():
        text = text.replace(f" {apart} ", f" {together} ")
    return text
