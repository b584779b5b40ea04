"""Features of a text, the cells that follow them, and the verb that shows both."""

import html
import importlib.util
import io
import itertools
import json
import pathlib
import re
import shutil
import tokenize

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from recipes.characters.inspection import features, page, search
from recipes.characters.inspection.reading import Reading, stretches
from recipes.characters.subwords import Subwords
from recipes.characters.vocabulary import Characters
from recipes.characters.words import Words
from recipes.common.text.tokenizer import BEGIN, END


def drawn(text, kind):
    """Each feature as a line of marks: `#`, or a digit up to 9, where it is there."""
    _, found = features.features([text], kind)
    return {
        feature.name: "".join(
            "." if not value else "#" if feature.is_binary else str(min(value, 9))
            for value in feature.values
        )
        for feature in found
    }


def test_features_of_python_are_known_once_a_character_is_read():
    text = 'f("it\'s", [1])  # no "s\n  y = """a\n  b"""\n'
    assert drawn(text, "python") == {
        "quotes": "..#####...................................",
        "docstring": "..............................##########..",
        "comment": "................#######...................",
        "remark": "................#######.......##########..",
        "line_end": "..................#####......#####..#####.",
        "bracketed": ".############.............................",
        "column": "12345678999999999999999.1234567899.123456.",
        "indentation": "........................1222222222.122222.",
        "brackets": ".111111111221.............................",
        "word": "1..12.1....1......12..1...1......1...1....",
    }


def test_a_text_may_begin_and_end_inside_a_string():
    text = 'a doc.\n"""\nx = "a"\ndef f():\n    "b"\n'
    inside = "#########..........................."
    assert drawn(text, "python")["docstring"] == inside
    text = text[10:] + '    return """a doc\n'
    assert drawn(text, "python")["docstring"] == inside[10:] + "...........#########"


@pytest.mark.parametrize("module", ["textwrap", "shlex", "tabnanny", "codeop"])
def test_strings_and_comments_are_those_of_pythons_own_tokenizer(module):
    text = pathlib.Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    starts = [0, *itertools.accumulate(len(line) for line in text.splitlines(keepends=True))]
    marks = {name: np.zeros(len(text), bool) for name in ("quotes", "docstring", "comment")}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        start, stop = (starts[row - 1] + column for row, column in (token.start, token.end))
        if token.type == tokenize.COMMENT:
            marks["comment"][start:stop] = True
        assert "FSTRING" not in tokenize.tok_name[token.type], "another module, for this test"
        if token.type == tokenize.STRING:
            string = token.string.lstrip("rRbBuUfF")
            start += len(token.string) - len(string)
            name = "docstring" if string.startswith(('"""', "'''")) else "quotes"
            marks[name][start : stop - 1] = True
    kind, found = features.features([text])
    assert kind == "python"
    for feature in found:
        if feature.name in marks:
            np.testing.assert_array_equal(feature.values, marks[feature.name])


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ('He said, "No (not I)." And \'twas so.', ".........############..............."),
        ("‘I don’t know,’ he said, ‘the boys’ dog.’", "##############...........###############."),
        ("“It goes on\n\n“here,” and “there”.", "###########..######......######.."),
        ("The boys' dog didn't. '90s", "." * 26),
        ("«Oui» „ja“ 'it", "####..###....."),
    ],
)
def test_quotes_of_prose_are_told_from_apostrophes(text, quotes):
    assert drawn(text, "prose")["quotes"] == quotes


def test_prose_is_told_from_python():
    prose = "He had seen it, for all that.\nIf he was right:\n" * 20
    assert features.features([prose])[0] == "prose"
    assert features.features(["import os\n\n\ndef f(x):\n    return x\n"])[0] == "python"


def planted(size=4_000):
    """Features, and cells some of which follow them with noise."""
    draw = np.random.default_rng(0)
    quotes, column = draw.random(size) < 0.2, draw.integers(0, 80, size)
    rare = np.arange(size) == 7
    found = [
        features.Feature("quotes", quotes),
        features.Feature("column", column),
        features.Feature("comment", rare),
    ]
    recorded = {
        f"recurrent_{number}": {
            quantity: draw.normal(size=(size, 200)) for quantity in ("hidden", "memory")
        }
        for number in (1, 2)
    }
    recorded["recurrent_2"]["memory"][:, 150] -= 2 * quotes
    recorded["recurrent_1"]["hidden"][:, 3] += column / 20
    return recorded, found


def test_planted_cells_are_found_and_measured_on_the_other_part():
    recorded, found = planted()
    (quotes, column), rare = search.find(recorded, found, 2_500)
    assert rare == ["inside a comment"]
    assert (quotes.layer, quotes.quantity, quotes.unit, quotes.sign) == (
        ("recurrent_2", "memory", 150, -1)
    )
    values = recorded["recurrent_2"]["memory"][:, 150]
    for score, part in ((quotes.chosen, slice(0, 2_500)), (quotes.score, slice(2_500, None))):
        assert score == pytest.approx(roc_auc_score(found[0].values[part], -values[part]))
    assert (column.layer, column.quantity, column.unit) == ("recurrent_1", "hidden", 3)
    values = recorded["recurrent_1"]["hidden"][2_500:, 3]
    assert column.score == pytest.approx(stats.pearsonr(values, found[1].values[2_500:])[0])
    assert column.rank == pytest.approx(stats.spearmanr(values, found[1].values[2_500:])[0])


