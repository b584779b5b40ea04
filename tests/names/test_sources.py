"""Names of files of all kinds: each once, in one part only, with faults told."""

import hashlib
import time

import pytest

from recipes.common.errors import UserError
from recipes.datasets import given_names
from recipes.names import sources
from recipes.names.config import Config

NAMES = ["Jos\u00e9", "Zo\u00eb", "O'Neil", "Anne-Marie", "X", "Mary Ann", "Li", "Bo", "Ana", "Eve"]
WANTED = {name.lower() for name in NAMES}


def load(path, **settings):
    return sources.load(Config(data=str(path), **settings))


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("\n".join(NAMES).encode(), {}),
        ("\r\n".join([*NAMES, ""]).encode("utf-8-sig"), {}),
        ("\r".join(NAMES).encode("utf-8-sig"), {}),
        ("\n".join(NAMES).encode("cp1252"), {"encoding": "cp1252"}),
        ("\r\n".join(NAMES).encode("utf-16"), {"encoding": "utf-16"}),
        ("\n\n".join(f"  {name.upper()} " for name in NAMES + NAMES).encode(), {}),
        ("\n".join(NAMES).replace("\u00e9", "e\u0301").encode(), {}),
    ],
)
def test_a_name_a_line_in_any_form(content, settings, tmp_path, capsys):
    (tmp_path / "names.txt").write_bytes(content)
    parts, _ = load(tmp_path / "names.txt", **settings)
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 8, "validation": 1, "test": 1,
    }  # fmt: skip
    read = [name for part in parts.values() for name in part.names]
    assert sorted(read) == sorted(WANTED)
    assert ("10 repeat one and count once" in capsys.readouterr().err) == (len(content) > 170)


def test_parts_depend_on_the_distinct_names_alone(tmp_path):
    names = list(given_names.names())[:300]
    (tmp_path / "a.txt").write_text("\n".join(names))
    (tmp_path / "b.txt").write_text("\n".join([*reversed(names), *names[:200]]).lower())
    first, second = (load(tmp_path / name)[0] for name in ("a.txt", "b.txt"))
    assert [len(part) for part in first.values()] == [240, 30, 30]
    for part in first:
        assert set(first[part].names) == set(second[part].names)


def test_case_can_be_kept(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join([*NAMES, "ana"]))
    parts, _ = load(tmp_path / "names.txt", lowercase=False)
    assert {name for part in parts.values() for name in part.names} == {*NAMES, "ana"}


def test_faults_are_told_and_skipped_up_to_a_share(tmp_path, capsys):
    (tmp_path / "names.txt").write_text("\n".join([*NAMES, "x" * 41, "a\0b", "\u200b"]))
    load(tmp_path / "names.txt", bad_share=0.25)
    err = capsys.readouterr().err
    assert "line 11 has 41 characters, more than --max-length 40" in err
    assert "line 12 has a control character" in err
    assert "line 13 has no character that shows" in err
    with pytest.raises(UserError, match="allow more than"):
        load(tmp_path / "names.txt")


def test_tables_are_told_and_read_by_column(tmp_path, capsys):
    lines = [f"{name},F,{number}" for number, name in enumerate(NAMES)]
    (tmp_path / "yob.txt").write_text("\n".join(lines), encoding="utf-8")
    load(tmp_path / "yob.txt")
    assert "has a comma, which is taken for a part of the name; --column 1" in (
        capsys.readouterr().err
    )
    (tmp_path / "named.csv").write_text("\n".join(["name,sex,n", *lines]), encoding="utf-8")
    for name, column in (("named.csv", ""), ("named.csv", "name"), ("yob.csv", "1")):
        (tmp_path / "yob.csv").write_text("\n".join(lines), encoding="utf-8")
        parts, _ = load(tmp_path / name, column=column)
        assert {name for part in parts.values() for name in part.names} == WANTED


@pytest.mark.parametrize(
    ("name", "written"),
    [("mary ann o'neil", "Mary Ann O'Neil"), ("jean-luc", "Jean-Luc"), ("\u00e9va", "\u00c9va"),
     ("a\u0328bc", "A\u0328bc"), ("", "")],
)  # fmt: skip
def test_capitals(name, written):
    assert sources.capitalised(name) == written
    assert sources.are_capitalised([written, written, name]) == bool(name)


def test_the_embedded_list_is_prepared_in_seconds_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        started = time.process_time()
        parts = sources._of_catalogue("given_names", str(tmp_path / name))
        assert time.process_time() - started < 20
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
    names = [name for _, name in parts["train"]]
    assert len(names) == len(set(names)) > 10_000
    assert all(name.isascii() and name.isalpha() and name.istitle() for name in names)
    assert len(given_names.by_origin()) == 61


def test_a_set_of_the_catalogue_without_names_is_told(data_dir):
    with pytest.raises(UserError, match="has no feature 'name'; it has text, label"):
        sources._of_catalogue("grammar_reviews", data_dir)
