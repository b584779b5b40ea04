"""Normalisation of text that is written: composed characters, one space, lower case if wanted.

Everything else stays: NFKC, SentencePiece's default, turns full-width punctuation into ASCII, and
with case folding every final sigma of Greek into another letter. The rules become part of the
tokenizer's file, so that a program that has only this file reads texts as the recipes do.
"""

import functools
import itertools
import sys
import unicodedata

# SentencePiece marks spaces by it, so it cannot tell the character from a space.
SPACE_MARK = "\N{LOWER ONE EIGHTH BLOCK}"


def normalised(text, lowercase):
    """A text as a tokenizer with `rules` reads it, but for combining marks of rare orders."""
    text = unicodedata.normalize("NFC", text).replace(SPACE_MARK, " ")
    return lowered(" ".join(text.split())) if lowercase else " ".join(text.split())


def lowered(text):
    """A text in lower case, character by character.

    As `str.lower` but for capital sigma at the end of a word, which becomes σ as anywhere else:
    the rules of a tokenizer look at no neighbours. ς itself stays, which case folding replaces.
    """
    return "".join(map(str.lower, text))


@functools.cache
def rules(lowercase):
    """Strings to replace, the longest that fits first, by what replaces them.

    White space of every kind becomes a space, a base with combining marks the one character that
    is canonically equivalent (NFC), for any order of the marks, and, if wanted, each
    character its lower case.
    """
    found = {}
    for character in map(chr, range(1, sys.maxunicode + 1)):
        if "\ud800" <= character <= "\udfff" or character == " ":
            continue
        if character.isspace() or character == SPACE_MARK:
            found[character] = " "
            continue
        kept = character.lower() if lowercase else character
        if kept != character:
            found[character] = kept
        for sequence in _equivalents(character):
            found[sequence] = kept
    return found


def _equivalents(character):
    """The sequences of characters that NFC makes this one of, partly composed ones included."""
    base, *marks = unicodedata.normalize("NFD", character)
    if not marks or unicodedata.normalize("NFC", base + "".join(marks)) != character:
        return
    for order in itertools.permutations(marks):
        sequence = base + "".join(order)
        if unicodedata.normalize("NFC", sequence) == character:
            for count in range(1, len(sequence)):
                yield unicodedata.normalize("NFC", sequence[:count]) + sequence[count:]


def as_table(found):
    """Rules as SentencePiece reads them: code points in hexadecimal, a tab between the sides."""
    rows = ("\t".join(map(_code_points, rule)) for rule in found.items())
    return "".join(f"{row}\n" for row in rows)


def _code_points(text):
    return " ".join(f"{ord(character):X}" for character in text)
