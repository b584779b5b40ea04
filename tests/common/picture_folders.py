"""Folders of captioned pictures for tests, and how they are read."""

import dataclasses

from PIL import Image

from recipes.captioning import features, sources
from recipes.captioning.config import Config


def picture(path, color=(200, 30, 30), size=(40, 30), mode="RGB", **options):
    """Write a picture of one colour."""
    image = Image.new("RGB", size, color).convert(mode)
    image.save(path, **options)
    return path


def write_folder(tmp_path):
    """Twelve pictures, two captions each, in the form of Flickr8k."""
    root = tmp_path / "pictures"
    (root / "images").mkdir(parents=True)
    lines = []
    for n in range(12):
        picture(root / "images" / f"p{n}.jpg", (20 * n, 255 - 20 * n, 7 * n))
        lines += [f"p{n}.jpg#{k}\tA thing number {n} of kind {k} ." for k in range(2)]
    (root / "captions.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def settings(tmp_path):
    """Those of a run on pixels that allows nothing bad."""
    return Config(
        data="", cache=str(tmp_path / "cache"), cnn="small", cnn_weights="", image_size=32,
        bad_share=0.0,
    )  # fmt: skip


def read(folder, config, **options):
    """The pictures and captions of a folder."""
    return sources.load_one(str(folder), dataclasses.replace(config, **options))


def made(part, config, name="train"):
    """A part with its arrays."""
    return features.prepared({name: part}, config, features.preparation(config))[name]
