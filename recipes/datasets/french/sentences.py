"""Sentences in English and French at once: each rule orders the words of both languages."""

import functools

from recipes.datasets.french import lexicon
from recipes.datasets.french.forms import (
    NEVER,
    NO_LONGER,
    NOT,
    NOUNS,
    ONLY_NE,
    PLAIN,
    RIEN,
    VERBS,
    adjectives_of,
    be,
    conjugated,
    join,
    nouns_of,
)
from recipes.datasets.french.phrases import ANIMAL, PEOPLE, PERSON, Phrases

LIVING = PERSON | ANIMAL
BASIC = LIVING | {"thing", "plant", "food", "place"}
INTRANSITIVE = [verb for verb in VERBS if not verb.what]
OBLIQUE = [verb for verb in VERBS if verb.preposition]
TRANSITIVE = [verb for verb in VERBS if verb.what and not verb.preposition]
# Those whose object may be a pronoun, or the head of a relative clause.
SEPARABLE = [verb for verb in TRANSITIVE if verb.base not in ("have", "give")]
NOWHERE = ("", "")
# "n'a rien vu", but "n'a vu personne"; "ne connaît rien" would not be French.
NOBODY, NOTHING = [("nobody", "personne", ONLY_NE)], [("nothing", "", RIEN)]
SMALL = {"animal", "thing", "food"}


@functools.cache
def predicates_of(kinds, first):
    """The adjectives said of a subject with "to be"; of "i" and "we", those without a gender."""
    return [
        adjective
        for adjective in adjectives_of(kinds)
        if adjective.english not in lexicon.ATTRIBUTES_ONLY
        and (adjective.french[0] == adjective.french[1] or not first)
    ]


