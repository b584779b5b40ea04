"""Texts and labels in the forms that people have them: tables, JSON lines, folders, text files."""

import csv
import json
import pathlib

import pytest

from recipes.common.errors import UserError
from recipes.sentiment import sources, tables
from recipes.sentiment.config import Config

PAIRS = [(f"number {i} was {'a fine' if i % 3 else 'no'} film", str(int(i % 3 > 0)))
         for i in range(60)]  # fmt: skip


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A working directory with every form of the same texts."""
    monkeypatch.chdir(tmp_path)
    ids = [f"{7919 * i % 100_003:05}" for i in range(len(PAIRS))]
    write_csv("kaggle.csv", ["id", "review", "sentiment"],
              [(i, *pair) for i, pair in zip(ids, PAIRS, strict=True)])  # fmt: skip
    write_csv("semicolons.csv", ["review", "sentiment"], PAIRS, delimiter=";")
    write_csv("cp1252.csv", ["text", "label"], [(f"{text} café", y) for text, y in PAIRS], "cp1252")
    write_csv("headless.csv", PAIRS[0], PAIRS[1:])
    (tmp_path / "sst2.tsv").write_text("".join(f"{text}\t{y}\n" for text, y in PAIRS))
    (tmp_path / "flipped.txt").write_text("".join(f"{y}\t{text}\n" for text, y in PAIRS))
    lines = [json.dumps({"text": text, "label": int(y)}) for text, y in PAIRS]
    (tmp_path / "lines.jsonl").write_text("\n".join(lines))
    (tmp_path / "list.json").write_text(f"[{','.join(lines)}]")
    for part in ("train", "test"):
        for number, (text, label) in enumerate(PAIRS):
            folder = tmp_path / "archive" / part / ("pos" if label == "1" else "neg")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number}_7.txt").write_text(f"{part} {text}\n")
    (tmp_path / "archive" / "train" / "unsup").mkdir()
    (tmp_path / "archive" / "train" / "unsup" / "0_0.txt").write_text("nobody knows")
    (tmp_path / "archive" / "train" / "urls.txt").write_text("http://example.com")
    for name, label in (("pos", "1"), ("neg", "0")):
        texts = "".join(f"{text}\n\n" for text, y in PAIRS if y == label)
        (tmp_path / f"{name}.txt").write_text(texts)
        (tmp_path / f"films.{name}").write_text(texts)
    return tmp_path


def write_csv(name, header, rows, encoding="utf-8", **form):
    with open(name, "w", encoding=encoding, newline="") as file:
        csv.writer(file, **form).writerows([header, *rows])


def loaded(data, **settings):
    """All texts with their labels, sorted, and the names of the columns."""
    parts, _, names = sources.load(Config(data=data, **settings))
    rows = [row for part in parts.values() for row in zip(part.texts, part.labels, strict=True)]
    return sorted(rows), names


@pytest.mark.parametrize(
    ("data", "names", "told"),
    [
        ("kaggle.csv", ("review", "sentiment"), "texts are read from the column 'review', labels "
         "from 'sentiment' (0, 1); --text-column and --label-column"),
        ("semicolons.csv", ("review", "sentiment"), "separated by ';'"),
        ("headless.csv", None, "as with --header text,label"),
        ("sst2.tsv", None, "texts are read from column 1, labels from column 2 (0, 1)"),
        ("flipped.txt", None, "as with --header label,text"),
        ("lines.jsonl", ("text", "label"), ""),
        ("list.json", ("text", "label"), ""),
    ],
)  # fmt: skip
def test_tables_are_recognised_and_said(data, names, told, capsys):
    assert loaded(data) == (sorted(PAIRS), names)
    assert told in (said := capsys.readouterr().err)
    assert bool(told) == bool(said)


def test_an_encoding_is_that_of_all_files():
    found, _ = loaded("cp1252.csv", encoding="cp1252")
    assert len(found) == 60
    assert all(text.endswith("café") for text, _ in found)


def test_a_folder_of_folders_has_the_parts_that_its_folders_are(capsys):
    parts, *_ = sources.load(Config(data="archive", labels="neg=0,pos=1"))
    assert "Left out 1 texts in archive/train/unsup" in capsys.readouterr().err
    rows = {name: sorted(zip(part.texts, part.labels, strict=True)) for name, part in parts.items()}
    assert rows["test"] == sorted((f"test {text}", label) for text, label in PAIRS)
    train = sorted((f"train {text}", label) for text, label in PAIRS)
    assert sorted(rows["train"] + rows["validation"]) == train
    assert parts["test"].places[0].startswith("archive/test/")
    alone, _ = loaded("archive/train", test="archive/test", labels="neg=0,pos=1")
    assert alone == sorted([row for part in rows.values() for row in part])
    limited, *_ = sources.load(Config(data="archive", limit=10))
    assert [len(part) for part in limited.values()] == [10, len(parts["validation"]), 10]


@pytest.mark.parametrize("data", ["pos.txt,neg.txt", "films.pos,films.neg"])
def test_files_are_named_after_the_label_of_their_lines(data):
    assert loaded(data, labels="neg=0,pos=1")[0] == sorted(PAIRS)
    parts, *_ = sources.load(Config(data=data, holdout="last"))
    assert set(parts["test"].labels) == {"neg", "pos"}, "the last of each file"
    assert ", line " in parts["test"].places[0]


def test_the_run_s_labels_tell_the_columns_of_a_few_rows():
    write_csv("few.csv", ["who", "said", "mood"], [("Ann", "fine", "good"), ("Bo", "no", "bad")])
    form = tables.Form(known=frozenset({"bad", "good"}))
    rows, names = tables.read("few.csv", tables.Form(text="said", known=form.known))
    assert (rows, names) == ([(2, "fine", "good"), (3, "no", "bad")], ("said", "mood"))
    pathlib.Path("two.tsv").write_text("good\tso it is\nbad\tthis is not it\n")
    assert tables.read("two.tsv", form)[0] == [
        (1, "so it is", "good"),
        (2, "this is not it", "bad"),
    ]


BAD = {
    "ambiguous labels": (
        "a,stars,rating\n" + "".join(f"text {i},{i % 2},{i % 3}\n" for i in range(30)), {},
        ["bad.csv has no column 'text'", "a, stars, rating", "'stars' and 'rating'", "--header"],
    ),
    "ambiguous texts": (
        "a,b,label\n" + "".join(f"one text {i},two text {i},{i % 2}\n" for i in range(30)), {},
        ["'a' and 'b' could all be texts", "--text-column"],
    ),
    "no labels": (
        "id,text\n" + "".join(f"{i},text {i}\n" for i in range(30)), {},
        ["no column 'label'", "No column has few distinct values"],
    ),
    "one column": ("a line, and more\n" * 30, {}, ["pos.txt,neg.txt"]),
    "column that is not there": (
        "text,label\na,b\n", {"label_column": "stars"}, ["no column 'stars'", "text, label"],
    ),
    "label without a name": (
        "text,label\n" + "".join(f"text {i},{i % 3}\n" for i in range(30)), {"labels": "0=a,1=b"},
        ["bad.csv, line 4 has the label '2'", "add 2=NAME"],
    ),
    "name of no label": (
        "text,label\n" + "".join(f"text {i},{i % 2}\n" for i in range(30)),
        {"labels": "0=a,1=b,3=c"}, ["renames '3', which no row of bad.csv has (it has '0', '1')"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_tables_of_no_use_are_told(case):
    content, settings, words = BAD[case]
    name = "bad.txt" if case == "one column" else "bad.csv"
    pathlib.Path(name).write_text(content)
    refused(words, data=name, **settings)


def refused(words, **settings):
    with pytest.raises(UserError) as told:
        sources.load(Config(**settings))
    for word in words:
        assert word in str(told.value)


def test_names_of_nothing_are_told_without_names_of_the_catalogue(here):
    for name in ("foo/bar.x", "a,b", "data/reviews", "no such"):
        with pytest.raises(UserError, match=rf"^There is no file or folder {name} \(looked for in"):
            sources.load(Config(data=name))
    refused([f"There is no file no.csv (looked for in {here})"], data="no.csv")
    refused([f"There is no file no.txt (looked for in {here})"], data="pos.txt,no.txt")
    refused(["glue/nope", "glue/sst2"], data="glue/nope")
    refused(["nearest to it are imdb_reviews"], data="imdb_review")


def test_folders_and_files_of_no_use_are_told(here):
    refused(["archive/train/pos has no folders of .txt files"], data="archive/train/pos")
    (here / "one" / "pos").mkdir(parents=True)
    for number in range(30):
        (here / "one" / "pos" / f"{number}.txt").write_text(f"text {number}")
    refused(["one has the single label 'pos'"], data="one")
    (here / "one" / "neg").mkdir()
    (here / "one" / "neg" / "0.txt").write_text("\n")
    refused(["1 of 31 files of one", "one/neg/0.txt is empty", "--bad-share"], data="one")
    (here / "one" / "neg" / "0.txt").write_bytes(b"caf\xe9")
    refused(["one/neg/0.txt is not UTF-8", "--encoding"], data="one")
    refused(["kaggle.csv is a table"], data="kaggle.csv,sst2.tsv")
    refused(["named after its label"], data="archive/train/urls.txt,archive/train/urls.txt")
    (here / "empty.txt").write_text("\n")
    refused(["empty.txt is empty; it needs a text on each line"], data="pos.txt,empty.txt")
    (here / "bad.jsonl").write_text('{"text": "a", "label": 1}\n{"text": "b"}\nnope\n[1]\n')
    refused(["3 of 4 rows of bad.jsonl", "line 2 has an empty 'label'"], data="bad.jsonl")
    (here / "none.jsonl").write_text('"a"\n"b"\n')
    refused(["none.jsonl has no JSON objects"], data="none.jsonl")


@pytest.mark.parametrize(
    ("labels", "told"),
    [("0", "'0' is no pair"), ("0=a,0=b", "'0' has two names"), ("=a", "no pair")],
)
def test_names_of_labels_are_checked_before_anything_is_read(labels, told):
    with pytest.raises(UserError, match=told):
        Config(labels=labels).check()
