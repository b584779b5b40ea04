"""Captions on their way to tokens and back: they stay what they are."""

import pytest

from recipes.captioning import data
from recipes.captioning.scores import tokens
from recipes.common.text import tokenizer as tokenizers

CAPTIONS = [
    "a café — naïve, ou pas…",
    "一只狗，在跑！",
    "οι σκύλοι τους",
    "ﬁve ① dogs ½",
]


@pytest.mark.parametrize("pieces", ["subwords", "characters", "words"])
def test_captions_come_back_as_they_were(pieces, tmp_path):
    """With accents, full-width punctuation, final sigma, and characters that NFKC would replace."""
    tokenizer = tokenizers.tokenizer(tmp_path, CAPTIONS * 5, 400, pieces, begin_end=True)
    ids = [row for (row,) in data.encode(tokenizer, [[caption] for caption in CAPTIONS])]
    assert tokenizers.UNKNOWN not in {token for row in ids for token in row}
    assert tokenizers.decode(tokenizer, ids) == CAPTIONS


def test_upper_case_counts_as_lower_case_in_captions_and_scores(tmp_path):
    upper = [caption.upper() for caption in CAPTIONS]
    tokenizer = tokenizers.tokenizer(tmp_path, upper * 5, 400, begin_end=True)
    ids = [row for (row,) in data.encode(tokenizer, [[caption] for caption in upper])]
    for written, reference in zip(tokenizers.decode(tokenizer, ids), upper, strict=True):
        assert tokens(written) == tokens(reference)


def test_a_caption_is_trained_on_without_its_full_stop():
    assert data.clean_caption(" A dog<br/> runs . ") == "A dog runs"
    assert data.clean_caption("一只狗。") == "一只狗。"
