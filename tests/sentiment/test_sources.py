"""Labelled texts: parts that share no text, and what a digest sees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.data import splits
from recipes.sentiment import config as sentiment_config
from recipes.sentiment import sources, tables

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
    parts, *_ = sources.load(config)
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


@pytest.mark.parametrize("name", ["mac.csv", "mac.tsv"])
def test_carriage_returns_alone_end_lines_where_there_is_no_line_feed(name, tmp_path):
    rows = [("text", "label"), *((f"a text {i}", "good" if i % 2 else "bad") for i in range(30))]
    lines = [("," if name == "mac.csv" else "\t").join(row) for row in rows]
    (tmp_path / name).write_bytes("\r".join(lines).encode())
    config = sentiment_config.Config(data=str(tmp_path / name))
    split = sources.load_one(config.data, config, tables.Form())
    assert list(zip(split.texts, split.labels, strict=True)) == rows[1:]
    assert split.places[6].endswith("line 8")
