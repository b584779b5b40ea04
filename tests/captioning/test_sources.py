"""Captioned pictures are read from every form of captions; each fault ends with one sentence."""

import csv
import dataclasses
import json
import os

import pytest

from recipes.captioning import sources
from recipes.common.errors import UserError
from tests.captioning import picture_folders
from tests.captioning.picture_folders import read
from tests.common.pictures.plain import picture


@pytest.fixture
def folder(tmp_path):
    return picture_folders.write_folder(tmp_path)


@pytest.fixture
def config(tmp_path):
    return picture_folders.settings(tmp_path)


def captions_of(part):
    return {p.name: captions for p, captions in zip(part.pictures, part.captions, strict=True)}


def test_all_forms_of_captions_are_read_alike(folder, config):
    expected = captions_of(read(folder, config))
    assert expected["p3.jpg"] == ["A thing number 3 of kind 0 .", "A thing number 3 of kind 1 ."]
    (folder / "captions.txt").unlink()
    rows = [(name, text) for name, texts in expected.items() for text in texts]
    with open(folder / "captions.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "caption"), *rows])
    assert captions_of(read(folder, config)) == expected
    (folder / "captions.csv").unlink()
    lines = ["image_name| comment_number| comment", *(f"{n}| 0| {t}" for n, t in rows)]
    (folder / "results.csv").write_text("\n".join(lines), encoding="utf-8")
    assert captions_of(read(folder, config)) == expected
    (folder / "results.csv").unlink()
    ids = {name: i for i, name in enumerate(expected)}
    coco = {
        "images": [{"id": i, "file_name": name} for name, i in ids.items()],
        "annotations": [{"image_id": ids[n], "id": 0, "caption": t} for n, t in rows],
    }
    (folder / "captions.json").write_text(json.dumps(coco), encoding="utf-8")
    assert captions_of(read(folder, config)) == expected
    (folder / "captions.json").rename(folder.parent / "elsewhere.json")
    with pytest.raises(UserError, match=r"has no file of captions \(captions.txt, .*--captions"):
        read(folder, config)
    found = read(folder, config, captions=str(folder.parent / "elsewhere.json"))
    assert captions_of(found) == expected


def test_a_list_chooses_pictures(folder, config):
    (folder / "dev.txt").write_text("p1.jpg\nimages/p4.jpg\n\n")
    found = sources.load_one(f"{folder},{folder / 'dev.txt'}", config)
    assert [p.name for p in found.pictures] == ["p1.jpg", "p4.jpg"]
    (folder / "dev.txt").write_text("p1.jpg\nq9.jpg\n")
    with pytest.raises(UserError, match=r"'q9.jpg' is listed and not there"):
        sources.load_one(f"{folder},{folder / 'dev.txt'}", config)


def test_a_folder_and_a_list_may_have_commas_in_their_names(folder, config, tmp_path):
    with_comma = folder.rename(tmp_path / "my, own, pictures")
    (tmp_path / "dev, small.txt").write_text("p1.jpg\n")
    for data in (with_comma, f"{with_comma},{tmp_path / 'dev, small.txt'}"):
        assert sources.is_folder(str(data))
        found = sources.load_one(str(data), config)
        assert found.pictures[0].path.startswith(str(with_comma))
    assert [p.name for p in found.pictures] == ["p1.jpg"]
    with pytest.raises(UserError, match=r"There is no file .*none.txt"):
        sources.load_one(f"{with_comma},{tmp_path / 'none.txt'}", config)


def test_folders_are_searched_through_links(folder, config, tmp_path):
    """A folder of links to folders, one of them twice, and links that lead back."""
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "captions.txt").write_bytes((folder / "captions.txt").read_bytes())
    for name in ("one", "two"):
        os.symlink(folder / "images", linked / name)
    os.symlink(linked, folder / "images" / "back")
    os.symlink("..", linked / "up")
    found = read(linked, config)
    assert captions_of(found) == captions_of(read(folder, config))
    assert found.places[0] == str(linked / "one" / "p0.jpg")
    assert found.digests == read(folder, config).digests


