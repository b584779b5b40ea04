"""Vocabularies: all white space survives, what is rare is unknown, files are read back."""

import json

import numpy as np
import pytest

from recipes.characters import vocabularies, vocabulary
from recipes.characters.subwords import Subwords
from recipes.characters.vocabulary import Characters
from recipes.characters.words import Words, pattern, tokens
from recipes.common.errors import UserError
from recipes.common.text.tokenizer import UNKNOWN

CODE = 'def f(x):\n\tif x  > 1:\n        return "a, b"  # no\n\n\n' * 20
PROSE = (
    "He said, \"Well... it's 5 o'clock (or so)\" - and left.\n"
    "\tNobody--not even she--knew; why?\n    Verse is indented!\n"
) * 20


def test_characters_come_back_as_they_were():
    found, left_out = Characters.of([CODE, PROSE, "\u4e2d\U0001f600\r"], least=1)
    assert left_out == {}
    text = CODE + "\u4e2d\U0001f600\r\n" + PROSE
    ids = found.encode(text)
    assert ids.dtype == np.uint8
    assert ids.min() >= 4
    assert found.decode(ids) == text
    assert "".join(map(found.symbol, ids[:20])) == text[:20]


def test_rare_characters_are_unknown_and_counted():
    found, left_out = Characters.of(["aaab", "bcc\U0001f600"], least=2)
    assert left_out == {"\U0001f600": 1}
    assert found.knows_unknown
    assert found.encode("ab\U0001f600z").tolist() == [4, 5, UNKNOWN, UNKNOWN]
    assert found.strangers("za\U0001f600z") == ["z", "\U0001f600"]
    assert not Characters.of(["ab"], least=1)[0].knows_unknown


def test_a_text_of_several_blocks_is_encoded_as_a_whole(monkeypatch):
    whole = Characters.of([PROSE], 1)[0], Words.of([PROSE], 100, 1)[0]
    expected = [each.encode(PROSE) for each in whole]
    monkeypatch.setattr(vocabulary, "BLOCK", 70)
    again = Characters.of([PROSE], 1)[0], Words.of([PROSE], 100, 1)[0]
    assert len(list(vocabulary.blocks(PROSE))) > 20
    for one, other, ids in zip(whole, again, expected, strict=True):
        assert one.state == other.state
        np.testing.assert_array_equal(other.encode(PROSE), ids)


def test_words_keep_line_breaks_tabs_and_indentation_and_spaces_come_back():
    found, left_out = Words.of([PROSE], most=200, least=1)
    assert left_out == {}
    assert tokens('\tA "b"...\n    c') == ["\t", "A", '"', "b", '"', "...", "\n", "    ", "c"]
    assert found.decode(found.encode(PROSE)) == PROSE


def test_words_of_scripts_without_spaces_are_joined_without_them():
    text = "\u6211\u53bb\u5317\u4eac\u3002\n" * 5
    found, _ = Words.of([text], most=50, least=1)
    assert found.decode(found.encode(text)) == text


def test_the_plain_pattern_of_words_finds_what_the_whole_one_does():
    for text in (
        PROSE,
        "na\u00efve don\u2019t well-known \u0443\u0432\u044b, 3.14 a_b\n",
    ):
        assert pattern(True).findall(text) == pattern(False).findall(text)
    marked = "cafe\u0301 \u6211\u53bb"
    assert tokens(marked) == ["cafe\u0301", "\u6211", "\u53bb"]


def test_the_commonest_words_are_kept_and_case_may_not_count():
    found, left_out = Words.of(["b a a B c A\n"], most=4 + 2, least=1, lowercase=True)
    assert found.words == ["a", "b"]
    assert left_out == {"c": 1, "\n": 1}
    assert found.encode("A c B").tolist() == [4, UNKNOWN, 5]
    assert found.strangers("A c B") == ["c"]


def test_subwords_keep_all_white_space(tmp_path):
    found, _ = Subwords.of([CODE, PROSE], 200, tmp_path)
    text = CODE + "  \t\n" + PROSE
    ids = found.encode(text)
    assert len(ids) < len(text) / 2
    assert found.decode(ids) == text
    assert found.strangers("a\u4e2d") == ["\u4e2d"]


def test_too_small_a_vocabulary_of_subwords_is_refused(tmp_path):
    with pytest.raises(UserError, match="No 12 pieces can be made of this text"):
        Subwords.of([PROSE], 12, tmp_path)


def test_the_files_of_a_run_are_read_back_and_damage_is_told(tmp_path):
    made = (
        Characters.of([PROSE], 2, lowercase=True)[0],
        Words.of([PROSE], 30, 1)[0],
        Subwords.of([PROSE], 120, tmp_path)[0],
    )
    for each in made:
        each.save(tmp_path)
        again = vocabularies.load(tmp_path)
        assert type(again) is type(each)
        assert (again.size, again.lowercase, again.state) == (each.size, each.lowercase, each.state)
        assert again.knows_unknown == each.knows_unknown
        np.testing.assert_array_equal(again.encode(PROSE), each.encode(PROSE))
    path = tmp_path / "vocabulary.json"
    state = {"pieces": "words", "lowercase": False, "knows_unknown": True}
    for damaged in ({**state, "words": 3}, {**state, "pieces": "characters"}, {}):
        path.write_text(json.dumps(damaged))
        with pytest.raises(UserError, match=r"vocabulary\.json is damaged"):
            vocabularies.load(tmp_path)
