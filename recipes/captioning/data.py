"""Captioned pictures as batches: read, split, prepared, tokenised and bucketed."""

import dataclasses
import functools
from typing import Any

import numpy as np

from recipes.captioning import features, sources
from recipes.captioning.batches import CaptionBatches
from recipes.common.data import batching
from recipes.common.errors import UserError
from recipes.common.pictures import augment, cache
from recipes.common.run import Run
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing import sizes, vocabulary


@dataclasses.dataclass(frozen=True)
class Data:
    """The parts with their arrays, batches of two of them, and the tokenizer."""

    parts: dict[str, features.Part]
    train: CaptionBatches
    validation: CaptionBatches
    tokenizer: Any

    @property
    def facts(self):
        """The arguments of a builder that the data decides."""
        shape = self.parts["train"].arrays.shape[1:]
        return {"image_shape": tuple(shape), "vocab_size": self.tokenizer.vocab_size()}


def load(run):
    """Read, split, prepare every picture, tokenise and bucket; the tokenizer stays in the run."""
    first = start_of(run)
    shape = features.shape_of(run.config)  # refuses a network before pictures are read for it
    rows, sha256 = sources.load(run.config)
    features.check(rows, run.config, shape)
    preparation = features.preparation(run.config, first)
    counts = {name: len(part) for name, part in rows.items()}
    run.begin(sha256, counts)
    config = run.config
    tell(f"Pictures: {', '.join(f'{count:,} {name}' for name, count in counts.items())}.")
    sizes.announce(run, "pictures")
    parts = features.prepared(rows, config, preparation)
    captions = [clean_caption(c) for several in parts["train"].references for c in several]
    tokenizer = tokenizers.tokenizer(
        run.directory, captions, config.vocab_size, config.pieces, config.lowercase, begin_end=True
    )
    return Data(parts, *batches(config, parts, tokenizer), tokenizer)


def start_of(run):
    """The run to begin from, or None.

    Raises:
        UserError: If its vocabulary or its network for images is another.
    """
    vocabulary.check_kept(run, ("pieces", "lowercase", "vocab_size"))
    first = Run.first(run.config, run.recipe)
    if first and first.config.cnn != run.config.cnn:
        raise UserError(
            f"The run in {first.directory}, from which --init-from begins, has --cnn "
            f"{first.config.cnn}, not {run.config.cnn}."
        )
    return first


def from_pixels(config, data):
    """The same pictures as pixels, for a network that is trained from there on."""
    rows = {name: part.rows for name, part in data.parts.items()}
    parts = features.prepared(rows, config, cache.pixels(config.size))
    return Data(parts, *batches(config, parts, data.tokenizer), data.tokenizer)


def batches(config, parts, tokenizer):
    """`CaptionBatches` of the training and of the validation part."""
    encoded = {name: encode(tokenizer, parts[name].references) for name in ("train", "validation")}
    lengths = [len(ids) + 1 for captions in encoded["train"] for ids in captions]
    lengths = np.minimum(lengths, config.max_length)
    boundaries = batching.bucket_boundaries(lengths, config.buckets, longest=16)
    augmented = config.end_to_end and config.augment_share > 0
    train = CaptionBatches(
        parts["train"],
        encoded["train"],
        config.batch_size,
        boundaries,
        captions_per_picture=config.captions_per_picture,
        captions_per_row=config.captions_per_row,
        seed=config.seed,
        augment=functools.partial(augment.shift_and_light, share=config.augment_share)
        if augmented
        else None,
    )
    validation = CaptionBatches(
        parts["validation"], encoded["validation"], config.batch_size, boundaries
    )
    return train, validation


def clean_caption(caption):
    """A caption on one line, without the full stop at its end."""
    return tokenizers.clean(caption).removesuffix(".").rstrip()


def encode(tokenizer, references):
    """The ids of the captions of each picture."""
    flat = [clean_caption(caption) for captions in references for caption in captions]
    ids = iter(tokenizer.encode(flat, num_threads=-1))
    return [[next(ids) for _ in captions] for captions in references]
