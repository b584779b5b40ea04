"""Features of each position of a text: quotes, comments, brackets, line and word positions.

Each is known once the character at the position has been read: after the opening quote a text is
inside quotes, after the closing one it is not. Only `line_end` looks ahead.
"""

import dataclasses
import re

import numpy as np

NEAR = 5  # characters

LABELS = {
    "quotes": "inside quotes",
    "docstring": "inside triple quotes",
    "comment": "inside a comment",
    "remark": "inside a comment or triple quotes",
    "line_end": f"line's end within {NEAR} characters",
    "bracketed": "inside brackets",
    "column": "position in the line",
    "indentation": "indentation of the line",
    "brackets": "depth of brackets",
    "word": "position in the word",
}
BINARY = ("quotes", "docstring", "comment", "remark", "line_end", "bracketed")


@dataclasses.dataclass(frozen=True, eq=False)
class Feature:
    """A property of every position of a text.

    name: A key of `LABELS`.
    values: `(N,)` bool, or int32 for a count.
    """

    name: str
    values: np.ndarray

    @property
    def is_binary(self):
        """True if it is a yes or no."""
        return self.values.dtype == bool

    @property
    def label(self):
        """The feature for people."""
        return LABELS[self.name]

    def at(self, positions):
        """The feature at some of the positions."""
        return dataclasses.replace(self, values=self.values[positions])


def features(documents, kind="auto"):
    """All features of a text.

    Args:
        documents: Its documents, a list of strings; quotes and brackets end with each.
        kind: `"python"`, `"prose"`, or `"auto"` to tell by the text.

    Returns:
        `kind, features`: the kind, and a list of `Feature` whose values are those of all documents
        one after the other. In Python quotes are those of strings on one line; triple quotes, which
        hold running text as a rule, are a feature of their own. Prose has neither these nor
        comments.
    """
    if kind == "auto":
        kind = "python" if is_python("\n".join(documents)) else "prose"
    of_documents = [_python(text) if kind == "python" else _prose(text) for text in documents]
    found = []
    for name in LABELS:
        if name not in of_documents[0]:
            continue
        values = np.concatenate([by_name[name] for by_name in of_documents])
        found.append(Feature(name, values.astype(bool if name in BINARY else np.int32)))
    return kind, found


STATEMENT = re.compile(
    r"[ \t]*(?:(?:def|class) \w+.*|import [\w., ]+|from [\w.]+ import .*|return\b.*|raise\b.*|pass"
    r"|(?:if|elif|for|while|with|except|else|try|finally)\b.*:|@\w.*|#.*|[\w.\[\]'\"]+ [-+|]?= .*"
    r"|[\w.]+\(.*\))[ \t]*"
)


def is_python(text):
    """True for a text a fifth of whose lines look like statements of Python."""
    lines = [line for line in text[:200_000].split("\n") if line.strip()]
    return sum(STATEMENT.fullmatch(line) is not None for line in lines) > 0.2 * len(lines)


def _lines(text):
    """Features of lines and words, which all texts have."""
    places = np.arange(len(text))
    is_end = np.frombuffer(text.encode("utf-32-le"), np.uint32) == ord("\n")
    begins = np.maximum.accumulate(np.where(is_end, places, -1))  # the line feed before
    column = places - begins
    ends = np.where(is_end, places, len(text))
    ends = np.minimum.accumulate(ends[::-1])[::-1]
    indentation, word = np.zeros(len(text), int), np.zeros(len(text), int)
    for blank in re.finditer(r"^[ \t]+", text, re.MULTILINE):
        start, stop = blank.span()
        line_end = ends[start]
        indentation[start:stop] = column[start:stop]
        indentation[stop:line_end] = stop - start
    for found in re.finditer(r"\w+", text):
        word[slice(*found.span())] = np.arange(1, len(found.group()) + 1)
    return {
        "line_end": ~is_end & (ends - places <= NEAR),
        "column": column,
        "indentation": indentation,
        "word": word,
    }


