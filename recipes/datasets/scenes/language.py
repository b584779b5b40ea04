"""Sentences about scenes: how they are worded, what they state, and whether it is true."""

import functools
import re
from typing import NamedTuple

from recipes.datasets.scenes import drawing
from recipes.datasets.scenes.drawing import COLOURS, SHAPES, TEXTURES

NUMBERS = {"a": 1, "an": 1, "two": 2, "three": 3, "four": 4}
SIZES = ("small", "large")
PLURALS = {shape: "crosses" if shape == "cross" else f"{shape}s" for shape in SHAPES}
NOUNS = {noun: shape for shape, plural in PLURALS.items() for noun in (shape, plural)}
MARKS = {"stripes": "striped", "dots": "dotted"}
# The column and the row, as in `clear_place`.
PLACES = {
    "in the upper left corner": (-1, -1),
    "at the top": (0, -1),
    "in the upper right corner": (1, -1),
    "on the left side": (-1, 0),
    "in the middle": (0, 0),
    "on the right side": (1, 0),
    "in the lower left corner": (-1, 1),
    "at the bottom": (0, 1),
    "in the lower right corner": (1, 1),
}
# The axis and the sign, as in `is_beyond`.
RELATIONS = {
    "above": ("y", -1),
    "below": ("y", 1),
    "under": ("y", 1),
    "to the left of": ("x", -1),
    "to the right of": ("x", 1),
}
CAPTIONS = 5
OPENINGS = ("", "there {be} ", "the picture shows ", "a picture of ", "you can see ")


def _opened(*patterns):
    return [opening + pattern for pattern in patterns for opening in OPENINGS]


# `inverse` is how the other stands to the one.
ALONE = _opened("{one}")
LISTED = _opened("{one} and {other}")
PLACED = [*_opened("{one} {where}"), "{one} {be} {where}", "{where} there {be} {one}"]
RELATED = [
    *_opened("{one} {relation} {other}", "{one} with {other} {inverse} {it}"),
    "{one} {be} {relation} {other}",
    "{relation} {other} there {be} {one}",
]


class Phrase(NamedTuple):
    """Meaning of a noun phrase: properties of the objects that it names, None if not said."""

    number: int
    size: str | None
    texture: str | None
    colour: str | None
    shape: str


class Statement(NamedTuple):
    """That there are just so many such objects, and where they are if that is said.

    `where` is one of `PLACES`, or one of `RELATIONS` to the objects of `other`, or `"and"` if those
    are other objects.
    """

    phrase: Phrase
    where: str | None = None
    other: Phrase | None = None


def captions(scene, draw):
    """True sentences about a scene, each of another pattern.

    Args:
        scene: The description of a scene of objects of one or two combinations of colour and shape.
        draw: A `Draw` that makes the choices.

    Returns:
        A list of five texts in lower case, words separated by single spaces. All of them name
        every object, and all but one say where the objects are if that is clear.
    """
    groups = sorted(groups_of(scene["objects"]), key=_prominence)
    if len(groups) == 2:
        patterns, where = LISTED, RELATED if clear_relations(*groups) else []
    else:
        patterns, where = ALONE, PLACED if _place(groups[0]) else []
    if where:
        patterns = [draw.one_of(patterns), *_sample(where, CAPTIONS - 1, draw)]
    return [_worded(pattern, groups, draw) for pattern in _sample(patterns, CAPTIONS, draw)]


def statements(caption):
    """Statements of a caption.

    Args:
        caption: A text.

    Returns:
        A list of `Statement`, or None if the text is no sentence of the grammar.
    """
    for pattern, expression in _expressions().items():
        if match := expression.fullmatch(caption):
            slots = match.groupdict()
            one, other = _read(slots["one"]), _read(slots.get("other"))
            # Worded again, it is the same only if the verb and the pronoun agree.
            agrees = one and pattern.format(**slots | _agreeing(one)) == caption
            if agrees and (other or "other" not in slots):
                return _stated(one, other, slots)
    return None


def is_true(caption, scene):
    """True if a caption is a sentence of the grammar and all its statements hold of a scene.

    Args:
        caption: A text.
        scene: The description of a scene.

    Returns:
        A boolean. Numbers are exact: "a red circle" is false if there are two.
    """
    stated = statements(caption)
    return stated is not None and all(_holds(statement, scene["objects"]) for statement in stated)


def named_objects(words, scene):
    """The objects that each noun of a caption names.

    Args:
        words: The list of words of a caption, be it a sentence of the grammar or not.
        scene: The description of a scene.

    Returns:
        A dict from the position of each noun to the list of the indices of those objects of which
        the noun and its adjectives hold, whatever their number.
    """
    text, named = " ".join(words), {}
    for match in _description().finditer(text):
        position = text.count(" ", 0, match.start("noun"))
        phrase = _phrase(match)
        objects = enumerate(scene["objects"])
        named[position] = [index for index, item in objects if _fits(phrase, item)]
    return named


def groups_of(objects):
    """The objects of a scene by colour and shape, as a list of lists."""
    groups = {}
    for item in objects:
        groups.setdefault((item["colour"], item["shape"]), []).append(item)
    return list(groups.values())


def clear_relations(firsts, seconds):
    """The words for how objects clearly stand to others; an empty list if that is not clear."""
    return [
        relation
        for relation, (axis, sign) in RELATIONS.items()
        if drawing.is_beyond(firsts, seconds, axis, sign, drawing.CLEAR_RATIO)
    ]


def _prominence(objects):
    """Order of naming: many before one, large before small, then the upper left."""
    small = all(item["size"] == "small" for item in objects)
    return -len(objects), small, sum(item["x"] + item["y"] for item in objects) / len(objects)


