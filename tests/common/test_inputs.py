"""Inputs of predict from files, and answers to files."""

import csv
import gzip
import json

import pytest

from recipes.common import inputs
from recipes.common.errors import UserError


@pytest.mark.parametrize(
    ("name", "content", "column", "usual", "found"),
    [
        ("a.csv", 'id,text\n1,"a, b"\n2,\n', "text", "", ["a, b", ""]),
        ("a.csv", "id,text\n1,a\n", "", "text", ["a"]),
        ("a.csv", "words\na\nb\n", "", "text", ["a", "b"]),
        ("a.tsv", 'x\ty"\n1\t2\n', "2", "", ['y"', "2"]),
        ("a.txt", "a\n\nb, c\n", "", "text", ["a", "", "b, c"]),
        ("a.jsonl", '{"text": "a"}\n\n{"text": "b", "id": 1}\n', "", "text", ["a", "b"]),
        ("a.txt", "a\tb\nc\td\n", "2", "text", ["b", "d"]),
        ("a.jsonl", '"a"\n"b"\n', "", "text", ["a", "b"]),
        ("a.jsonl", '{"t": {"en": "a"}}\n', "t.en", "text", ["a"]),
        ("a.json", '[{"text": "a"},\n{"text": "b"}]\n', "", "text", ["a", "b"]),
        ("a.jsonl", '{"words": "a"}\n', "", "", ["a"]),
        ("a.jsonl", '{"text": "a\u2028b"}\n', "", "text", ["a\u2028b"]),
        ("a.json", '[{"text": "a"}, {"text": "b"}]', "", "text", ["a", "b"]),
        ("a.csv", 'text;label\n"a; b, c";x\n', "", "text", ["a; b, c"]),
        ("a.csv", "The text;A label\na, b;x\nc;y\n", "", "The text", ["a, b", "c"]),
        ("a.csv", "a; b\nc\n", "", "text", ["c"]),
        ("a.txt", "x\ta\ny\tb\n", "2", "", ["a", "b"]),
    ],
)
def test_a_column_is_read(tmp_path, name, content, column, usual, found):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert inputs.column(tmp_path / name, column, usual) == found


@pytest.mark.parametrize(
    ("name", "content", "column", "message"),
    [
        ("a.csv", "id,body\n1,a\n", "", r"2 columns \(id, body\); name the one to use"),
        ("a.csv", "id,body\n1,a\n", "text", "no column 'text'; it has id, body"),
        ("a.csv", "id,body\n1\n", "body", "Row 1 of .* has 1 columns"),
        ("a.csv", "", "", "is empty"),
        ("a.txt", "a\tb\n", "text", "no column 'text'; it has a, b"),
        ("a.jsonl", '{"translation": {"en": "a", "fr": "b"}}\n', "", "'translation.en', 'transla"),
        ("a.json", "[1,\n", "", "a.json is not JSON"),
        ("a.jsonl", "{\n", "", "Line 1 of .* is not JSON"),
        ("a.jsonl", '{"a": 1, "b": 2}\n', "", "has 'a', 'b'; name one"),
        ("a.jsonl", "3\n", "", "neither an object nor a string"),
    ],
)
def test_a_column_that_is_not_there_is_told(tmp_path, name, content, column, message):
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        inputs.column(tmp_path / name, column, "")


def test_a_gzipped_table_is_read(tmp_path):
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,text\n1,a\n"))
    assert inputs.column(tmp_path / "a.csv.gz", "", "text") == ["a"]
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,text\n1,a\n")[:-9])
    with pytest.raises(UserError, match="breaks off"):
        inputs.column(tmp_path / "a.csv.gz", "", "text")


ANSWERS = [
    {"text": 'a "b", c', "probabilities": {"bad": 0.25, "good": 0.75}, "n_best": [1, 2]},
    {"text": "d\te", "probabilities": {"bad": 1.0, "good": 0.0}, "n_best": []},
]


def test_answers_come_back_from_every_kind_of_file(tmp_path):
    for suffix, delimiter in ((".csv", ","), (".tsv", "\t")):
        inputs.write(tmp_path / f"out{suffix}", ANSWERS)
        with (tmp_path / f"out{suffix}").open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=delimiter))
        assert [row["text"] for row in rows] == [row["text"] for row in ANSWERS]
        assert rows[0]["probabilities.good"] == "0.75"
        assert rows[0]["n_best"] == "[1, 2]"
    inputs.write(tmp_path / "out.jsonl", ANSWERS)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == ANSWERS


@pytest.mark.parametrize("first", ["", "label\ttext\n"])
def test_columns_are_named_for_a_table_without_names(tmp_path, first):
    path = tmp_path / "in.tsv"
    path.write_text(f"{first}good\ta film\nbad\tanother\n")
    assert inputs.column(path, usual="text", header="label,text") == ["a film", "another"]
    assert inputs.column(path, "label", header="label,text") == ["good", "bad"]
    (tmp_path / "one.tsv").write_text("text\na film\n")
    assert inputs.column(tmp_path / "one.tsv", usual="text", header="label,text") == ["a film"]


def test_the_command_line_reads_and_writes_files(finished_run, tmp_path, run_recipe):
    (tmp_path / "in.csv").write_text("number,text\n1,good film\n2,bad film\n")
    base = ["predict", "--run", finished_run]
    out = tmp_path / "out.csv"
    options = ["--file", tmp_path / "in.csv", "--text-column", "text", "--output", out]
    status, shown, _ = run_recipe(*base, *options)
    assert status == 0
    assert shown == f"2 answers: {out}\n"
    with out.open() as file:
        assert [row["text"] for row in csv.DictReader(file)] == ["good film", "bad film"]
    for wrong, message in (
        (["--column", "text", "good film"], "that --file names"),
        (["--file", tmp_path / "in.csv", "good film"], "both name inputs"),
        (["--output", tmp_path / "no" / "out.csv", "good film"], "no folder"),
    ):
        status, _, err = run_recipe(*base, *wrong)
        assert status == 2
        assert message in err


def test_a_text_in_a_script_that_the_training_lacked_is_told(finished_run, run_recipe):
    texts = ["good film", "\u043e\u0447\u0435\u043d\u044c \u0445\u043e\u0440\u043e\u0448\u043e", ""]
    status, out, err = run_recipe("predict", "--run", finished_run, *texts)
    assert status == 0
    assert len(out.splitlines()) == 3
    assert "Nothing of 1 of 3 texts" in err


def test_the_name_of_a_file_as_a_text_is_told(finished_run, tmp_path, run_recipe):
    (tmp_path / "in.csv").write_text("number,text\n1,good film\n")
    status, _, err = run_recipe("predict", "--run", finished_run, tmp_path / "in.csv")
    assert status == 0
    assert f"--file {tmp_path / 'in.csv'}" in err


def test_lines_with_tabs_that_are_taken_whole_are_told(tmp_path, capsys):
    (tmp_path / "a.txt").write_text("a\tb\nc\td\n")
    assert inputs.column(tmp_path / "a.txt") == ["a\tb", "c\td"]
    assert "tabs included, is taken for a text; --column 1" in capsys.readouterr().err
