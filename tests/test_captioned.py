"""Reading captioned pictures: every form of captions, and one sentence for what is wrong."""

import csv
import dataclasses
import io
import json
import random

import numpy as np
import pytest
from PIL import Image

from recipes.captioning import Config
from recipes.common import caption_parts, captioned, picture_cache, pictures
from recipes.common.errors import UserError


def picture(path, color=(200, 30, 30), size=(40, 30), mode="RGB", **options):
    image = Image.new("RGB", size, color).convert(mode)
    image.save(path, **options)
    return path


@pytest.fixture
def folder(tmp_path):
    """Twelve pictures, two captions each, in the form of Flickr8k."""
    root = tmp_path / "pictures"
    (root / "images").mkdir(parents=True)
    lines = []
    for n in range(12):
        picture(root / "images" / f"p{n}.jpg", (20 * n, 255 - 20 * n, 7 * n))
        lines += [f"p{n}.jpg#{k}\tA thing number {n} of kind {k} ." for k in range(2)]
    (root / "captions.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def config(tmp_path):
    return Config(
        data="", cache=str(tmp_path / "cache"), cnn="small", cnn_weights="", image_size=32,
        bad_share=0.0,
    )  # fmt: skip


def read(folder, config, **options):
    return captioned.load_one(str(folder), dataclasses.replace(config, **options))


def made(part, config, name="train"):
    return caption_parts.made({name: part}, config, caption_parts.how(config))[name]


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
    found = captioned.load_one(f"{folder},{folder / 'dev.txt'}", config)
    assert [p.name for p in found.pictures] == ["p1.jpg", "p4.jpg"]
    (folder / "dev.txt").write_text("p1.jpg\nq9.jpg\n")
    with pytest.raises(UserError, match=r"'q9.jpg' is listed and not there"):
        captioned.load_one(f"{folder},{folder / 'dev.txt'}", config)


def test_parts_never_share_a_picture(folder, config):
    for n in range(3):  # the same pictures under other names
        content = (folder / "images" / f"p{n}.jpg").read_bytes()
        (folder / "images" / f"copy{n}.jpg").write_bytes(content)
        with open(folder / "captions.txt", "a", encoding="utf-8") as file:
            file.write(f"copy{n}.jpg#0\tA copy.\n")
    options = {"data": str(folder), "test_share": 0.3, "validation_share": 0.3}
    parts, _ = captioned.load(dataclasses.replace(config, **options))
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
    found = captioned.load_one(f"{folder},{folder / 'list.txt'}", config)
    assert found.captions[0] == ["The second ."]
    assert len(found) == 2
    (folder / "a" / "1.jpg").unlink()  # what is said of it belongs to no other picture
    with pytest.raises(UserError, match=r"line 25 names the picture 'a/1\.jpg', which"):
        read(folder, config)


def test_files_that_cannot_be_read_are_named_counted_and_left_out(folder, config, capsys):
    images = folder / "images"
    for n in range(3):
        (images / f"p{n}.jpg").unlink()
    (images / "p0.jpg").symlink_to("nowhere.jpg")
    (images / "p1.jpg").mkdir()
    (images / "p2.jpg").symlink_to("p2.jpg")
    part = read(folder, config)
    with pytest.raises(UserError, match=r"3 of 12 .*p0.jpg cannot be read \(No such file"):
        made(part, config)
    err = capsys.readouterr().err
    assert "p1.jpg cannot be read (Is a directory)" in err
    assert "p2.jpg cannot be read (Too many levels" in err
    assert len(made(part, dataclasses.replace(config, bad_share=0.3))) == 9


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
        captioned.load_one(f"{tmp_path}/nowhere/", config)
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


def broken(path):
    """A JPEG of noise that is cut off in the middle."""
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "jpeg")
    path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])


def test_bad_pictures_are_named_counted_and_left_out(folder, config, capsys):
    images = folder / "images"
    broken(images / "p1.jpg")
    (images / "p2.jpg").write_bytes(b"")
    (images / "p3.jpg").write_text("not a picture at all")
    part = read(folder, config)
    with pytest.raises(UserError, match=r"3 of 12 .*p1.jpg is damaged \(.*\), and so on"):
        made(part, config)
    found = made(part, dataclasses.replace(config, bad_share=0.3))
    assert "Skipped: 3 of 12" in capsys.readouterr().err
    assert len(found) == 9
    names = [p.name for p in found.captioned.pictures]
    assert not {"p1.jpg", "p2.jpg", "p3.jpg"} & set(names)
    for name, row in zip(names, found.numbers, strict=True):
        expected = pictures.decode((images / name).read_bytes(), (32, 32))
        np.testing.assert_array_equal(found.arrays[row], expected)