def _place(objects):
    """The words for where a single object clearly is, or None."""
    place = drawing.clear_place(objects[0]) if len(objects) == 1 else None
    return next((words for words in PLACES if PLACES[words] == place), None)


def _sample(items, number, draw):
    """Some items of a list in drawn order, each once."""
    items = list(items)
    return [items.pop(draw.below(len(items))) for _ in range(number)]


def _worded(pattern, groups, draw):
    """A pattern filled with phrases about the objects."""
    detail = draw.one_of((0.5, 1.0, 1.0))  # how much is said, most often all there is
    phrases = [_described(objects, detail, draw) for objects in groups]
    slots = {}
    for name, phrase in zip(("one", "other"), phrases, strict=False):
        # Amid a sentence it would not be plain what "with" belongs to.
        last = len(groups) == 1 or pattern.endswith(f"{{{name}}}")
        slots[name] = _spelt(phrase, marks_last=last and draw.chance(0.3))
    if "{where}" in pattern:
        slots["where"] = _place(groups[0])
    if "{relation}" in pattern:
        slots["relation"] = draw.one_of(clear_relations(*groups))
    if "{inverse}" in pattern:
        slots["inverse"] = draw.one_of(clear_relations(*reversed(groups)))
    return pattern.format(**slots, **_agreeing(phrases[0]))


def _described(objects, detail, draw):
    """A phrase for all of some objects, with some of what they share."""
    sizes, textures = ({item[key] for item in objects} for key in ("size", "texture"))
    size = sizes.pop() if len(sizes) == 1 and draw.chance(detail) else None
    texture = textures.pop() if len(textures) == 1 and draw.chance(detail) else None
    # Few people say that something is plain.
    if texture == "plain" and draw.chance(0.7):
        texture = None
    return Phrase(len(objects), size, texture, objects[0]["colour"], objects[0]["shape"])


def _spelt(phrase, marks_last):
    """Like "two dotted red rings", or "two red rings with dots" with the marks last."""
    marks = [marks for marks in MARKS if MARKS[marks] == phrase.texture and marks_last]
    noun = phrase.shape if phrase.number == 1 else PLURALS[phrase.shape]
    words = [phrase.size, None if marks else phrase.texture, phrase.colour, noun]
    words = [word for word in words if word] + ["with"] * len(marks) + marks
    numerals = [numeral for numeral in NUMBERS if NUMBERS[numeral] == phrase.number]
    return " ".join([numerals[-1 if words[0][0] in "aeiou" else 0], *words])


def _agreeing(phrase):
    """The verb and the pronoun that go with a phrase."""
    return {"be": "is", "it": "it"} if phrase.number == 1 else {"be": "are", "it": "them"}


def _any_of(words):
    return "|".join(words)


@functools.cache
def _description():
    """A noun with its adjectives, as a regular expression."""
    return re.compile(
        rf"\b(?:(?P<size>{_any_of(SIZES)}) )?(?:(?P<texture>{_any_of(TEXTURES)}) )?"
        rf"(?:(?P<colour>{_any_of(COLOURS)}) )?(?P<noun>{_any_of(NOUNS)})\b"
        rf"(?: with (?P<marks>{_any_of(MARKS)})\b)?"
    )


@functools.cache
def _expressions():
    """The patterns, each as a regular expression with a group for each slot."""
    unnamed = re.sub(r"\?P<\w+>", "?:", _description().pattern)
    phrase, relation = f"(?:{_any_of(NUMBERS)}) {unnamed}", _any_of(RELATIONS)
    slots = {"one": phrase, "other": phrase, "relation": relation, "inverse": relation}
    slots |= {"where": _any_of(PLACES), "be": "is|are", "it": "it|them"}
    groups = {name: f"(?P<{name}>{choices})" for name, choices in slots.items()}
    patterns = ALONE + LISTED + PLACED + RELATED
    return {pattern: re.compile(pattern.format(**groups)) for pattern in patterns}


def _phrase(match, number=0):
    """Meaning of a match of `_description`."""
    texture = match["texture"] or MARKS.get(match["marks"])
    return Phrase(number, match["size"], texture, match["colour"], NOUNS[match["noun"]])


def _read(text):
    """Meaning of the text of a noun phrase, or None if it is not spelt like one."""
    numeral, _, rest = (text or "").partition(" ")
    if not rest:
        return None
    phrase = _phrase(_description().fullmatch(rest), NUMBERS[numeral])
    spelt = phrase.colour and text in (_spelt(phrase, False), _spelt(phrase, True))
    return phrase if spelt else None


def _stated(one, other, slots):
    """The statements of a sentence of which these are the phrases."""
    if other is None:
        return [Statement(one, slots.get("where"))]
    if "inverse" in slots:
        one, other = other, one
    where = slots.get("relation") or slots.get("inverse") or "and"
    return [Statement(one), Statement(other), Statement(one, where, other)]


def _holds(statement, objects):
    """True if a statement holds."""
    phrase, where, other = statement
    found = [item for item in objects if _fits(phrase, item)]
    others = [item for item in objects if other and _fits(other, item)]
    if len(found) != phrase.number:
        return False
    if where in PLACES:
        return all(drawing.is_in(item, PLACES[where]) for item in found)
    if where in RELATIONS:
        return drawing.is_beyond(found, others, *RELATIONS[where])
    return not any(item in found for item in others)


def _fits(phrase, item):
    """True if an object has the properties that a phrase gives each of its objects."""
    said = phrase._asdict()
    return all(said[key] in (None, item[key]) for key in ("size", "texture", "colour", "shape"))