def test_parts_never_share_a_picture(folder, config):
    for n in range(3):  # the same pictures under other names
        content = (folder / "images" / f"p{n}.jpg").read_bytes()
        (folder / "images" / f"copy{n}.jpg").write_bytes(content)
        with open(folder / "captions.txt", "a", encoding="utf-8") as file:
            file.write(f"copy{n}.jpg#0\tA copy.\n")
    options = {"data": str(folder), "test_share": 0.3, "validation_share": 0.3}
    parts, _ = sources.load(dataclasses.replace(config, **options))
    digests = [set(part.digests) for part in parts.values()]
    assert sum(map(len, digests)) == len(set.union(*digests)) == 12
    assert sum(map(len, parts.values())) == 15


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("gone.jpg#0\tNobody.", r"line 25 names the picture 'gone.jpg', which .* does not have"),
        ("p0.jpg#2\t  ", r"line 25 has an empty caption of 'p0.jpg'"),
        ("p0.jpg#2\ta\0b", r"line 25 has a NUL byte in a caption of 'p0.jpg'"),
        ("p0.jpg#2", r"line 25 has an empty caption of 'p0.jpg'"),
    ],
)
def test_bad_captions_are_named_and_counted(folder, config, line, message, capsys):
    with open(folder / "captions.txt", "a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=message):
        read(folder, config)
    assert len(read(folder, config, bad_share=0.1)) == 12
    assert "Skipped: 1 of 25 rows" in capsys.readouterr().err


def test_rows_of_a_table_with_an_unquoted_comma_are_named_and_counted(folder, config, capsys):
    rows = [f"p{n}.jpg,A thing number {n} ." for n in range(12)]
    rows[3] = "p3.jpg,A thing, number 3 ."
    (folder / "captions.csv").write_text("\n".join(['"image","caption"', *rows, "p4.jpg"]))
    config = dataclasses.replace(config, captions=str(folder / "captions.csv"))
    with pytest.raises(UserError, match=r"2 of 13 rows .* line 5 has 3 fields instead of 2"):
        read(folder, config)
    assert "line 14 has 1 fields instead of 2" in capsys.readouterr().err
    found = captions_of(read(folder, config, bad_share=0.2))
    assert len(found) == 11
    assert "p3.jpg" not in found


def test_annotations_without_text_are_named_and_counted(folder, config):
    coco = {
        "images": [{"id": n, "file_name": f"p{n}.jpg"} for n in range(12)]
        + [{"id": 12, "file_name": 7}],
        "annotations": [{"image_id": n % 12, "caption": f"A thing {n} ."} for n in range(24)],
    }
    coco["annotations"] += [
        {"image_id": 0, "caption": None}, {"image_id": 1, "caption": 3},
        {"image_id": 12, "caption": "A thing."},
    ]  # fmt: skip
    (folder / "captions.json").write_text(json.dumps(coco))
    config = dataclasses.replace(config, captions=str(folder / "captions.json"))
    message = r"3 of 27 annotations .* 25 has null in the place of a caption of 'p0.jpg'"
    with pytest.raises(UserError, match=message):
        read(folder, config)
    assert len(read(folder, config, bad_share=0.2)) == 12


def test_pictures_of_one_name_are_told_apart_by_their_folders(folder, config):
    for name in ("a", "b"):
        (folder / name).mkdir()
        picture(folder / name / "1.jpg", (9, 9, 200 if name == "a" else 90))
    with open(folder / "captions.txt", "a") as file:
        file.write("a/1.jpg#0\tThe first .\nother/place/b/1.jpg#0\tThe second .\n")
    found = read(folder, config)
    captions = dict(zip(found.places, found.captions, strict=True))
    assert len(found) == 14
    assert captions[str(folder / "a" / "1.jpg")] == ["The first ."]
    assert captions[str(folder / "b" / "1.jpg")] == ["The second ."]
    (folder / "list.txt").write_text("b/1.jpg\np3.jpg\n")
    found = sources.load_one(f"{folder},{folder / 'list.txt'}", config)
    assert found.captions[0] == ["The second ."]
    assert len(found) == 2
    (folder / "a" / "1.jpg").unlink()  # what is said of it belongs to no other picture
    with pytest.raises(UserError, match=r"line 25 names the picture 'a/1\.jpg', which"):
        read(folder, config)


def test_pictures_without_caption_and_names_that_stand_twice(folder, config, capsys):
    picture(folder / "images" / "mute.png")
    with pytest.raises(UserError, match=r"'images/mute.png' has no caption"):
        read(folder, config)
    (folder / "images" / "mute.png").unlink()
    (folder / "more").mkdir()
    picture(folder / "more" / "p5.jpg")
    with pytest.raises(UserError, match=r"'p5.jpg' stands in .*images and .*more; captions cannot"):
        read(folder, config)
    assert len(read(folder, config, bad_share=0.1)) == 11
    assert "Skipped: 1 of 12 pictures" in capsys.readouterr().err


def test_folders_that_are_none(tmp_path, folder, config):
    with pytest.raises(UserError, match=r"There is no folder .*nowhere"):
        sources.load_one(f"{tmp_path}/nowhere/", config)
    with pytest.raises(UserError, match="is a file; name the folder"):
        read(folder / "captions.txt", config)
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "captions.txt").write_text("a.jpg#0\tA thing.\n")
    with pytest.raises(UserError, match=r"has no pictures \(\.jpg"):
        read(empty, config)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", r"is no JSON of COCO's form"),
        ('{"images": [], "annotations": [{}]}', r"no JSON of COCO's form.*KeyError"),
    ],
)
def test_broken_json(folder, config, content, message):
    path = folder / "captions.json"
    path.write_text(content)
    with pytest.raises(UserError, match=message):
        read(folder, config, captions=str(path))