def test_bad_pictures_are_counted_over_all_parts_and_named_one_by_one(folder, config, capsys):
    for n in (0, 1):
        (folder / "images" / f"p{n}.jpg").write_text("not a picture at all")
    part = read(folder, config)
    parts = {"test": part.take(range(4)), "train": part.take(range(4, 12))}
    recipe = caption_parts.how(config)
    config = dataclasses.replace(config, bad_share=0.2)  # of the test part alone they are a half
    found = caption_parts.made(parts, config, recipe)
    assert {name: len(part) for name, part in found.items()} == {"test": 2, "train": 8}
    *each, counted = capsys.readouterr().err.splitlines()[-3:]
    assert all(f"p{n}.jpg is no picture" in line for n, line in enumerate(each))
    assert counted.startswith("Skipped: 2 of 12 pictures of the data cannot be used: picture ")
    test = {"test": parts["test"]}
    with pytest.raises(UserError, match="2 of 4 pictures"):
        caption_parts.made(test, config, recipe)
    assert len(caption_parts.made(test, config, recipe, total=12)["test"]) == 2
    with pytest.raises(UserError, match="None of the 2 pictures of test can be used"):
        caption_parts.made({"test": part.take([0, 1])}, config, recipe, total=12)


def test_what_was_made_of_pictures_is_kept_and_never_mistaken(folder, config, monkeypatch):
    part = read(folder, config)
    first = made(part, config)
    seen = []
    real = pictures.decode
    monkeypatch.setattr(
        picture_cache, "decode", lambda content, size: seen.append(size) or real(content, size)
    )
    again = made(part, config)
    assert not seen
    np.testing.assert_array_equal(first.arrays, again.arrays)
    made(part, dataclasses.replace(config, image_size=48))
    assert seen == [(48, 48)] * 12
    picture(folder / "images" / "p0.jpg", (1, 2, 3))
    made(read(folder, config), config)
    assert len(seen) == 24


def test_features_are_those_of_the_network(folder, config):
    config = dataclasses.replace(config, cnn="MobileNetV2", image_size=64)
    part = read(folder, config)
    recipe = caption_parts.how(config)
    found = made(part, config)
    assert found.arrays.shape == (12, 2, 2, 1280)
    assert found.arrays.dtype == np.float16
    image = pictures.decode(part.pictures[4].read(), (64, 64))
    np.testing.assert_array_equal(recipe.make(image[None])[0], found.arrays[4])


def test_a_frozen_network_without_weights_is_always_the_same(config):
    """Whatever was drawn before, and without a trace in what is drawn after."""
    from zoo.layers.images import image_encoder

    def weights(seed):
        arguments = (image_encoder, (32, 32, 3), "MobileNet", "", seed)
        return picture_cache.build_encoder(*arguments).get_weights()

    random.seed(1)
    first, after = weights(3), random.random()
    random.seed(1)
    assert random.random() == after
    for one, other in zip(first, weights(3), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (first[0] != weights(4)[0]).any()
    config = dataclasses.replace(config, cnn="MobileNet")
    assert caption_parts.how(config).facts == caption_parts.how(config).facts


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
    parts, _ = captioned.load(config)
    sizes = {name: len(part) for name, part in parts.items()}
    assert sizes == {"train": 10, "validation": 3, "test": 2}
    assert parts["validation"].captions == [["A thing of val ."]] * 3
    assert sum("(restval), example" in place for place in parts["train"].places) == 4
    assert captioned.load_one("coco_captions", config).captions == [["A thing of test ."]] * 2


def test_training_pictures_are_kept_mirrored_too(folder, config):
    part = read(folder, config)
    found = made(part, dataclasses.replace(config, mirror=True))
    np.testing.assert_array_equal(found.mirrored[4], found.arrays[4][:, ::-1])
    assert made(part, config).mirrored is None
    mirrored = dataclasses.replace(config, mirror=True)
    assert made(part, mirrored, "validation").mirrored is None
