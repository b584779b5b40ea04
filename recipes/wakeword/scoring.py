"""Frame scores of sound: of whole recordings at once, or of a stream as it comes in."""

import itertools

import numpy as np

from recipes.common.sound.samples import HOP, as_float
from recipes.wakeword.detection.triggers import Track

AT_ONCE = 600.0  # seconds of sound in one pass
LONGEST = 600.0  # seconds: a longer one is heard in pieces
RUN_IN = 60.0  # seconds that a piece hears again of the one before it: then logits agree to 1e-5
STEP = 4.0  # seconds that lengths are rounded up to, so that few are compiled


def tracks(model, sounds):
    """The scores of sounds as `detection.Track`s.

    Args:
        model: From `{"samples": (B, N)}` to `(B, T)`.
        sounds: `tracks.Sound`s.
    """
    heard = []
    for some in _bunches(sounds):
        scores = of_samples(model, [sound.samples for sound in some])
        heard += [
            Track(sound.name, score, sound.ends, sound.group)
            for sound, score in zip(some, scores, strict=True)
        ]
    return heard


def _bunches(sounds):
    """Sounds, about `AT_ONCE` seconds together."""
    bunch, seconds = [], 0.0
    for sound in sounds:
        bunch.append(sound)
        seconds += sound.seconds
        if seconds >= AT_ONCE:
            yield bunch
            bunch, seconds = [], 0.0
    if bunch:
        yield bunch


def of_samples(model, samples, sample_rate=16_000):
    """The logits `(T,)` of each of several recordings.

    One of more than `LONGEST` seconds is heard in pieces, each beginning `RUN_IN` seconds early:
    by then its recurrent state has forgotten that it began there.

    Args:
        model: From `{"samples": (B, N)}` to `(B, T)`.
        samples: Arrays `(N,)`, int16 or float32 from -1 to 1.
        sample_rate: Samples a second.
    """
    longest, run_in = round(LONGEST * sample_rate), round(RUN_IN * sample_rate)
    pieces = []  # (number of the recording, first sample, samples that were heard before)
    for number, whole in enumerate(samples):
        pieces.append((number, 0, 0))
        for start in range(longest, len(whole), longest - run_in):
            pieces.append((number, start - run_in, run_in))
    lengths = [min(longest, len(samples[number]) - start) for number, start, _ in pieces]
    unit = round(STEP * sample_rate)
    rounded = [-(-max(length, HOP) // unit) * unit for length in lengths]
    scores = [[] for _ in samples]
    order = sorted(range(len(pieces)), key=lambda i: rounded[i])
    found = {}
    for length, group in itertools.groupby(order, key=lambda i: rounded[i]):
        group = list(group)
        rows = max(1, min(round(AT_ONCE * sample_rate / length), 64))
        for first in range(0, len(group), rows):
            chosen = group[first : first + rows]
            batch = np.zeros((rows if len(group) > rows else len(chosen), length), np.float32)
            for row, i in zip(batch, chosen, strict=False):
                number, start, _ = pieces[i]
                row[: lengths[i]] = as_float(samples[number][start : start + lengths[i]])
            for row, i in zip(model.predict_on_batch({"samples": batch}), chosen, strict=False):
                found[i] = row[: lengths[i] // HOP]
    for i, (number, _, before) in enumerate(pieces):
        scores[number].append(found[i][before // HOP :])
    return [np.concatenate(parts) for parts in scores]


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
        """One that has heard nothing yet."""
        return Listener(self._step, self._first, self._hop)

    def push(self, samples):
        """Hear more samples: the logits of the frames that are now whole, `(n,)` float32."""
        samples = np.concatenate([self._rest, as_float(samples)])
        whole = len(samples) // self._hop * self._hop
        self._rest = samples[whole:]
        heard = []
        for frame in samples[:whole].reshape(-1, self._hop):
            outputs = self._step({"samples": frame[None], **self._states})
            self._states = {name: outputs[name] for name in self._states}
            heard.append(np.float32(np.asarray(outputs["logits"]).item()))
        return np.array(heard, np.float32)


def listener(model):
    """A `Listener` with the weights of a detector."""
    import zoo

    stream = zoo.streaming(model)
    states = zoo.initial_states(stream)
    stream.predict_on_batch({"samples": np.zeros((1, HOP), np.float32), **states})  # compiles it
    return Listener(stream.predict_on_batch, states)


def stream_scores(make_listener, sounds, chunk=1_600):
    """The scores of sounds as a stream hears them, as `detection.Track`s.

    Args:
        make_listener: Function that gives a new `Listener`.
        sounds: `tracks.Sound`s.
        chunk: Samples that come in at once.
    """
    heard = []
    for sound in sounds:
        one = make_listener()
        pieces = [
            one.push(sound.samples[start : start + chunk])
            for start in range(0, len(sound.samples), chunk)
        ]
        heard.append(Track(sound.name, np.concatenate(pieces), sound.ends, sound.group))
    return heard
