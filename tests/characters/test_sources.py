"""Where texts come from, and how they are divided."""

import gzip
import itertools
import tracemalloc

import pytest
import tensorflow_datasets as tfds

from recipes.characters import sources
from recipes.characters.config import Config
from recipes.characters.data import Part
from recipes.characters.vocabulary import Characters
from recipes.common.errors import UserError
from tests.characters.contract import text

TEXT = text()


def load(path, **options):
    parts, about = sources.load(Config(data=str(path), **options))
    return {name: part.texts for name, part in parts.items()}, about


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT.encode(), ""),
        (b"\xef\xbb\xbf" + TEXT.encode(), ""),
        (
            TEXT.replace("\n", "\r\n").encode(),
            "ended 192 by CR LF; they are read with line feeds",
        ),
        (b"\xef\xbb\xbf" + TEXT.replace("\n", "\r").encode(), "ended 192 by CR alone"),
        ((TEXT[:50].replace("\n", "\r\n") + TEXT[50:]).encode(), "ended 2 by CR LF;"),
    ],
)
def test_line_ends_and_byte_order_marks_make_no_difference(content, told, tmp_path, capsys):
    (tmp_path / "a.txt").write_bytes(content)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(content))
    for name in ("a.txt", "b.txt.gz"):
        parts, _ = load(tmp_path / name)
        assert "".join(parts[name][0] for name in ("validation", "train", "test")) == TEXT
        err = capsys.readouterr().err
        assert told in err
        assert bool(told) == bool(err)


