"""Frame scores of sound: of whole recordings at once, or of a stream as it comes in."""

import contextlib
import itertools
import logging

import numpy as np

import zoo
from recipes.common.progress import track
from recipes.common.sound.samples import HOP, SAMPLE_RATE, as_float
from recipes.wakeword.detection.triggers import Track

AT_ONCE = 600.0  # seconds of sound in one pass
LONGEST = 600.0  # seconds: a longer one is heard in pieces
RUN_IN = 60.0  # seconds that a piece hears again of the one before it: then logits agree to 1e-5
STEP = 4.0  # seconds that lengths are rounded up to, so that few are compiled


def tracks(model, sounds):
    """The scores of sounds as `Track`s.

    Args:
        model: From `{"samples": (B, N)}` to `(B, T)`.
        sounds: An iterable of `tracks.Sound`s, of which few are kept at once.
    """
    scored = []
    for bunch in bunches(sounds):
        scores = of_samples(model, [sound.samples for sound in bunch])
        scored += [
            Track(sound.name, score, sound.ends, sound.group)
            for sound, score in zip(bunch, scores, strict=True)
        ]
    return scored


def bunches(sounds):
    """Lists of sounds, about `AT_ONCE` seconds together."""
    bunch, seconds = [], 0.0
    for sound in sounds:
        bunch.append(sound)
        seconds += sound.seconds
        if seconds >= AT_ONCE:
            yield bunch
            bunch, seconds = [], 0.0
    if bunch:
        yield bunch


def of_samples(model, samples):
    """The logits `(T,)` of each of several recordings.

    Args:
        model: From `{"samples": (B, N)}` to `(B, T)`.
        samples: Arrays `(N,)`, int16 or float32 from -1 to 1.
    """
    return of_lengths(model, [len(whole) for whole in samples], samples.__getitem__)


def of_lengths(model, lengths, read, what=""):
    """The logits `(T,)` of each of several recordings, which are read when their turn comes.

    One of more than `LONGEST` seconds is heard in pieces, each beginning `RUN_IN` seconds early:
    by then its recurrent state has forgotten that it began there.

    Args:
        model: From `{"samples": (B, N)}` to `(B, T)`.
        lengths: Number of samples of each.
        read: Function from the number of a recording to its samples.
        what: Name of the work, if its progress is to be told.
    """
    longest, run_in = round(LONGEST * SAMPLE_RATE), round(RUN_IN * SAMPLE_RATE)
    pieces = []  # (number of the recording, first sample, last one, samples that were heard before)
    for number, length in enumerate(map(int, lengths)):
        pieces.append((number, 0, min(longest, length), 0))
        for start in range(longest, length, longest - run_in):
            first = start - run_in
            pieces.append((number, first, min(first + longest, length), run_in))
    with many_shapes():
        found = _of_pieces(model, pieces, read)
        scores = dict(track(found, len(pieces), what) if what else found)
    logits = [[] for _ in lengths]
    for place, (number, _, _, before) in enumerate(pieces):
        logits[number].append(scores[place][before // HOP :])
    return [np.concatenate(parts) for parts in logits]


def _of_pieces(model, pieces, read):
    """Places in the list of pieces and their logits, pieces of like length in one batch."""
    unit = round(STEP * SAMPLE_RATE)
    rounded = [-(-max(last - first, HOP) // unit) * unit for _, first, last, _ in pieces]
    order = sorted(range(len(pieces)), key=lambda place: rounded[place])
    for length, group in itertools.groupby(order, key=lambda place: rounded[place]):
        group = list(group)
        rows = max(1, min(round(AT_ONCE * SAMPLE_RATE / length), 64))
        for start in range(0, len(group), rows):
            chosen = group[start : start + rows]
            batch = np.zeros((rows if len(group) > rows else len(chosen), length), np.float32)
            for row, place in zip(batch, chosen, strict=False):
                number, first, last, _ = pieces[place]
                row[: last - first] = as_float(read(number)[first:last])
            for row, place in zip(model.predict_on_batch({"samples": batch}), chosen, strict=False):
                _, first, last, _ = pieces[place]
                yield place, row[: (last - first) // HOP].copy()


@contextlib.contextmanager
def many_shapes():
    """Within it, TensorFlow does not warn of calls with new shapes: few recordings have as many."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


class Listener:
    """Hears a stream in pieces of any size, frame by frame.

    Args:
        step: Function from `{"samples": (1, hop), …states}` to a dict of `logits` and the states.
        states: A dict of the states before the first frame.
        hop: Samples a frame.
    """

    def __init__(self, step, states, hop=HOP):
        self._step, self._states, self._hop = step, states, hop
        self._first = states
        self._rest = np.zeros(0, np.float32)

    def anew(self):
        """A `Listener` that has heard nothing yet."""
        return Listener(self._step, self._first, self._hop)

    def push(self, samples):
        """Hear more samples: the logits of the frames that are now whole, `(n,)` float32."""
        samples = np.concatenate([self._rest, as_float(samples)])
        whole = len(samples) // self._hop * self._hop
        self._rest = samples[whole:]
        logits = []
        for frame in samples[:whole].reshape(-1, self._hop):
            outputs = self._step({"samples": frame[None], **self._states})
            self._states = {name: outputs[name] for name in self._states}
            logits.append(np.float32(np.asarray(outputs["logits"]).item()))
        return np.array(logits, np.float32)


def listener(model):
    """A `Listener` with the weights of a detector."""
    stream = zoo.streaming(model)
    states = zoo.initial_states(stream)
    stream.predict_on_batch({"samples": np.zeros((1, HOP), np.float32), **states})  # compiles it
    return Listener(stream.predict_on_batch, states)


def stream_scores(make_listener, sounds, chunk=1_600):
    """The scores of sounds as a stream hears them, as `Track`s.

    Args:
        make_listener: Function that gives a new `Listener`.
        sounds: `tracks.Sound`s.
        chunk: Samples that come in at once.
    """
    scored = []
    for sound in sounds:
        one = make_listener()
        pieces = [
            one.push(sound.samples[start : start + chunk])
            for start in range(0, len(sound.samples), chunk)
        ]
        scored.append(Track(sound.name, np.concatenate(pieces), sound.ends, sound.group))
    return scored
