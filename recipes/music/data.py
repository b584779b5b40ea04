"""Pieces as streams of events, transposed anew in each epoch where that is asked for."""

import dataclasses

import numpy as np

from recipes.common.data.batching import join
from recipes.common.data.streams import Streams
from recipes.common.terminal import tell
from recipes.common.writing import sizes
from recipes.music import events, harmony, sources

VALIDATION_STREAMS = 32
LEAST_SHARED = 0.5  # share of the pieces by whose key all are taken to be in one
FARTHEST = 6  # semitones by which a piece is transposed


@dataclasses.dataclass(frozen=True)
class Data:
    """The three parts as pieces and as streams."""

    parts: dict[str, sources.Pieces]
    train: Streams
    validation: Streams
    transposes: bool
    facts: dict


def facts_of(config):
    """The arguments of a builder that events decide, and whether frames are told of."""
    frame = {"frame_token": events.NEXT} if config.frame_context else {}
    return {"vocab_size": events.VOCAB_SIZE, **frame}


class Transposed(Streams):
    """Streams of pieces, each moved in each epoch by another number of semitones.

    Args: Those of `Streams`, and
        shifts: The least and the most semitones of each piece, `(N, 2)`.
        until: Epochs after which pieces stay where they are; None for never.
    """

    def __init__(self, ids, starts, *args, shifts, until=None, **kwargs):
        pieces, self.until, kept, moved = len(starts) - 1, until, [], []
        for shift in range(shifts[:, 0].min(), shifts[:, 1].max() + 1):
            for piece in np.flatnonzero((shifts[:, 0] <= shift) & (shift <= shifts[:, 1])):
                kept.append(events.shifted(ids[starts[piece] : starts[piece + 1]], shift))
                moved.append((piece, shift))
        bounds = np.cumsum([0, *map(len, kept)])
        super().__init__(np.concatenate(kept), bounds, *args, **kwargs)
        # Of each piece the numbers of its copies, and of that as it is; the order is of pieces.
        of_piece = np.array([piece for piece, _ in moved])
        self.copies = [np.flatnonzero(of_piece == piece) for piece in range(pieces)]
        self.unmoved = np.array([moved.index((piece, 0)) for piece in range(pieces)])
        self.chunks = self.chunks[self.unmoved]

    def order(self, epoch=0):
        """The chunks of each batch, as those of `Streams`, of the copies of this epoch."""
        order = super().order(epoch)
        stays = self.until is not None and epoch >= self.until
        chosen = self.unmoved if stays else self._drawn(epoch)
        order[..., 0] = np.where(order[..., 0] < 0, -1, chosen[order[..., 0]])
        return order

    def _drawn(self, epoch):
        """A copy of each piece."""
        generator = np.random.Generator(np.random.PCG64([self.seed, epoch, 1]))
        drawn = generator.random(len(self.copies))
        pairs = zip(self.copies, drawn, strict=True)
        return np.array([copies[int(at * len(copies))] for copies, at in pairs])


def load(run):
    """Read, divide and encode; `data.json` has the grid and whether pieces are transposed."""
    parts, about = sources.load(run.config)
    pieces = parts["train"].frames
    setting, why = decide(run.config.transpose, pieces)
    sizes_of = {name: len(part) for name, part in parts.items()}
    frames = {name: sum(map(len, part.frames)) for name, part in parts.items()}
    # Settings that follow the amount of data go by pieces of sixty frames.
    run.begin(
        about.pop("sha256"), sizes_of, frames=frames, transposed=setting,
        voices=harmony.voices(pieces), registers=harmony.registers(pieces), **about,
    )  # fmt: skip
    sizes.announce(run, "pieces")
    tell(why)
    config = run.config
    ends = {"begin_token": events.BEGIN, "end_token": events.END}
    train = _joined(pieces)
    shape = (config.batch_size, config.steps)
    if setting == "off":
        streams = Streams(*train, *shape, seed=config.seed, **ends)
    else:
        until = {"on": None, "first": round(config.transposed_share * config.epochs)}[setting]
        streams = Transposed(
            *train, *shape, shifts=room(pieces), until=until, seed=config.seed, **ends
        )
    rows = min(VALIDATION_STREAMS, len(parts["validation"]))
    held_out = _joined(parts["validation"].frames)
    validation = Streams(*held_out, rows, config.steps, **ends)
    return Data(parts, streams, validation, setting == "on", facts_of(config))


def _joined(pieces):
    ids, starts = join([events.encode(frames) for frames in pieces])
    return ids.astype(np.uint8), starts


def room(pieces):
    """The least and the most semitones by which each piece is moved, `(N, 2)`."""
    lows = np.array([min(key for frame in piece for key in frame) for piece in pieces])
    highs = np.array([max(key for frame in piece for key in frame) for piece in pieces])
    # No farther than the pieces reach together: beyond, the network would learn what never comes.
    down = np.clip(lows - lows.min(), 0, FARTHEST)
    up = np.clip(highs.max() - highs, 0, FARTHEST - 1)
    return np.stack([-down, up], 1)


def decide(setting, pieces):
    """The transposition of training pieces, `"on"`, `"first"` or `"off"`, and a sentence on why."""
    if setting != "auto":
        done = {"on": "", "first": "at first ", "off": "not "}[setting]
        return setting, f"Training pieces are {done}transposed."
    share = harmony.shared_key(pieces)
    if share > LEAST_SHARED:
        return "off", f"{share:.0%} of the pieces share a key: they are not transposed."
    return "on", f"No more than {share:.0%} of the pieces share a key: they are transposed."