def test_a_single_text_is_cut_where_nanogpt_cuts_it(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT)
    parts, about = load(tmp_path / "a.txt")
    cut = int(len(TEXT) * 0.9)
    assert parts["test"] == [TEXT[cut:]]
    assert parts["train"] == [TEXT[int(cut * 0.05) : cut]]
    assert not about["whole"]
    assert about["split"] == "test: the last 10% of the text; validation: the first 5% of the rest"
    (tmp_path / "test.txt").write_text("another text\n")
    parts, about = load(tmp_path / "a.txt", test=str(tmp_path / "test.txt"), validation_share=0.5)
    assert parts["test"] == ["another text\n"]
    assert parts["validation"] == [TEXT[: len(TEXT) // 2]]
    assert "test: " in about["split"]


def test_each_of_a_few_documents_is_cut(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.txt").write_text(name * 300)
    parts, about = load(tmp_path)
    assert parts["test"] == ["a" * 30, "b" * 30, "c" * 30]
    assert not about["whole"]
    assert about["split"].startswith("test: the last 10% of each text;")


def test_other_encodings_are_read_when_named(tmp_path):
    (tmp_path / "a.txt").write_bytes((TEXT + "caf\u00e9").encode("utf-16"))
    parts, _ = load(tmp_path / "a.txt", encoding="utf-16")
    assert parts["test"][0].endswith("caf\u00e9")
    with pytest.raises(UserError, match="is UTF-16, not UTF-8"):
        load(tmp_path / "a.txt")


@pytest.mark.parametrize("kind", ["folder", "csv", "tsv", "jsonl"])
def test_documents_of_a_folder_or_a_table_are_kept_whole(kind, tmp_path):
    documents = [f"Document {i}, <br /><br />the {i}th." for i in range(60)]
    cleaned = [line.replace(" <br /><br />", "\n") for line in documents]
    path = tmp_path / f"texts.{kind}"
    if kind == "folder":
        for i, document in enumerate(cleaned):
            place = path / str(i % 3) / f"{i:02d}.txt"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(document)
    elif kind == "jsonl":
        path.write_text("".join(f'{{"text": "{line}", "n": 1}}\n' for line in documents))
    else:
        mark = {"csv": ",", "tsv": "\t"}[kind]
        rows = [f'1{mark}"{line}"' if kind == "csv" else f"1{mark}{line}" for line in documents]
        path.write_text("\n".join([f"label{mark}text", *rows]) + "\n")
    parts, about = load(path)
    assert sorted(itertools.chain(*parts.values())) == sorted(cleaned)
    assert about["documents"] == {"train": 51, "validation": 3, "test": 6}
    assert about["whole"]
    parts, about = load(path, holdout="last")
    if kind != "folder":
        assert parts["test"] == cleaned[-6:]
    assert "the last 10% of the documents" in about["split"]


def test_line_ends_within_a_table_are_read_with_line_feeds(tmp_path, capsys):
    rows = "".join(f'"line {i}\r\nnext\rlast"\r\n' for i in range(30))
    (tmp_path / "a.csv").write_bytes(f"text\r\n{rows}".encode())
    parts, _ = load(tmp_path / "a.csv")
    assert sorted(itertools.chain(*parts.values())) == sorted(
        f"line {i}\nnext\nlast" for i in range(30)
    )
    assert "30 by CR LF and 30 by CR alone" in capsys.readouterr().err


def test_a_column_of_another_name_is_recognised_and_told(tmp_path, capsys):
    rows = "".join(f"{i},{'a long review ' * 3}{i}\n" for i in range(30))
    (tmp_path / "a.csv").write_text(f"id,review\n{rows}")
    parts, _ = load(tmp_path / "a.csv")
    assert "texts are read from the column 'review'" in capsys.readouterr().err
    assert sum(map(len, parts.values())) == 30
    (tmp_path / "b.csv").write_text(rows)
    parts, _ = load(tmp_path / "b.csv")
    assert "texts are read from the column 2" in capsys.readouterr().err
    assert sum(map(len, parts.values())) == 30
    assert load(tmp_path / "b.csv", text_column="2")[0] == parts
    assert load(tmp_path / "b.csv", header="n,text")[0] == parts
    with pytest.raises(UserError, match="has no column 'body'; it has id, review"):
        load(tmp_path / "a.csv", text_column="body")


def test_bad_rows_and_empty_files_are_counted(tmp_path, capsys):
    rows = "".join(f"{i},{'a long review ' * 3}{i}\n" for i in range(40))
    (tmp_path / "a.csv").write_text(f"id,text\n{rows}7,\n1,2,3\n")
    with pytest.raises(UserError, match=r"2 of 42 rows of .* cannot be used: line 42 has no text"):
        load(tmp_path / "a.csv")
    load(tmp_path / "a.csv", bad_share=0.05)
    assert "Skipped: 2 of 42 rows" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"has no \.txt files, each of which would be a document"):
        load(tmp_path)


def test_the_limit_counts_thousands_of_characters(tmp_path):
    (tmp_path / "a.txt").write_text(TEXT * 20)
    parts, _ = load(tmp_path / "a.txt", limit=2)
    assert {name: len(texts[0]) for name, texts in parts.items()} == {
        "train": 2000, "validation": 2000, "test": 2000,
    }  # fmt: skip
    rows = "".join(f"{i} {'word ' * 30}\n" for i in range(200))
    (tmp_path / "a.csv").write_text(f"text\n{rows}")
    parts, _ = load(tmp_path / "a.csv", limit=2)
    assert [sum(map(len, parts[name])) for name in ("train", "test")] == [2000, 2000]


def test_a_catalogue_set_that_is_one_text_is_divided_as_its_file(tmp_path, monkeypatch):
    """`tiny_shakespeare` as the catalogue describes it, with a text of our own on the disk."""
    cuts = [0, 3000, 3300, len(TEXT)]

    def splits(builder, dl_manager):
        names = ("train", "validation", "test")
        pieces = zip(names, cuts[:-1], cuts[1:], strict=True)
        return {name: iter([(name, {"text": TEXT[i:j]})]) for name, i, j in pieces}

    builder = tfds.builder("tiny_shakespeare", data_dir=str(tmp_path))
    monkeypatch.setattr(type(builder), "_split_generators", splits)
    builder.download_and_prepare()
    monkeypatch.undo()
    (tmp_path / "input.txt").write_text(TEXT)
    of_catalogue, about = load("tiny_shakespeare", data_dir=str(tmp_path))
    of_file, others = load(tmp_path / "input.txt")
    assert of_catalogue == of_file
    assert about["sha256"] == others["sha256"]
    assert about["source"] == "tiny_shakespeare/1.0.0"


def test_a_long_text_takes_few_times_its_size(tmp_path):
    """100 MB of text are to fit into 2 GB with all else."""
    size = 6_000_000
    (tmp_path / "a.txt").write_text((TEXT * (size // len(TEXT) + 1))[:size])
    tracemalloc.start()
    parts, _ = sources.load(Config(data=str(tmp_path / "a.txt")))
    read = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    vocabulary, _ = Characters.of(parts["train"].texts, 1)
    part = Part.of(parts["train"], vocabulary, False)
    encoded = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert part.ids.dtype == "uint8"
    assert read < 3.5 * size
    assert encoded < 4 * size + 40_000_000  # of the counts of all code points, and of a block
