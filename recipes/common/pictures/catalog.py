"""Pictures with captions of a tensorflow-datasets set, copied into one file a split.

Data sets are read from end to end, training needs pictures in any order; so the encoded pictures
of a split are copied once into one file, one after the other.
"""

import hashlib
import json
import pathlib

import tensorflow_datasets as tfds

from recipes.common import storage
from recipes.common.data import catalog
from recipes.common.errors import UserError
from recipes.common.pictures.decode import Picture
from recipes.common.terminal import tell


def read(name, data_dir, cache):
    """The pictures and captions of a data set, split by split.

    Args:
        name: `"coco_captions"`, an embedded set ...
        data_dir: Folder of prepared data sets, theirs by default.
        cache: Folder for the copies.

    Returns:
        A dict from the name of a split to a list of `(Picture, captions, SHA-256 of the picture,
        scene)`; the last describes the drawing of an embedded set, and is empty for others.
        Pictures without captions are left out.

    Raises:
        UserError: If no set has that name, it has no pictures with captions, or it is neither on
            the disk nor within reach.
    """
    builder = catalog.builder_of(name, data_dir)
    image_key, captions_key, text_key = keys_of(name, builder.info.features)
    catalog.ensure_prepared(builder, name)
    directory = storage.make(pathlib.Path(cache))
    full_name = builder.info.full_name.replace("/", "-")
    tables = {}
    for split in builder.info.splits:
        path = directory / f"{full_name}-{split}.pictures"
        index = path.with_suffix(".json")
        if not (path.exists() and index.exists()):
            if builder.info.splits[split].num_examples > 50_000:
                tell(f"Copying the pictures of {name} ({split}) to {path}.")
            storage.ensure_space(
                directory,
                builder.info.splits[split].num_bytes or 0,
                f"Copies of the pictures of {name} ({split})",
                "free some, or name another folder with --cache.",
            )
            _copy(builder, split, (image_key, captions_key, text_key), path, index)
        rows, start = [], 0
        for length, digest, captions, scene in storage.read_json(index, ("rows",))["rows"]:
            if captions:
                rows.append((Picture(str(path), start, length), captions, digest, scene))
            start += length
        tables[split] = rows
    return tables


def keys_of(name, features):
    """The keys of the picture, of the captions, and of the text within them (None if plain)."""

    def is_text(value):  # as `Text`, or as `np.str_`, which `coco_captions` has
        return isinstance(value, tfds.features.Tensor) and value.dtype.name == "string"

    images = [key for key, value in features.items() if isinstance(value, tfds.features.Image)]
    for key, value in features.items():
        if not isinstance(value, tfds.features.Sequence):
            continue
        inner = value.feature
        if is_text(inner) and images:
            return images[0], key, None
        if isinstance(inner, tfds.features.FeaturesDict) and images:
            texts = [k for k, v in inner.items() if is_text(v)]
            if texts:
                return images[0], key, texts[0]
    raise UserError(f"--data {name} has no pictures with captions; it has {', '.join(features)}.")


def _copy(builder, split, keys, path, index):
    image_key, captions_key, text_key = keys
    examples = builder.as_dataset(
        split=split,
        read_config=tfds.ReadConfig(interleave_cycle_length=1, skip_prefetch=True),
        decoders={image_key: tfds.decode.SkipDecoding()},
        shuffle_files=False,
    )
    rows = []
    with storage.replacing(path) as temporary, open(temporary, "wb") as file:
        for example in tfds.as_numpy(examples):
            content, texts = example[image_key], example[captions_key]
            texts = texts if text_key is None else texts[text_key]
            captions = [" ".join(text.decode("utf-8").split()) for text in texts]
            file.write(content)
            digest = hashlib.sha256(content).hexdigest()
            scene = example.get("scene", b"").decode("utf-8")
            rows.append((len(content), digest, [text for text in captions if text], scene))
    storage.write_text(index, json.dumps({"rows": rows}, ensure_ascii=False))
