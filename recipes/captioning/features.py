"""Arrays that the network reads of captioned pictures: their pixels or their features."""

import dataclasses
import pathlib

import numpy as np
import tensorflow as tf

from recipes.captioning.config import SMALL
from recipes.captioning.network import build_model
from recipes.captioning.sources import Captioned
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.pictures import cache, decode, encoders
from recipes.common.text import tokenizer as tokenizers

SAMPLE = 32  # pictures that are looked at before anything slow


@dataclasses.dataclass(frozen=True)
class Part:
    """Captioned pictures with their arrays.

    rows: The pictures and captions; None if only the arrays are there.
    arrays: `(N, …)`, usually on the disk: pixels or features.
    numbers: `(len(rows),)` the row of `arrays` of each picture.
    mirrored: The same as `arrays` of the mirrored pictures, or None.
    """

    rows: Captioned | None
    arrays: np.ndarray
    numbers: np.ndarray
    mirrored: np.ndarray | None = None

    @property
    def references(self):
        """The captions of each picture."""
        return self.rows.captions

    def __len__(self):
        return len(self.numbers)

    def evenly(self, count):
        """At most so many of the pictures, evenly spread."""
        if len(self) <= count:
            return self
        chosen = [i * len(self) // count for i in range(count)]
        return Part(self.rows.take(chosen), self.arrays, self.numbers[chosen])

    def images(self, chosen):
        """The arrays of chosen pictures, `(B, …)` float32."""
        return np.asarray(self.arrays[self.numbers[chosen]], np.float32)

    def spec(self, batch_size):
        """The `tf.TensorSpec` of a batch of arrays: uint8 pixels or float32 features."""
        dtype = tf.uint8 if self.arrays.dtype == np.uint8 else tf.float32
        return tf.TensorSpec((batch_size, *self.arrays.shape[1:]), dtype)


def prepared(parts, config, preparation, total=None):
    """The arrays of parts, made or found on the disk, without the pictures that cannot be used.

    Args:
        parts: A dict of `Captioned` by name.
        config: `cache`, `bad_share` and `mirror` count.
        preparation: The `cache.Preparation`.
        total: Number of all pictures of the data, if these are not all of its parts.

    Returns:
        A dict of `Part` by name.

    Raises:
        UserError: If too many pictures of all parts together cannot be used, or all of one.
    """
    what = "pixels" if preparation.make is None else "features"

    def kept(name, preparation, what):
        part = parts[name]
        return cache.array_of(part.pictures, part.digests, preparation, config.cache, what)

    wanted = [(part, preparation) for part in parts.values()]
    if config.mirror and "train" in parts:
        wanted.append((parts["train"], cache.mirrored(preparation)))
    needed = sum(cache.missing_bytes(part.digests, how, config.cache) for part, how in wanted)
    cache.ensure_space(config.cache, needed, f"{sum(map(len, parts.values())):,} pictures")
    found = {name: kept(name, preparation, f"{what} of {name}") for name in parts}
    bad = [(parts[name].places[i], reason) for name in parts for i, reason in found[name].bad]
    total = total or sum(map(len, parts.values()))
    files.report("the data", bad, total, config.bad_share, "picture")
    usable = {}
    for name, part in parts.items():
        refused = {i for i, _ in found[name].bad}
        numbers = [i for i in range(len(part)) if i not in refused]
        if not numbers:
            raise UserError(f"None of the {len(part):,} pictures of {name} can be used.")
        mirrored = None
        if config.mirror and name == "train":
            what_mirrored = f"{what} of {name}, mirrored"
            mirrored = kept(name, cache.mirrored(preparation), what_mirrored).arrays
        rows = part.take(numbers) if refused else part
        usable[name] = Part(rows, found[name].arrays, np.array(numbers, np.int64), mirrored)
    return usable


def check(parts, config, shape):
    """Refuse pictures and disks that will not do, before anything slow or remote.

    Args:
        parts: A dict of `Captioned` by name.
        config: `image_size`, `cache` and `mirror` count.
        shape: Shape of what is kept of a picture.

    Raises:
        UserError: If a sample has more unusable pictures than all may have, or most of it are
            such, or the cache has no room.
    """
    every = [picture for part in parts.values() for picture in part.evenly(SAMPLE).pictures]
    looked_at = every[:: -(-len(every) // SAMPLE)]
    bad = list(filter(None, (_fault(picture, config.size) for picture in looked_at)))
    if len(bad) > config.bad_share * sum(map(len, parts.values())) or 2 * len(bad) > len(looked_at):
        raise UserError(
            f"Of {len(looked_at)} pictures looked at, {len(bad)} cannot be used: {bad[0]}. "
            f"Mend {'them' if len(bad) > 1 else 'it'}, or allow more than {config.bad_share:.1%} "
            "with --bad-share."
        )
    if not any(pathlib.Path(config.cache).glob("*.npy")):  # else some may be there already
        dtype = np.uint8 if config.end_to_end else encoders.FEATURES
        counts = {name: len(part) for name, part in parts.items()}
        counts["mirrored"] = counts["train"] if config.mirror else 0
        needed = sum(counts.values()) * cache.bytes_of(shape, dtype)
        cache.ensure_space(config.cache, needed, f"{sum(map(len, parts.values())):,} pictures")


def _fault(picture, size):
    """The name of a picture that cannot be used and the reason, else nothing."""
    try:
        decode.decode(picture.read(), size)
    except decode.BadPicture as error:
        return f"{picture.path} {error}"
    except OSError as error:
        return f"{picture.path} cannot be read ({error.strerror})"
    return ""


def shape_of(config):
    """Shape of what is kept of a picture, pixels or features.

    Raises:
        UserError: If the network for images cannot be had; no weights are fetched for that.
    """
    shape = (*config.size, 3)
    if config.cnn != SMALL:
        weights = "" if config.init_from else config.cnn_weights  # or come with that run
        features = encoders.features_shape(config.cnn, weights, config.size)
        shape = shape if config.end_to_end else features
    return shape


def preparation(config, first=None):
    """The `cache.Preparation` of pictures for a training.

    Args:
        config: Settings of the training.
        first: The run that it begins from, or None.

    Raises:
        UserError: If the weights of the network for images cannot be had, trained along or not.
    """
    if config.end_to_end:
        if config.cnn != SMALL and first is None:
            encoders.build_encoder((*config.size, 3), config.cnn, config.cnn_weights, seed=0)
        return cache.pixels(config.size)
    if first is not None:
        return encoders.preparation_of(_encoder_of(first, config), config.cnn, config.size)
    return encoders.frozen_network(config.cnn, config.cnn_weights, config.size, config.seed)


def _encoder_of(first, config):
    """The network for images of a finished run, which may have trained it."""
    size = tokenizers.load(first.directory).vocab_size()
    facts = {"image_shape": (*first.config.size, 3), "vocab_size": size}
    whole = first.restore(build_model(first.config, facts, whole=True))
    encoder = encoders.build_encoder((*config.size, 3), config.cnn, "", config.seed)
    encoder.set_weights(whole.get_layer("cnn").get_weights())
    return encoder
