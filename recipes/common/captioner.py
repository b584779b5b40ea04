"""Captioned pictures from a configuration to batches, and from a finished run to captions."""

import dataclasses
import pathlib
from typing import Any, Literal

import numpy as np

from recipes.common import (
    batching,
    caption_batches,
    caption_parts,
    captioned,
    config,
    runs,
    text,
)
from recipes.common.errors import UserError
from recipes.common.terminal import say

AT_ONCE = 64  # pictures that are captioned together


@dataclasses.dataclass(frozen=True)
class Config(config.Scheduled):
    """Settings of every recipe that looks at a picture and writes."""

    captions: str = ""
    """File of captions, if it has none of the usual names or lies outside the folder of --data."""
    cache: str = "runs/cache"
    """Folder for what is made of pictures once: features of a frozen network, or their pixels."""
    cnn: str = "EfficientNetV2B0"
    """Network of keras.applications, or small: six convolutions that are trained along."""
    cnn_weights: str = "imagenet"
    """imagenet, a file of weights without top, or nothing for random ones."""
    train_cnn: bool = False
    """Whether the network is trained along from the start; its features cannot be kept then."""
    image_size: int = 224
    """Height and width to which pictures are squeezed."""
    augment_share: float = 0.0
    """By what share of their size pictures are moved at random, where the network is trained."""
    mirror: bool = False
    """Whether every other training picture is mirrored; not where captions tell left from right."""
    pieces: Literal["subwords", "words", "characters"] = "subwords"
    """What a token is."""
    vocab_size: int = 2_500
    """Token ids at most; few captions give fewer."""
    lowercase: bool = True
    """Whether upper and lower case are the same."""
    max_length: int = 40
    """Tokens of a caption; longer ones are cut."""
    buckets: int = 3
    """Padded lengths at most, each of which is traced once."""
    draws: int = 5
    """Captions of a picture that an epoch uses, drawn anew each time."""
    together: int = 1
    """Those of them that share a step, so that the network for images runs once for all."""
    monitor: Literal["cider", "bleu4"] = "cider"
    """What chooses the best epoch."""
    validation_images: int = 1_000
    """Validation pictures that are captioned for it after each epoch, at most."""
    beam: int = 5
    """Width of the beam when a finished run writes."""
    length_penalty: float = 1.2
    """Exponent by which beam search favours long captions."""

    @property
    def end_to_end(self):
        """Whether the network is trained along, from pixels."""
        return self.train_cnn or self.cnn == caption_parts.SMALL

    @property
    def size(self):
        """`(H, W)` of pictures."""
        return (self.image_size, self.image_size)


@dataclasses.dataclass(frozen=True)
class Data:
    """The parts with their arrays and, of two of them, batches."""

    parts: dict[str, caption_parts.Part]
    train: caption_batches.CaptionBatches
    validation: caption_batches.CaptionBatches
    tokenizer: Any

    @property
    def facts(self):
        """What a builder wants to know."""
        shape = self.parts["train"].arrays.shape[1:]
        return {"image_shape": tuple(shape), "vocab_size": self.tokenizer.vocab_size()}


def load(config, recipe):
    """Read, split, look at every picture once, tokenise and bucket."""
    process = caption_parts.how(config)  # refuses a network before pictures are read for it
    parts, sha256 = captioned.load(config)
    sizes = {name: len(part) for name, part in parts.items()}
    directory = pathlib.Path(config.run)
    runs.begin(recipe, config, {"data": config.data, "sha256": sha256, "sizes": sizes})
    say(f"Pictures: {', '.join(f'{size:,} {name}' for name, size in sizes.items())}.")
    found = caption_parts.made(parts, config, process)
    clean = [clean_caption(c) for captions in found["train"].references for c in captions]
    tokenizer = text.tokenizer(
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
            return caption_batches.shift_and_light(images, generator, share)

    train, validation = (
        caption_batches.CaptionBatches(
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
    return text.clean(caption).removesuffix(".").rstrip()


def encode(tokenizer, references):
    """For each picture the ids of its captions."""
    flat = [clean_caption(caption) for captions in references for caption in captions]
    ids = iter(tokenizer.encode(flat, num_threads=-1))
    return [[next(ids) for _ in captions] for captions in references]


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows; the model reads pixels."""

    config: Config
    tokenizer: Any
    model: Any
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config, facts, whole=True)` from pixels to words.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = runs.reopen(run, recipe, config_class)
    tokenizer = text.load(directory)
    facts = {"image_shape": (*config.size, 3), "vocab_size": tokenizer.vocab_size()}
    model = runs.restore_model(
        directory, config, lambda: build_model(config, facts, whole=True), for_export
    )
    return Trained(config, tokenizer, model, kept["sha256"])


def strategy(config, beam=None, n_best=1):
    """How a run chooses its tokens: greedily for a beam of one."""
    import zoo

    beam = config.beam if beam is None else beam
    limit = -(-(config.max_length + 1) // 8) * 8
    if beam == 1:
        return zoo.Greedy(max_length=limit)
    return zoo.BeamSearch(
        beam, length_penalty=config.length_penalty, max_length=limit, n_best=n_best
    )


def write(model, part, strategy, batch_size=AT_ONCE):
    """What a model writes of the pictures of a part, a list of dicts.

    Args:
        model: One that reads what the part's arrays hold.
        part: The `Part`.
        strategy: Of `zoo`.
        batch_size: Pictures at once.

    Returns:
        For each picture a dict of `tokens` `(n, T)`, `scores` `(n,)` and `attention` `(n, T, S)`
        or None.
    """
    import zoo

    written = []
    for start in range(0, len(part), batch_size):
        images = np.asarray(part.arrays[part.numbers[start : start + batch_size]], np.float32)
        # Filled up, lest the loop be compiled once more for the last batch.
        filled = np.concatenate([images, images[:1].repeat(batch_size - len(images), 0)])
        out = zoo.generate(model, {"image": filled}, strategy, batch_size)
        for row in range(len(images)):
            attention = None if out.attention is None else out.attention[row]
            found = {"tokens": out.tokens[row], "scores": out.scores[row], "attention": attention}
            written.append(found)
    return written


def caption(model, tokenizer, part, config, beam=None):
    """The best caption of each picture of a part; see `strategy`."""
    written = write(model, part, strategy(config, beam))
    return text.decode(tokenizer, [best["tokens"][0] for best in written])


def check(config):
    """Refuse settings that contradict each other.

    Raises:
        UserError: Naming them.
    """
    if config.cnn == caption_parts.SMALL and config.cnn_weights:
        raise UserError("--cnn small has no weights to start from; give --cnn-weights ''.")
    if config.draws % config.together:
        raise UserError(
            f"--draws must be a multiple of --together; got {config.draws} and {config.together}."
        )
    if config.image_size < 32:
        raise UserError(f"--image-size must be at least 32; got {config.image_size}.")