def test_the_best_of_many_cells_of_noise_has_no_score_on_the_other_part():
    recorded, found = planted(800)
    recorded["recurrent_2"]["memory"][:, 150] = recorded["recurrent_1"]["hidden"][:, 3] = 0
    (quotes, column), _ = search.find(recorded, found, 400)
    assert quotes.chosen > 0.6 > quotes.score
    assert column.chosen > 0.15 > column.score


TEXT = "Say “it” twice:\n  it, 'it'\tand\n\n a café; x=1.\n"


def vocabularies(tmp_path):
    """A vocabulary of each kind that lacks some of the text."""
    texts = ["say it twice: it, and\n\n it\ta cat; x=1.\n" * 9]
    yield Characters.of(texts, 1)[0]
    yield Characters.of(texts, 1, lowercase=True)[0]
    yield Words.of(texts, 100, 1)[0]
    yield Subwords.of(texts, 40, tmp_path)[0]


def test_every_token_has_its_stretch_of_the_text(tmp_path):
    for vocabulary in vocabularies(tmp_path):
        found = stretches(TEXT, vocabulary)
        assert "".join(found) == TEXT
        assert len(found) == len(vocabulary.encode(TEXT))
        if vocabulary.pieces == "words":
            assert found[:3] == ["Say", " “", "it"]


def test_documents_are_read_as_in_training():
    vocabulary = Characters.of(["ab"], 1)[0]
    reading = Reading.of(["ab", "", "b"], vocabulary, whole=True)
    assert reading.tokens.tolist() == [BEGIN, 4, 5, END, BEGIN, 5, END]
    assert reading.fresh.tolist() == [True, False, False, False, True, False, False]
    assert reading.tokens[reading.places].tolist() == [4, 5, 5]
    cut = Reading.of(["ab", "b"], vocabulary, whole=False)
    assert (cut.tokens.tolist(), cut.fresh.tolist()) == ([4, 5, 5], [True, False, True])


def test_a_page_has_its_text_escaped_and_needs_nothing_else():
    texts = [*'if a < "b" & c:\n', "  <script>"]
    values = np.linspace(-1, 1, len(texts))
    written = page.page("<title>", "a & b", [["x"], ["<td>"]], [("1 < 2", texts, values)])
    body = written.partition("</style>")[2]
    shown = re.fullmatch(r".*<pre>(.*)</pre>.*", body, re.DOTALL)[1]
    assert html.unescape(re.sub("</?b[^>]*>", "", shown)) == "".join(texts)
    assert "<script" not in body
    assert not re.search(r"https?:|src=|href=|url\(", written)
    assert page.colour(-1) != page.colour(0) == "#ffffff" != page.colour(1)


def test_the_excerpt_begins_with_a_line_and_is_where_the_feature_varies():
    texts = list("aaaa\n" * 20 + '"a"a\n' * 4 + "aaaa\n" * 20)
    _, (quotes, *_) = features.features(["".join(texts)], "prose")
    for size, lines, shown in ((20, 9, 4), (99, 3, 3)):
        span = page.excerpt(texts, quotes.values, size, lines)
        assert "".join(texts[span]) == '"a"a\n' * shown


@pytest.fixture
def trained(finished, tmp_path):
    """A run of its own, for files that the verb writes."""
    return shutil.copytree(finished("characters"), tmp_path / "run")


def test_the_verb_writes_a_page_and_a_picture_of_a_text(trained, run_recipe, contract, tmp_path):
    text = contract("characters").text(200).replace("dog", "dÖg")
    mac = tmp_path / "mac.txt"
    mac.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r").encode())
    status, out, err = run_recipe("cells", "--run", trained, "--text", mac, "--json",
                                  recipe="characters")  # fmt: skip
    assert status == 0, err
    assert f"{mac} has 1 character that the training lacked, read as unknown: Ö" in err
    result = json.loads(out.splitlines()[-1])
    assert result["kind"] == "prose"
    assert result["characters"] == len(text)
    assert 0 < result["loss"] < 5
    rows = {row["feature"]: row for row in result["cells"]}
    assert {"quotes", "column", "word"} <= set(rows)
    assert rows["column"]["score"] > 0.3
    assert all(len(row["loss_added_by_random"]) >= 3 for row in rows.values())
    assert "dÖg" in re.sub("</?b[^>]*>", "", (trained / "cells.html").read_text(encoding="utf-8"))
    assert (trained / "cells.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "characters, and cells are found by 2,000 at least; name a longer text with --text"),
        (("--text", "no.txt"), "There is no file no.txt"),
        (("--length", "10"), "--length must be at least 2000"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(finished, run_recipe, options, sentence):
    status, _, err = run_recipe(
        "cells", "--run", finished("characters"), *options, recipe="characters"
    )
    assert status == 2
    assert sentence in err
