"""Tokenizers: kept in a run, encoding and decoding, words, texts that they do not know."""

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.common.text import tokenizer as tokenizers

SENTENCES = ["the dog runs in the snow .", "a man reads his book .", "two dogs run and play ."] * 5
CORPUS = ["the plot was not good at all", "the soup was good", "nobody liked the plot"] * 5


def test_clean_makes_one_line_without_markup():
    assert tokenizers.clean("one<br />two <BR>\n three\t four") == "one two three four"


@pytest.mark.parametrize("pieces", ["subwords", "words", "characters"])
def test_tokenizers_of_each_kind_come_back_the_same(pieces, tmp_path):
    first = tokenizers.tokenizer(tmp_path, CORPUS, 60, pieces)
    again = tokenizers.tokenizer(tmp_path, ["other texts"], 60, pieces)
    assert first.vocab_size() <= 60
    assert again.encode(CORPUS) == first.encode(CORPUS)
    assert first.decode(first.encode(CORPUS[0])) == CORPUS[0]
    assert first.encode("THE PLOT") == first.encode("the plot")
    assert 0 not in first.encode("the plot, \U0001f600"), "0 is for padding alone"


def test_a_text_without_letters_trains_no_tokenizer(tmp_path):
    with pytest.raises(UserError, match="they have nothing to learn from"):
        tokenizers.tokenizer(tmp_path, ["", " "], 100)


def test_long_texts_lose_their_middle(tmp_path):
    tokenizer = tokenizers.tokenizer(tmp_path, CORPUS, 200, "words")
    whole = tokenizer.encode(CORPUS[0])
    assert len(whole) == 7
    (cut,) = tokenizers.encode(tokenizer, [CORPUS[0]], 5)
    assert cut == whole[:2] + whole[-3:]
    (one,) = tokenizers.encode(tokenizer, [CORPUS[0]], 1)
    assert one == whole[-1:]


@pytest.fixture
def tokenizer(tmp_path):
    return tokenizers.tokenizer(tmp_path, SENTENCES, 60, begin_end=True, name="source.model")


def test_tokens_that_begin_and_end_a_text(tokenizer, tmp_path):
    ids = tokenizer.encode([*SENTENCES, "<s> the </s>", "\u05e1\u05e8\u05d8"])
    assert not {0, 2, 3} & {token for row in ids for token in row}
    assert (tmp_path / "source.model").exists()
    again = tokenizers.tokenizer(tmp_path, ["other"], 60, begin_end=True, name="source.model")
    assert again.encode(SENTENCES) == tokenizer.encode(SENTENCES)
    with pytest.raises(UserError, match=r"target\.model"):
        tokenizers.load(tmp_path, "target.model")
    plain = tokenizers.tokenizer(tmp_path, SENTENCES, 60)
    assert (plain.bos_id(), plain.eos_id()) == (-1, -1)
    assert 2 in {token for row in plain.encode(SENTENCES) for token in row}


def test_decoding_ends_with_the_end_token(tokenizer):
    ids = tokenizer.encode(SENTENCES[:2])
    rows = np.zeros((3, 40), np.int32)
    rows[0, : len(ids[0]) + 1] = [2, *ids[0]]
    rows[1, : len(ids[1]) + 3] = [*ids[1], 3, *ids[0][:2]]
    rows[2, 0] = 3
    assert tokenizers.decode(tokenizer, rows) == [*SENTENCES[:2], ""]
    assert tokenizers.decode(tokenizer, []) == []


def test_a_script_that_was_never_seen_is_said_once(tokenizer, capsys):
    hebrew, greek = "\u05e1\u05e8\u05d8 \u05d8\u05d5\u05d1 .", "\u03ba\u03b1\u03bb\u03cc"
    shares = tokenizers.unknown_share(
        tokenizer, [hebrew, "the dog", f"dog {greek}", "\U0001f600", ""]
    )
    assert shares[[0, 1, 3, 4]].tolist() == [1, 0, 1, 0]
    assert 0 < shares[2] < 1
    tokenizers.warn_of_unknown(tokenizer, ["the dog", f"the {greek}", ""])
    assert capsys.readouterr().err == ""
    tokenizers.warn_of_unknown(tokenizer, [greek])
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"Nothing of '{greek}' is known to this run's tokenizer")
    tokenizers.warn_of_unknown(tokenizer, ["the dog", hebrew, greek * 99])
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"Nothing of 2 of 3 texts (the first is '{hebrew}') is known")
