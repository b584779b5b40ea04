"""Captioned pictures as batches: read, split, prepared, tokenised and bucketed."""

import dataclasses
import pathlib
from typing import Any

import numpy as np

from recipes.captioning import batches as captioning_batches
from recipes.captioning import features, sources
from recipes.common import run
from recipes.common.data import batching
from recipes.common.pictures import augment
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as text_tokenizer


@dataclasses.dataclass(frozen=True)
class Data:
    """The parts with their arrays and, of two of them, batches."""

    parts: dict[str, features.Part]
    train: captioning_batches.CaptionBatches
    validation: captioning_batches.CaptionBatches
    tokenizer: Any

    @property
    def facts(self):
        """What a builder wants to know."""
        shape = self.parts["train"].arrays.shape[1:]
        return {"image_shape": tuple(shape), "vocab_size": self.tokenizer.vocab_size()}


def load(config, recipe):
    """Read, split, look at every picture once, tokenise and bucket."""
    process = features.preparation(config)  # refuses a network before pictures are read for it
    parts, sha256 = sources.load(config)
    sizes = {name: len(part) for name, part in parts.items()}
    directory = pathlib.Path(config.run)
    run.begin(recipe, config, {"data": config.data, "sha256": sha256, "sizes": sizes})
    tell(f"Pictures: {', '.join(f'{size:,} {name}' for name, size in sizes.items())}.")
    found = features.prepared(parts, config, process)
    clean = [clean_caption(c) for captions in found["train"].references for c in captions]
    tokenizer = text_tokenizer.tokenizer(
        directory, clean, config.vocab_size, config.pieces, config.lowercase, begin_end=True
    )
    return Data(found, *batches(config, found, tokenizer), tokenizer)


def batches(config, parts, tokenizer):
    """Training and validation as `CaptionBatches`."""
    encoded = {name: encode(tokenizer, parts[name].references) for name in ("train", "validation")}
    lengths = [len(ids) + 1 for captions in encoded["train"] for ids in captions]
    lengths = np.minimum(lengths, config.max_length)
    boundaries = batching.bucket_boundaries(lengths, config.buckets, longest=16)
    change = None
    if config.end_to_end and config.augment_share:
        share = config.augment_share

        def change(images, generator):
            return augment.shift_and_light(images, generator, share)

    train, validation = (
        captioning_batches.CaptionBatches(
            parts[name].arrays, parts[name].numbers, encoded[name], config.batch_size, boundaries,
            **options,
        )
        for name, options in (
            (
                "train",
                {
                    "draws": config.draws, "together": config.together, "seed": config.seed,
                    "change": change, "mirrored": parts["train"].mirrored,
                },
            ),
            ("validation", {}),
        )
    )  # fmt: skip
    return train, validation


def clean_caption(caption):
    """A caption on one line, without the full stop at its end."""
    return text_tokenizer.clean(caption).removesuffix(".").rstrip()


def encode(tokenizer, references):
    """For each picture the ids of its captions."""
    flat = [clean_caption(caption) for captions in references for caption in captions]
    ids = iter(tokenizer.encode(flat, num_threads=-1))
    return [[next(ids) for _ in captions] for captions in references]