class Derivation(Phrases):
    """A sentence in the making; each method adds what its French and English both need."""

    def clause(self):
        """A clause, or two of which the second takes up a noun of the first."""
        kind = self.draw.random()
        if kind < 0.06:
            return self.there_is()
        if kind < 0.18:
            return self.subject_again()
        if kind < 0.28:
            return self.object_again()
        subject = self.subject()
        return join(subject, self.predicate(subject, self.depth))

    def there_is(self):
        """Like "there are no dogs in the house"."""
        absent = self.draw.chance(0.3)
        # Past acts of what there was would be told in another tense in French.
        depth = 0 if absent or self.past else self.depth
        nouns = nouns_of(BASIC - {"place"})
        phrase = self.phrase(nouns, "absent" if absent else "listed", depth)
        verb = lexicon.BE[self.past][phrase.person]
        have = "avait" if self.past else "a"
        french = f"il ne y {have} pas" if absent else f"il y {have}"
        return join((f"there {verb}", french), phrase, self.place())

    def subject_again(self):
        """Like "the house is old but it is beautiful", where the subject gives the gender."""
        pair = self.draw.chance(0.2)
        subject = self.people() if pair else self.phrase(NOUNS, "definite")
        negation = self.negation(subject)
        if subject.kinds & LIVING and self.draw.chance(0.6):
            verb = self.verb(INTRANSITIVE, subject)
            first = conjugated(verb, subject, self.past, negation)
        else:
            first = self.copula(subject, negation, compared=False)
        conjunction = self.draw.one_of(lexicon.CONJUNCTIONS[:3])
        english = "they" if subject.plural else "it"
        if "person" in subject.kinds and not subject.plural:
            english = ("he", "she")[subject.agreement]
        french = ("il", "elle", "ils", "elles")[subject.agreement]
        again = subject._replace(english=english, french=french)
        if self.past and conjunction[0] == "because":
            second = self.copula(again, self.negation(again))
        else:
            second = self.predicate(again)
        return join(subject, first, conjunction, again, second)

    def object_again(self):
        """Like "the man buys the house and sells it", where the object gives the gender."""
        subject = self.simple_subject()
        first = self.verb(SEPARABLE, subject)
        thing = self.object(first, "antecedent")
        second = self.verb([verb for verb in SEPARABLE if verb != first], subject, thing.kinds)
        self.combine(second.base, thing.nouns)
        conjunction = self.draw.one_of(lexicon.CONJUNCTIONS[:2])
        negation = self.negated() if "but" in conjunction[0] else PLAIN
        english, clitic = ("them", "les") if thing.plural else ("it", ("le", "la")[thing.agreement])
        if "person" in thing.kinds and not thing.plural:
            english = ("him", "her")[thing.agreement]
        return join(
            subject,
            conjugated(first, subject, self.past, PLAIN),
            thing,
            conjunction,
            conjugated(second, subject, self.past, negation, clitic, thing.agreement),
            (english, ""),
        )

    def relative(self, head, depth):
        """A clause on a noun, which is its subject ("who sleeps") or its object ("that i see")."""
        if self.draw.chance(0.5):
            who = "who" if "person" in head.kinds else "that"
            subject = head._replace(english=who, french="qui", polarity="free")
            return join(subject, self.predicate(subject, depth))
        subject = self.simple_subject()
        verb = self.verb(SEPARABLE, subject, head.kinds)
        self.combine(verb.base, head.nouns)
        negation = self.negation(subject)
        group = conjugated(verb, subject, self.past, negation, agreement=head.agreement)
        return join(("that", "que"), subject, group)

    def predicate(self, subject, depth=0):
        """Predicate of a subject: a verb with its objects and adverbs, or "to be"."""
        rules = [self.copula]
        if subject.kinds & LIVING:
            rules += [self.transitive] * 2 + [self.intransitive]
        if "person" in subject.kinds:
            rules += [self.transitive] * 3 + [self.intransitive, self.oblique]
        return self.draw.one_of(rules)(subject, self.negation(subject), depth)

    def copula(self, subject, negation, depth=0, compared=True):
        """Like "is not very old" or "is as old as the king"."""
        adjective = self.said_of(subject)
        self.combine(adjective.english, subject.nouns)
        said = adjective.english, adjective.french[subject.agreement]
        degree = self.draw.random() if adjective.english not in lexicon.UNGRADABLE else 1
        if degree < 0.2:
            said = join(("very", "très"), said)
        elif degree < 0.3 and compared:
            others = nouns_of(subject.kinds & BASIC)
            others = [noun for noun in others if noun.english[0] not in subject.nouns]
            said = join(("as", "aussi"), said, ("as", "que"), self.phrase(others, "definite"))
        return join(be(subject, self.past, negation), said)

    def said_of(self, subject):
        """An adjective that is news of a subject."""
        known = {word for word, noun in self.combined if noun in subject.nouns}
        fitting = predicates_of(subject.kinds, subject.first)
        news = [adjective for adjective in fitting if adjective.english not in known]
        return self.draw.one_of(news or fitting)

    def intransitive(self, subject, negation, depth=0):
        """Like "sleeps under the table"."""
        verb = conjugated(self.verb(INTRANSITIVE, subject), subject, self.past, negation)
        place = self.place(subject, depth) if self.draw.chance(0.6) else NOWHERE
        return join(verb, place)

    def oblique(self, subject, negation, depth):
        """Like "speaks to the king", whose French verb may want another preposition or none."""
        verb = self.verb(OBLIQUE, subject)
        if verb.what == PERSON and verb.preposition == "à" and self.draw.chance(0.4):
            english, clitic = self.indirect(subject)
            group = conjugated(verb, subject, self.past, negation, clitic)
            return join(group, (english, ""))
        group = conjugated(verb, subject, self.past, negation)
        role = "definite" if verb.base == "go" else "place"
        return join(group, ("", verb.preposition), self.object(verb, role, depth))

    def transitive(self, subject, negation, depth):
        """Like "does not see them" or "gives the old book to the king"."""
        verb = self.verb(TRANSITIVE, subject)
        place = self.place(subject) if self.draw.chance(0.15) else NOWHERE
        kind = self.draw.random()
        pronouns = self.direct(verb, subject)
        if verb in SEPARABLE and kind < 0.3 and pronouns:
            english, clitic, agreement = self.draw.one_of(pronouns)
            group = conjugated(verb, subject, self.past, negation, clitic, agreement)
            return join(group, (english, ""), place)
        nobody = NOBODY * bool(verb.what & PERSON) + NOTHING * bool(verb.what & SMALL)
        if nobody and kind > 0.94 and negation == PLAIN and subject.polarity == "free":
            english, french, negation = self.draw.one_of(nobody)
            group = conjugated(verb, subject, self.past, negation)
            return join(group, (english, french), place)
        role = "definite" if negation == ONLY_NE else "negated" if negation.ne else "object"
        thing = self.object(verb, role, depth)
        recipient, clitic = self.recipient(subject) if verb.base == "give" else (NOWHERE, "")
        return join(conjugated(verb, subject, self.past, negation, clitic), thing, recipient, place)

    def recipient(self, subject):
        """Like "to the king", or "to him" with the pronoun that French says before the verb."""
        if self.draw.chance(0.4):
            english, clitic = self.indirect(subject)
            return (f"to {english}", ""), clitic
        return join(("to", "à"), self.phrase(PEOPLE, "place")), ""

    def indirect(self, subject):
        """A pronoun for who is spoken to; "je" does not go with "me", nor with "nous"."""
        return self.draw.one_of(lexicon.INDIRECT[: 3 if subject.first else None])

    def direct(self, verb, subject):
        """The pronouns that may be the object of a verb."""
        him_and_her, them, me_and_us = lexicon.DIRECT[:2], lexicon.DIRECT[2:3], lexicon.DIRECT[3:]
        personal = bool(verb.what & PERSON)
        if self.past:  # the participle would show the gender of the others
            return him_and_her * personal
        return them + (him_and_her + me_and_us * (not subject.first)) * personal

    def object(self, verb, role, depth=0):
        """Object of an act."""
        role = "definite" if verb.base in lexicon.DEFINITE else role
        phrase = self.phrase(nouns_of(verb.what), role, depth)
        self.combine(verb.base, phrase.nouns)
        return phrase

    def verb(self, verbs, subject, what=None):
        """A verb that a subject goes with, and perhaps an object of some kinds."""
        while True:
            verb = self.draw.one_of(verbs)
            # States are told in the present; "i arrived" would not tell the gender.
            telling = verb.past and not (subject.first and verb.auxiliary == "être")
            fitting = verb.who & subject.kinds and (what is None or verb.what & what)
            if fitting and (telling or not self.past):
                return verb

    def negation(self, subject):
        """Negation of a verb, or None."""
        if subject.polarity == "negative":
            return ONLY_NE
        if subject.polarity == "fixed" or self.draw.chance(0.7):
            return PLAIN
        return self.negated()

    def negated(self):
        """One of the words that negate a verb."""
        return self.draw.one_of([NOT, NOT, NEVER] if self.past else [NOT, NOT, NEVER, NO_LONGER])
