"""Text and what is made of it before the model: cleaning, tokens, splits, start vectors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.data import splits
from recipes.common.data.batching import Sequences
from recipes.common.errors import UserError
from recipes.common.text import tokenizer as text_tokenizer
from recipes.sentiment import config as sentiment_config
from recipes.sentiment import embeddings, sources

CORPUS = ["the plot was not good at all", "the soup was good", "nobody liked the plot"] * 5


def test_clean_makes_one_line_without_markup():
    assert text_tokenizer.clean("one<br />two <BR>\n three\t four") == "one two three four"


@pytest.mark.parametrize("pieces", ["subwords", "words", "characters"])
def test_tokenizers_of_each_kind_come_back_the_same(pieces, tmp_path):
    first = text_tokenizer.tokenizer(tmp_path, CORPUS, 60, pieces)
    again = text_tokenizer.tokenizer(tmp_path, ["other texts"], 60, pieces)
    assert first.vocab_size() <= 60
    assert again.encode(CORPUS) == first.encode(CORPUS)
    assert first.decode(first.encode(CORPUS[0])) == CORPUS[0]
    assert first.encode("THE PLOT") == first.encode("the plot")
    assert 0 not in first.encode("the plot, \U0001f600"), "0 is for padding alone"


def test_a_text_without_letters_trains_no_tokenizer(tmp_path):
    with pytest.raises(UserError, match="they have nothing to learn from"):
        text_tokenizer.tokenizer(tmp_path, ["", " "], 100)


def test_long_texts_lose_their_middle(tmp_path):
    tokenizer = text_tokenizer.tokenizer(tmp_path, CORPUS, 200, "words")
    whole = tokenizer.encode(CORPUS[0])
    assert len(whole) == 7
    (cut,) = text_tokenizer.encode(tokenizer, [CORPUS[0]], 5)
    assert cut == whole[:2] + whole[-3:]
    (one,) = text_tokenizer.encode(tokenizer, [CORPUS[0]], 1)
    assert one == whole[-1:]


rows = st.lists(st.tuples(st.integers(0, 25), st.sampled_from("ab")), min_size=12, max_size=80)


@settings(max_examples=80, deadline=None)
@given(rows, st.floats(0.05, 0.4), st.sampled_from(["hash", "last"]))
def test_parts_split_off_never_share_a_text(drawn, share, by):
    split = sources.Split(
        [f"text {number}" for number, _ in drawn], [label for _, label in drawn], [""] * len(drawn)
    )
    rest, part = sources._split_off(split, share, by)
    assert not set(rest.texts) & set(part.texts)
    assert sorted(rest.texts + part.texts) == sorted(split.texts)
    assert set(split.labels) == set(rest.labels), "every label stays in the training"
    count = max(1, round(share * len(set(split.texts))))
    assert len(set(part.texts)) <= count
    if by == "last" and len(set(part.texts)) == count:
        distinct = list(dict.fromkeys(split.texts))
        assert set(part.texts) == set(distinct[-len(set(part.texts)) :])


def test_given_parts_win_over_texts_of_the_training(tmp_path, capsys):
    lines = [f"text {number},{'ab'[number % 2]}" for number in range(40)]
    for name, chosen in {"train": lines, "test": lines[:6], "val": lines[4:12]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["text,label", *chosen]))
    config = sentiment_config.Config(
        data=str(tmp_path / "train.csv"), test=str(tmp_path / "test.csv"),
        validation=str(tmp_path / "val.csv"),
    )  # fmt: skip
    parts, _ = sources.load(config, config.columns)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 28, "validation": 6, "test": 6,
    }  # fmt: skip
    assert list(parts) == ["train", "validation", "test"]
    assert "Left out 12 examples" in capsys.readouterr().err


def test_digest_sees_every_text_and_label():
    part = sources.Split(["a", "b"], ["x", "y"], ["", ""])
    other = sources.Split(["a", "b"], ["x", "x"], ["", ""])
    assert splits.digest({"train": part}) == splits.digest({"train": part})
    assert splits.digest({"train": part}) != splits.digest({"train": other})
    assert splits.digest({"train": part}) != splits.digest({"test": part})


def test_cooccurrence_vectors_bring_words_of_like_neighbours_together():
    generator = np.random.default_rng(0)
    # 1 and 2 stand between 10..14, 3 and 4 between 20..24.
    encoded = []
    for _ in range(400):
        group = generator.integers(2)
        around = generator.integers(10 + 10 * group, 15 + 10 * group, 4).tolist()
        encoded.append([*around[:2], int(1 + 2 * group + generator.integers(2)), *around[2:]])
    vectors = embeddings.cooccurrence_vectors(Sequences.of(encoded, [0] * 400), 30, 8)
    assert vectors.shape == (30, 8)
    assert vectors.dtype == np.float32
    assert (vectors[0] == 0).all()

    def nearness(left, right):
        left, right = vectors[left], vectors[right]
        return left @ right / np.linalg.norm(left) / np.linalg.norm(right)

    assert min(nearness(1, 2), nearness(3, 4)) > 0.8
    assert max(nearness(1, 3), nearness(2, 4), nearness(1, 4)) < 0.3


def test_cooccurrence_vectors_of_hardly_any_text_are_finite():
    for encoded in ([[1]], [[1], [2]], [[1, 2]], [[0]]):
        vectors = embeddings.cooccurrence_vectors(Sequences.of(encoded, [0] * len(encoded)), 5, 8)
        assert vectors.shape == (5, 8)
        assert np.isfinite(vectors).all()