def _brackets(text, outside):
    """Brackets that are open, of those at positions where `outside` is True, and if any is."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    change = np.isin(codes, [*map(ord, "([{")]).astype(int)
    change -= np.isin(codes, [*map(ord, ")]}")])
    depth = np.cumsum(np.where(outside, change, 0))
    # A closing bracket without an opening one, as a text may begin anywhere, is left out.
    depth -= np.minimum(np.minimum.accumulate(depth), 0)
    return {"brackets": depth, "bracketed": depth > 0}


TOKEN = re.compile(r"#[^\n]*|\"\"\"|'''|\"|'")
CLOSING = {  # the shorter strings end with the line, if they have no closing quote
    **{mark: re.compile(rf"(?:\\.|[^\\])*?{mark}", re.DOTALL) for mark in ('"""', "'''")},
    **{mark: re.compile(rf"(?:\\.|[^\\\n])*?(?:{mark}|(?=\n)|\Z)", re.DOTALL) for mark in "\"'"},
}


CODE = re.compile(
    r"^[ \t]*(?:def \w+\(|class \w+|import \w|from [\w.]+ import|return\b|(?:if|for|while) .*:$)",
    re.MULTILINE,
)


def _python(text):
    """Features of Python source, also if it is cut out of a file.

    It may begin inside a string, whose end would be taken for a beginning: of the ways to read it
    the one that finds the least code inside of strings is taken.
    """
    code = [found.start() for found in CODE.finditer(text)]
    ways = (_scan(text, mark) for mark in ("", '"""', "'''") if mark in text)
    found = min(ways, key=lambda way: np.count_nonzero(way["docstring"][code]))
    remark = found["docstring"] | found["comment"]
    brackets = _brackets(text, ~(found["quotes"] | remark))
    return {**found, "remark": remark, **_lines(text), **brackets}


def _scan(text, quote):
    """Strings and comments, from a beginning inside a string of these quotes or outside of any."""
    quotes, triple, comment = (np.zeros(len(text), bool) for _ in range(3))
    place = start = 0
    while True:
        if quote:
            closing = CLOSING[quote].match(text, place)
            stop = closing.end() if closing else len(text)
            ended = closing is not None and text.startswith(quote, stop - len(quote))
            marks = triple if len(quote) == 3 else quotes
            marks[start : stop - ended] = True  # what the closing quote ends is known after it
            place = stop
        token = TOKEN.search(text, place)
        if token is None:
            return {"quotes": quotes, "docstring": triple, "comment": comment}
        start, place = token.span()
        quote = token.group()
        if quote[0] == "#":
            comment[start:place] = True
            quote = ""


OPENING = re.compile("[“„«\"‘']")
PAIRS = {"“": "”", "„": "“”", "«": "»", '"': '"', "‘": "’'", "'": "'’"}
ELISIONS = re.compile(
    r"['‘’](?:tis|twas|twere|twill|em|til|till|bout|cause|round|neath|gainst|tween|\d\ds?)\b", re.I
)


def _prose(text):
    """Features of running text."""
    quotes = np.zeros(len(text), bool)
    # Speech that goes on in the next paragraph has no closing quote, but opens again.
    breaks = r"\n[ \t]*\n" if re.search(r"\n[ \t]*\n", text) else r"\n"
    start = 0
    for end in [*(found.start() for found in re.finditer(breaks, text)), len(text)]:
        _mark_quotes(text[start:end], quotes[start:end])
        start = end
    everywhere = np.ones(len(text), bool)
    return {"quotes": quotes, **_lines(text), **_brackets(text, everywhere)}


def _mark_quotes(paragraph, marks):
    place = 0
    while found := OPENING.search(paragraph, place):
        start, mark = found.start(), found.group()
        place = start + 1
        single = mark in "‘'"
        if single and not _opens(paragraph, start):
            continue
        end = _closing(paragraph, start, single)
        if end is None and (single or mark == "„"):
            continue
        end = len(paragraph) if end is None else end
        marks[start:end] = True
        place = end + 1


def _opens(text, place):
    """True for a single quote before a word or another quote, and neither in nor after a word."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if before.isalnum() or not after or after.isspace() or ELISIONS.match(text, place):
        return False
    return before not in tuple(".,!?;:") if before else True


def _closing(text, start, single):
    """End of the quote that opens at `start`, or None."""
    marks = PAIRS[text[start]]
    if not single:
        places = [place for mark in marks if (place := text.find(mark, start + 1)) >= 0]
        return min(places, default=None)
    first = None
    for found in re.compile(f"[{marks}]").finditer(text, start + 2):
        place = found.start()
        before, after = text[place - 1], text[place + 1 : place + 2]
        if after.isalnum() or before.isspace():
            if before.isspace() and _opens(text, place):
                break  # another one opens
            continue
        if not before.isalnum():
            return place
        first = place if first is None else first  # or the apostrophe of a plural
    return first
