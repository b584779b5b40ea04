"""Noun phrases in English and French at once: what a sentence speaks of."""

from recipes.datasets.french import lexicon
from recipes.datasets.french.forms import (
    NOUNS,
    Phrase,
    adjectives_of,
    english_number,
    join,
    noun_phrase,
    nouns_of,
)

PERSON, ANIMAL = frozenset({"person"}), frozenset({"animal"})
PEOPLE, ANIMALS = nouns_of(PERSON), nouns_of(ANIMAL)


class Phrases:
    """The choices of one sentence: its tense, how deep clauses nest, what is said of what.

    A subclass brings the relative clause.
    """

    def __init__(self, draw, depth):
        self.draw, self.depth = draw, depth
        self.past = draw.chance(0.35)
        self.combined = []

    def subject(self):
        """The subject of a clause."""
        kind = self.draw.random()
        if kind < 0.04:
            return Phrase("nobody", "personne", polarity="negative")
        if kind < 0.11:
            return self.people()
        if kind < 0.3:
            return self.pronoun()
        nouns = self.draw.one_of([PEOPLE, PEOPLE, PEOPLE, ANIMALS, ANIMALS, NOUNS])
        return self.phrase(nouns, "subject", self.depth)

    def simple_subject(self):
        """A person as the subject of a clause, with no clause about it."""
        if self.draw.chance(0.4):
            return self.pronoun()
        return self.phrase(PEOPLE, "definite")

    def pronoun(self):
        """A subject whose gender, if it has one, is in the word."""
        english, french = self.draw.one_of(lexicon.SUBJECTS)
        agreement = {"she": 1, "we": 2}.get(english, 0)
        return Phrase(english, french, agreement, first=english in ("i", "we"))

    def people(self):
        """Like "the king and my sister"."""
        one = other = self.phrase(PEOPLE, "definite", names=0.3)
        while other.english.split()[-1] == one.english.split()[-1]:
            other = self.phrase(PEOPLE, "definite", names=0.3)
        english, french = join(one, ("and", "et"), other)
        agreement = 2 + (one.agreement % 2 and other.agreement % 2)
        return Phrase(english, french, agreement, nouns=one.nouns + other.nouns)

    def phrase(self, nouns, role, depth=0, names=0.1):
        """A noun with its determiner, adjectives and number, and what is said of it after it."""
        draw = self.draw
        noun = draw.one_of(nouns)
        person = "person" in noun.kinds
        if person and role not in ("listed", "absent") and draw.chance(names):
            return self.name()
        # Kings are not anybody's; aunts are.
        owned = not person or "kin" in noun.kinds
        determiner = draw.one_of(lexicon.ROLES[role])
        if determiner in lexicon.POSSESSIVES and not owned:
            determiner = "the"
        english_forms = lexicon.DETERMINERS[determiner][:2]
        plural = draw.chance(0.35) if None not in english_forms else english_forms[0] is None
        number = 0
        if determiner == "number" or (plural and determiner in lexicon.EXACT and draw.chance(0.25)):
            number = 2 + draw.below(98)
            self.combine(english_number(number), [noun.english[0]])
        before, after = self.adjectives(noun)
        english, french = noun_phrase(noun, determiner, plural, number, before, after)
        phrase = Phrase(
            english,
            french,
            agreement=2 * plural + noun.feminine,
            kinds=noun.kinds,
            nouns=(noun.english[0],),
            polarity={"no": "negative", "every": "fixed"}.get(determiner, "free"),
        )
        if determiner == "the" and not number and owned and draw.chance(0.12):
            return self.genitive(phrase)
        if depth and determiner in lexicon.MODIFIED:
            phrase = self.modified(phrase, depth)
        return phrase

    def genitive(self, phrase):
        """Like "the old king's horse", from "the horse"."""
        if self.draw.chance(0.5):
            owner = self.name()
        else:
            noun = self.draw.one_of(PEOPLE)
            determiner = "my" if "kin" in noun.kinds and self.draw.chance(0.5) else "the"
            owner = noun_phrase(noun, determiner, False)
        english = f"{owner[0]}'s {phrase.english.removeprefix('the ')}"
        return phrase._replace(english=english, french=f"{phrase.french} de {owner[1]}")

    def name(self):
        """A person by name."""
        name = self.draw.one_of(list(lexicon.NAMES))
        return Phrase(name, name, int(lexicon.NAMES[name] == "f"))

    def adjectives(self, noun):
        """An adjective or none for either side of a noun."""
        found = []
        for before in (True, False):
            fitting = adjectives_of(noun.kinds, before)
            if fitting and self.draw.chance(0.25):
                found.append(self.draw.one_of(fitting))
                self.combine(found[-1].english, [noun.english[0]])
            else:
                found.append(None)
        return found

    def modified(self, phrase, depth):
        """A noun with a place or a relative clause after it, or as it was."""
        kind = self.draw.random()
        if kind < 0.15 and "place" not in phrase.kinds:
            return phrase.followed_by(self.place(depth=depth - 1))
        if kind < 0.55:
            return phrase.followed_by(self.relative(phrase, depth - 1))
        return phrase

    def place(self, subject=None, depth=0):
        """A preposition with its noun, or with a pronoun if there is a subject to tell it from."""
        english, french, kind = self.draw.one_of(lexicon.PREPOSITIONS)
        if subject and kind == "spot" and self.draw.chance(0.15):
            # "je" does not go with "moi", nor "nous".
            place = self.draw.one_of(lexicon.TONIC[: 2 if subject.first else None])
        else:
            place = self.phrase(nouns_of(frozenset({kind})), "place", depth)
        return join((english, french), place)

    def combine(self, word, nouns):
        """Note that a word is said of nouns."""
        self.combined += [(word, noun) for noun in nouns]
