"""Folders of captioned pictures for tests, and how they are read."""

import dataclasses

from recipes.captioning import features, sources
from recipes.captioning.config import Config
from tests.common.pictures import plain


def write_folder(tmp_path):
    """Twelve pictures, two captions each, as in Flickr8k."""
    root = tmp_path / "pictures"
    (root / "images").mkdir(parents=True)
    plain.pictures(root / "images")
    lines = [f"p{n}.jpg#{k}\tA thing number {n} of kind {k} ." for n in range(12) for k in range(2)]
    (root / "captions.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def settings(tmp_path):
    """Settings of a run on pixels that allows nothing bad."""
    return Config(
        data="", cache=str(tmp_path / "cache"), cnn="small", cnn_weights="", image_size=32,
        bad_share=0.0,
    )  # fmt: skip


def read(folder, config, **options):
    """The pictures and captions of a folder."""
    return sources.load_one(str(folder), dataclasses.replace(config, **options))


def prepared(rows, config, name="train"):
    """A part with its arrays."""
    return features.prepared({name: rows}, config, features.preparation(config))[name]
