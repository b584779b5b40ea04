"""Text comes back as it was: what is encoded and decoded, in more than twenty scripts."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.text import normalisation, scripts
from recipes.common.text import tokenizer as tokenizers

# Ranges of letters, marks and signs of each script.
RANGES = {
    "Latin": "az AZ àö øÿ āſ Ạỹ", "Greek": "Άώ ἀἕ", "Cyrillic": "Ѐӿ", "Armenian": "ԱՖ աֆ",
    "Georgian": "აჰ ᲐᲰ", "Hebrew": "את ְּ", "Arabic": "ءي ًْ", "Persian": "پۓ \u200c\u200d",
    "Devanagari": "ऀॣ", "Bengali": "অহ া্", "Tamil": "அஹ ா்", "Telugu": "అహ ా్",
    "Sinhala": "අෆ ාෟ", "Thai": "กฺ เ๛", "Lao": "ກຮ ະໝ", "Tibetan": "ཀཬ", "Khmer": "ក៓",
    "Myanmar": "ကဿ", "Ethiopic": "ሀፗ", "Cherokee": "ᎠᏴ ꭰꮿ", "Hangul": "가갷 힉힣",
    "Hiragana": "ぁん", "Katakana": "ァヺ", "Han": "一丐 國园 豈金", "Mongolian": "ᠠᡂ",
    "signs": "!/ :~ ¡¿ ‐‧ 、〟 ！～ ①⑳ ℀K ¼¾ ﬁﬆ 🌀🌈",
}  # fmt: skip
WHITE = " \t\u00a0\u2003\u3000\u2028"


def _assigned(ranges):
    found = []
    for ends in ranges.split():
        first, last = (ord(end) for end in (ends[0], ends[-1]))
        found += [c for c in map(chr, range(first, last + 1)) if unicodedata.category(c) != "Cn"]
    return "".join(c for c in found if not c.isspace() and c != normalisation.SPACE_MARK)


SCRIPTS = {name: _assigned(ranges) for name, ranges in RANGES.items()}
CORPUS = [" ".join(letters) for letters in SCRIPTS.values()]


@pytest.fixture(scope="module")
def by_case(tmp_path_factory):
    """A tokenizer of all these characters that keeps the case, and one that does not."""
    folder = tmp_path_factory.mktemp("tokenizers")
    apart = [unicodedata.normalize("NFD", line) for line in CORPUS]
    # Each once: of characters a tokenizer leaves out the rarest, a ten thousandth of a text.
    every = " ".join(sorted(set("".join([*CORPUS, *map(str.lower, CORPUS), *apart]))))
    return {
        lowercase: tokenizers.tokenizer(
            folder, [every], 8_000, "characters", lowercase, name=f"{lowercase}.model"
        )
        for lowercase in (False, True)
    }


def back(tokenizer, text):
    (decoded,) = tokenizers.decode(tokenizer, tokenizer.encode([text]))
    return decoded


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_character_comes_back(script, by_case):
    text = " ".join(SCRIPTS[script])
    assert back(by_case[False], text) == text
    assert back(by_case[True], text) == normalisation.lowered(text)


words = st.sampled_from(list(SCRIPTS)).flatmap(lambda name: st.text(SCRIPTS[name], min_size=1))
texts = st.lists(st.tuples(words, st.text(WHITE, min_size=1, max_size=3)), max_size=6)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_texts_come_back_but_for_white_space_and_case(by_case, drawn):
    text = unicodedata.normalize("NFC", "".join(word + space for word, space in drawn))
    plain = " ".join(text.split())
    assert back(by_case[False], text) == plain
    assert back(by_case[True], text) == normalisation.lowered(plain)
    # Once more changes nothing: lower case and white space are idempotent.
    assert back(by_case[True], back(by_case[True], text)) == normalisation.lowered(plain)
    assert normalisation.normalised(text, False) == plain
    assert normalisation.normalised(text, True) == normalisation.lowered(plain)


@pytest.mark.parametrize("script", ["Latin", "Greek", "Cyrillic", "Hangul", "Katakana"])
@pytest.mark.parametrize("lowercase", [False, True])
def test_decomposed_letters_are_the_composed_ones(script, lowercase, by_case):
    text = unicodedata.normalize("NFC", " ".join(SCRIPTS[script]))
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert by_case[lowercase].encode(apart) == by_case[lowercase].encode(text)


def test_marks_may_stand_in_any_order(by_case):
    whole = "\u1ec7"  # ệ
    for parts in ("e\u0323\u0302", "e\u0302\u0323", "\u00ea\u0323", "\u1eb9\u0302"):
        assert back(by_case[False], parts) == whole


def test_lower_case_is_that_of_every_character_by_itself(by_case):
    assert normalisation.lowered("ΤΟΥΣ τους") == "τουσ τους"
    assert normalisation.lowered("İI ẞ Ǆ") == "i̇i ß ǆ"
    for text in ("ΤΟΥΣ τους", "Ärger É"):
        assert back(by_case[True], text) == normalisation.lowered(text)


def test_the_mark_of_spaces_is_a_space(by_case):
    assert back(by_case[False], f"a{normalisation.SPACE_MARK}b") == "a b"


def test_exported_graphs_read_and_write_as_python_does(by_case):
    tensorflow_text = pytest.importorskip("tensorflow_text")
    given = [*CORPUS, f" a{normalisation.SPACE_MARK}{WHITE}ΤΟΥΣ  e\u0301 ", ""]
    for tokenizer in by_case.values():
        graph = tensorflow_text.SentencepieceTokenizer(tokenizer.serialized_model_proto())
        ids = graph.tokenize(given)
        assert ids.to_list() == tokenizer.encode(given)
        decoded = [text.decode() for text in graph.detokenize(ids).numpy()]
        assert decoded == tokenizers.decode(tokenizer, ids.to_list())


def test_a_tokenizer_tells_nothing_of_where_it_was_made(by_case, tmp_path):
    made = tokenizers.tokenizer(tmp_path, CORPUS, 8_000, "characters", name="again.model")
    again = tokenizers.tokenizer(tmp_path, CORPUS, 8_000, "characters", name="third.model")
    assert made.serialized_model_proto() == again.serialized_model_proto()
    assert b".tsv" not in made.serialized_model_proto()


def test_folded_tokenizers_take_compatible_characters_for_the_same(tmp_path):
    """As those of classifiers are, and of translators from before texts were kept."""
    tokenizer = tokenizers.tokenizer(tmp_path, ["τουσ ! ?"] * 9, 60, folded=True)
    assert back(tokenizer, "Τους ！？") == "τουσ !?"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("the dog", "spaced"), ("", "spaced"), ("123 !", "spaced"), ("我很好，Tom。", "han"),
        ("犬が走る", "kana"), ("개가 달린다", "hangul"), ("สุนัขวิ่ง", "unspaced"), ("नमस्ते", "spaced"),
        ("Bob said 好", "spaced"),
    ],
)  # fmt: skip
def test_the_script_of_most_letters(text, script):
    assert scripts.of([text]) == script


def test_pieces_are_words_where_there_are_no_spaces(tmp_path):
    tokenizer = tokenizers.tokenizer(tmp_path, ["我们 喜欢 the dogs"] * 9, 60, "characters")
    joined, starts = tokenizers.words(tokenizer, tokenizer.encode("我喜欢 dogs"))
    assert joined == ["我", "喜", "欢", "dogs"]
    assert starts == [0, 2, 3, 4]
    assert scripts.length("我 喜欢", spaced=False) == 3
    assert scripts.length("the dogs", spaced=True) == 2