def test_a_table_without_the_columns(folder, config):
    path = folder / "odd.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match=r"first line names the columns image and caption"):
        read(folder, config, captions=str(path))


def test_the_parts_of_coco_captions(tmp_path, config, monkeypatch):
    """The set as the catalogue describes it, with pictures of our own on the disk."""
    import tensorflow_datasets as tfds

    def examples(split, count):
        for n in range(count):
            path = picture(tmp_path / f"{split}{n}.jpg", (20 * n, len(split) * 20, 7 * n))
            captions = [{"id": n, "text": f"A thing of {split} ."}]
            blank = {"image/filename": path.name, "image/id": n, "objects": []}
            yield n, {**blank, "image": path, "captions": captions}

    def splits(builder, dl_manager):
        counts = {"train": 6, "val": 3, "test": 2, "restval": 4}
        return {split: examples(split, count) for split, count in counts.items()}

    builder = tfds.builder("coco_captions", data_dir=str(tmp_path))
    monkeypatch.setattr(type(builder), "_split_generators", splits)
    builder.download_and_prepare()
    monkeypatch.undo()
    options = {"data": "coco_captions", "data_dir": str(tmp_path)}
    config = dataclasses.replace(config, **options)
    parts, _ = sources.load(config)
    sizes = {name: len(part) for name, part in parts.items()}
    assert sizes == {"train": 10, "validation": 3, "test": 2}
    assert parts["validation"].captions == [["A thing of val ."]] * 3
    assert sum("(restval), example" in place for place in parts["train"].places) == 4
    assert sources.load_one("coco_captions", config).captions == [["A thing of test ."]] * 2


def test_captions_of_another_encoding(tmp_path):
    root = picture_folders.write_folder(tmp_path)
    lines = "".join(f"p{n}.jpg\tun caf\u00e9 {n}\n" for n in range(12))
    (root / "captions.txt").write_bytes(lines.encode("cp1252"))
    config = picture_folders.settings(tmp_path)
    assert read(root, config, encoding="cp1252").captions[0] == ["un caf\u00e9 0"]
    with pytest.raises(UserError, match="is not UTF-8: line 1"):
        read(root, config)
