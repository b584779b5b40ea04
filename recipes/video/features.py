"""Arrays that a network reads of clips: their pixels, or features of a frozen network."""

import dataclasses
import functools

import numpy as np

from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.pictures import cache, encoders
from recipes.video import reading
from recipes.video.sources import Clips
from zoo.layers.frames import mean_of_positions


@dataclasses.dataclass(frozen=True)
class Part:
    """Clips with their arrays.

    rows: The `Clips`.
    arrays: `(N, T, …)`, usually on the disk: pixels or features, the last real frame repeated.
    counts: `(N,)` number of real frames.
    numbers: `(len(rows),)` the row of `arrays` of each clip.
    labels: `(len(rows),)` int32; of frame labels `(len(rows), T)`.
    mirrored: The same as `arrays` of the mirrored clips, or None.
    """

    rows: Clips
    arrays: np.ndarray
    counts: np.ndarray
    numbers: np.ndarray
    labels: np.ndarray
    mirrored: np.ndarray | None = None

    def __len__(self):
        return len(self.numbers)

    @property
    def lengths(self):
        """`(len(self),)` number of real frames of each clip."""
        return self.counts[self.numbers]

    @property
    def real(self):
        """`(len(self), T)` True for real frames."""
        return np.arange(self.arrays.shape[1]) < self.lengths[:, None]


def prepared(parts, names, config, preparation):
    """The arrays of parts, made or found on the disk, without the clips that cannot be used.

    Args:
        parts: A dict of `Clips` by name.
        names: The labels, in order.
        config: `cache`, `bad_share`, `mirror` and `frames` count.
        preparation: The `cache.Preparation`.

    Returns:
        A dict of `Part` by name.

    Raises:
        UserError: If too many clips of all parts together cannot be used, or all of one.
    """
    wanted = [(part, preparation) for part in parts.values()]
    mirror = config.mirror and "train" in parts
    if mirror:
        wanted.append((parts["train"], cache.mirrored(preparation)))
    needed = sum(
        cache.missing_bytes(_digests(part), how, config.cache)
        for part, how in wanted
        if not _is_in_memory(part, how)
    )
    cache.ensure_space(config.cache, needed, f"{sum(map(len, parts.values())):,} clips")
    found = {name: _kept(part, preparation, config, name) for name, part in parts.items()}
    bad = [(parts[name].places[i], reason) for name in parts for i, reason in found[name].bad]
    files.report("the data", bad, sum(map(len, parts.values())), config.bad_share, "clip")
    index = {label: number for number, label in enumerate(names)}
    usable = {}
    for name, part in parts.items():
        refused = {i for i, _ in found[name].bad}
        numbers = [i for i in range(len(part)) if i not in refused]
        if not numbers:
            raise UserError(f"None of the {len(part):,} clips of {name} can be used.")
        mirrored = None
        if mirror and name == "train":
            mirrored = _kept(part, cache.mirrored(preparation), config, "train, mirrored").arrays
        rows = part.take(numbers) if refused else part
        labels = [_numbered(row, index, config.frames) for row in rows.labels]
        usable[name] = Part(
            rows,
            found[name].arrays,
            np.array(found[name].counts, np.int32),
            np.array(numbers, np.int64),
            np.array(labels, np.int32),
            mirrored,
        )
    return usable


def _numbered(labels, index, frames):
    if isinstance(labels, str):
        return index[labels]
    return [index[label] for label in labels] + [0] * (frames - len(labels))


def _is_in_memory(part, preparation):
    drawn = all(isinstance(clip, reading.Drawn) for clip in part.clips)
    return drawn and preparation.make is None


def _kept(part, preparation, config, name):
    """The `cache.Kept` of a part; drawn clips are not written to the disk."""
    items = list(zip(part.clips, part.times, strict=True))
    if not _is_in_memory(part, preparation):
        what = "frames" if preparation.make is None else "features"
        return cache.array_of(items, _digests(part), preparation, config.cache, f"{what} of {name}")
    arrays = np.empty((len(items), *preparation.shape), np.uint8)
    counts = [0] * len(items)
    for i, item in enumerate(items):
        arrays[i], counts[i] = preparation.read(item)
    return cache.Kept(arrays[..., ::-1, :] if preparation.mirror else arrays, [], counts)


def _digests(part):
    """Digests of what is read of each clip: its content and the moments."""
    times = (",".join(f"{t:.4f}" for t in row) for row in part.times)
    return [f"{digest} {row}" for digest, row in zip(part.digests, times, strict=True)]


def read(item, config):
    """The frames of a clip at its moments.

    Args:
        item: The clip and its seconds.
        config: `size`, `frames` and `folder_fps` count.

    Returns:
        `frames, count`: `(T, H, W, 3)` uint8, the last one repeated, and how many are real.
    """
    clip, times = item
    frames = list(reading.frames_at(clip, times, config.size, config.folder_fps))
    count = len(frames)
    return np.stack([*frames, *[frames[-1]] * (config.frames - count)]), count


def preparation(config, encoder=None):
    """The `cache.Preparation` of clips for a training.

    Args:
        config: Settings of the training.
        encoder: The network for images if its features are wanted, or None.
    """
    facts = f"clips of {config.frames} frames, {config.folder_fps} fps of folders"
    pixels = dataclasses.replace(
        cache.pixels(config.size),
        shape=(config.frames, *config.size, 3),
        facts=facts,
        read=functools.partial(read, config=config),
        frames=config.frames,
    )
    if encoder is None:
        return pixels
    of_picture = encoders.preparation_of(encoder, f"{config.cnn}, mean", config.size)

    def make(clips):  # clip by clip, to bound the memory
        return np.stack([of_picture.make(frames) for frames in clips])

    return dataclasses.replace(
        pixels,
        shape=(config.frames, *of_picture.shape),
        dtype=of_picture.dtype,
        facts=f"{facts} {of_picture.facts}",
        make=make,
    )


def encoder_of(config):
    """The frozen network for images of a configuration, from pixels to a vector; None if trained.

    Raises:
        UserError: If the network or its weights cannot be had.
    """
    if not config.from_features:
        return None
    encoders.features_shape(config.cnn, config.cnn_weights, config.size)
    options = config.cnn, config.cnn_weights, config.seed
    return mean_of_positions(encoders.build_encoder((*config.size, 3), *options))
