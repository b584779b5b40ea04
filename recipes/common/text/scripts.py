"""Scripts of texts, some of which put no spaces between words; and words of any of them."""

import functools
import re
import unicodedata

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\U0001b000-\U0001b16f"
BOPOMOFO = "\u3100-\u312f\u31a0-\u31bf"
HANGUL = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
THAI, LAO, TIBETAN = "\u0e00-\u0e7f", "\u0e80-\u0eff", "\u0f00-\u0fff"
MYANMAR, KHMER = "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f", "\u1780-\u17ff\u19e0-\u19ff"

UNSPACED = HAN + KANA + BOPOMOFO + THAI + LAO + TIBETAN + MYANMAR + KHMER
"""Ranges of a regular expression: characters of scripts without spaces between words."""

GROUPS = {
    "han": re.compile(f"[{HAN}{BOPOMOFO}]"),
    "kana": re.compile(f"[{KANA}]"),
    "unspaced": re.compile(f"[{THAI}{LAO}{TIBETAN}{MYANMAR}{KHMER}]"),
    "hangul": re.compile(f"[{HANGUL}]+"),
    "spaced": re.compile(rf"(?:(?![{UNSPACED}{HANGUL}])[^\W\d_])+"),
}
A_WORD = 2  # characters, about, in scripts without spaces
ENOUGH_WORDS = 50_000  # of them the script is clear
SHARE_OF_KANA = 0.05  # above it, Han characters are Japanese ones


def of(texts):
    """The script of most words of some texts.

    Returns:
        `"han"` for Chinese, `"kana"` for Japanese, `"hangul"` for Korean, `"unspaced"` for Thai,
        Lao, Tibetan, Burmese and Khmer, `"spaced"` for all others.
    """
    counts = dict.fromkeys(GROUPS, 0)
    for text in texts:
        for name, pattern in GROUPS.items():
            counts[name] += len(pattern.findall(text))
        if sum(counts.values()) > ENOUGH_WORDS:
            break
    both = counts["han"] + counts["kana"]
    words = {
        "spaced": counts["spaced"],
        "hangul": counts["hangul"],
        "kana" if counts["kana"] > SHARE_OF_KANA * both else "han": both / A_WORD,
        "unspaced": counts["unspaced"] / A_WORD,
    }
    return max(words, key=words.get)


def has_spaces(texts):
    """True if the script of most words puts spaces between them."""
    return of(texts) in ("spaced", "hangul")


def length(text, spaced):
    """Number of words of a text, or of characters where words have no spaces between them."""
    words = text.split()
    return len(words) if spaced else sum(map(len, words))


def is_unspaced(text):
    """True if a text begins with a character of a script without spaces."""
    return bool(WITHOUT_SPACES.match(text))


WITHOUT_SPACES = re.compile(f"[{UNSPACED}]")


@functools.cache
def words():
    """Pattern of a word with its apostrophes and hyphens, or a single mark of punctuation.

    In scripts without spaces every character is a word. Combining marks belong to what they follow.
    """
    points = range(0x300, 0x1F000)
    marks = "".join(chr(i) for i in points if unicodedata.category(chr(i)).startswith("M"))
    joined = f"[{marks}\u200c\u200d]*"
    letters = rf"(?:(?![{UNSPACED}])\w{joined})+"
    return re.compile(rf"{letters}(?:['’-]{letters})*|[{UNSPACED}]{joined}|[^\w\s]")
