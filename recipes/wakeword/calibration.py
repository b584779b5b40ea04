"""Validation sound for exports: to compare logits, to calibrate, and to choose thresholds on."""

import itertools

import numpy as np

import zoo
from recipes.common.sound import noises
from recipes.common.sound.samples import HOP, as_float
from recipes.wakeword import scoring, sources, tracks
from recipes.wakeword.data import NOISY
from recipes.wakeword.detection import triggers

CHECKED_FRAMES = 1_000
CALIBRATION_FRAMES = 3_000
MATCHED_TRACKS = 80  # of phrases, by which a quantised detector gets its threshold


def validation(config):
    """The tracks of validation, as spoken and with noise by turns."""
    clips, noise, _ = sources.load(config)
    pool = noise["validation"] or list(noises.pool(7, 4.0, config.seed))
    both = itertools.zip_longest(  # pauses are drawn, so one may have more tracks
        tracks.of_clips(clips["validation"], 1),
        tracks.of_clips(clips["validation"], 2, NOISY, pool),
    )
    return (sound for pair in both for sound in pair if sound is not None)


def sound(config):
    """Validation tracks one after the other, `(N,)` float32, long enough for both purposes."""
    wanted = (CALIBRATION_FRAMES + CHECKED_FRAMES) * HOP
    pieces, length = [], 0
    for track in validation(config):
        pieces.append(as_float(track.samples))
        length += len(track.samples)
        if length > wanted:
            break
    return np.concatenate(pieces)[:wanted]


def features(front, samples):
    """The features of each frame of samples, a list of `(1, 1, M)`.

    Args:
        front: The streaming model from samples to features.
        samples: `(N,)` float32.
    """
    states, found = zoo.initial_states(front), []
    for frame in samples.reshape(-1, 1, HOP):
        outputs = front.predict_on_batch({"samples": frame, **states})
        states = {name: outputs[name] for name in states}
        found.append(outputs["logits"])
    return found


def inputs(network, features):
    """The inputs of the network frame by frame, a list of dicts: features and true states.

    Args:
        network: The streaming model from features to logits.
        features: A list of `(1, 1, M)`.
    """
    states, fed = zoo.initial_states(network), []
    for frame in features:
        fed.append({"features": frame, **states})
        outputs = network.predict_on_batch(fed[-1])
        states = {name: outputs[name] for name in states}
    return fed


def matched_threshold(trained, listener):
    """The threshold at which a detector with other logits hears as many phrases as the model.

    Args:
        trained: The `Trained`.
        listener: A `scoring.Listener` of the other one.
    """
    sounds = [track for track in validation(trained.config) if track.ends][:MATCHED_TRACKS]
    peaks, others = (
        np.sort(triggers.phrase_peaks(triggers.line_up(found)))[::-1]
        for found in (
            scoring.tracks(trained.model, sounds),
            scoring.stream_scores(listener.anew, sounds),
        )
    )
    hits = int((peaks >= trained.threshold).sum())
    if hits in (0, len(peaks)):
        return float(trained.threshold + np.median(others - peaks))
    return float((others[hits - 1] + others[hits]) / 2)
