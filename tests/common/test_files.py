"""Folders with lists, folders searched through links, and lists of names."""

import os

import pytest

from recipes.common.data import files
from recipes.common.errors import UserError


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*paths):
    for path in paths:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        open(path, "a").close()


@pytest.mark.parametrize(
    ("there", "value", "expected"),
    [
        (["a/x"], "a", ("a", "")),
        (["a/x", "list.txt"], "a,list.txt", ("a", "list.txt")),
        (["a,b/x", "list.txt"], "a,b,list.txt", ("a,b", "list.txt")),
        (["a/x", "b,list.txt"], "a,b,list.txt", ("a", "b,list.txt")),
        (["a,b/x", "c,d.txt"], "a,b,c,d.txt", ("a,b", "c,d.txt")),
        (["a,b/x"], "a,b", ("a,b", "")),
        (["a,b/x"], "a,b,missing.txt", ("a,b", "missing.txt")),
        (["a/x"], "a,b,missing.txt", ("a", "b,missing.txt")),
        (["a/x", "a,b/x", "b,list.txt"], "a,b,list.txt", ("a", "b,list.txt")),
        (["a/x"], "a,", ("a", "")),
        ([], "a,b,missing.txt", ("a,b", "missing.txt")),
        ([], "a", ("a", "")),
        (["list.txt"], ",list.txt", ("", "list.txt")),
    ],
)
def test_a_folder_and_a_list_are_told_apart_by_what_exists(here, there, value, expected):
    touch(*there)
    assert files.folder_and_list(value) == expected


def found(folder, suffixes=(".jpg", ".png")):
    return [path.relative_to(folder).as_posix() for path in files.walk(folder, suffixes)]


def test_without_links_a_folder_is_searched_as_rglob_does(here):
    touch("b/2.jpg", "b/10.JPG", "b/deep/1.png", "a.jpg", ".hidden/c.jpg", "b/notes.txt")
    os.symlink("nowhere.jpg", "b/gone.jpg")
    os.symlink("self.jpg", "self.jpg")
    os.mkdir("folder.jpg")
    expected = sorted(path for path in here.rglob("*") if path.suffix.lower() in (".jpg", ".png"))
    assert files.walk(here, (".jpg", ".png")) == expected
    assert len(expected) == 8
    assert found("b") == ["10.JPG", "2.jpg", "deep/1.png", "gone.jpg"]
    os.chdir("b")
    assert found(".") == ["10.JPG", "2.jpg", "deep/1.png", "gone.jpg"]


def test_links_to_folders_are_followed_each_folder_once(here):
    touch("far/one/1.jpg", "far/one/deep/2.jpg", "far/two/3.jpg", "data/own/4.jpg")
    os.symlink("../far/one", "data/first")
    os.symlink("../far/one", "data/second")  # the same folder again
    os.symlink("../far/two", "data/third")
    os.symlink("own", "data/alias")  # a folder that lies below as well
    expected = ["first/1.jpg", "first/deep/2.jpg", "own/4.jpg", "third/3.jpg"]
    assert found("data") == expected
    os.symlink("data", "link")
    assert found("link") == expected


def test_links_to_links_and_overlapping_folders(here):
    touch("far/one/deep/2.jpg", "far/3.jpg")
    os.mkdir("data")
    os.symlink("../far/one", "data/a")
    os.symlink("../far", "data/b")
    os.symlink("../../data", "far/back")
    assert found("data") == ["a/deep/2.jpg", "b/3.jpg"]


def test_links_to_parents_end(here):
    touch("data/a/1.jpg", "sibling/2.jpg")
    for target in (".", "..", "../..", "../data/a", "/"):
        os.symlink(target, f"data/a/to{target.replace('/', '_')}")
    assert found("data") == ["a/1.jpg"]
    assert found("data/a") == ["1.jpg"]


def test_names_of_a_list_come_once_and_a_list_that_is_none_is_named(here):
    (here / "list.txt").write_text("b.jpg\n\n a.jpg \r\nb.jpg\n", encoding="utf-8")
    assert files.names_listed("list.txt", "picture") == ["b.jpg", "a.jpg"]
    (here / "latin.txt").write_bytes("caf\xe9.jpg\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"latin.txt is not UTF-8: line 1"):
        files.names_listed("latin.txt", "picture")
    (here / "empty.txt").write_text("\n")
    with pytest.raises(UserError, match="needs the name of a picture on each line"):
        files.names_listed("empty.txt", "picture")


def test_an_encoding_is_read_as_it_is_named_and_a_name_of_none_is_told(here):
    (here / "latin.txt").write_bytes("caf\xe9 \u20ac\n".encode("cp1252"))
    assert files.read_text("latin.txt", "a line", "cp1252") == "caf\xe9 \u20ac\n"
    (here / "wide.txt").write_bytes("caf\xe9\n".encode("utf-16"))
    assert files.read_text("wide.txt", "a line", "utf-16") == "caf\xe9\n"
    (here / "marked.txt").write_bytes("\ufeffcaf\xe9\n".encode())
    assert files.read_text("marked.txt", "a line", "UTF8") == "caf\xe9\n"
    with pytest.raises(UserError, match=r"latin.txt is not UTF-8: line 1 .* --encoding cp1252"):
        files.read_text("latin.txt", "a line")
    with pytest.raises(UserError, match=r"latin.txt is not shift_jis: byte 4 is 0xe9"):
        files.read_text("latin.txt", "a line", "sjis")
    for name in ("western", "rot13", "hex", "\0"):
        with pytest.raises(UserError, match=f"--encoding {name} is no encoding of text"):
            files.read_text("latin.txt", "a line", name)
