"""What a finished detector gives: figures on recordings, times of detection, and live listening."""

import contextlib
import dataclasses
import pathlib
import sys

import numpy as np

from recipes.common import (
    detection,
    exported_detectors,
    listening,
    noises,
    recordings,
    report,
    spoken_sources,
    wakeword_report,
)
from recipes.common import detection_plots as pictures
from recipes.common import tracks as sounds_of
from recipes.common.errors import UserError
from recipes.common.terminal import lines_of, say

CHUNK = 3_200  # bytes: a tenth of a second


def evaluate(trained, data="", positives="", negatives="", noise="", ratio=10.0, backend="model"):
    """Measure a finished run on recordings, or on its own test part.

    Args:
        trained: A `detector.Trained`.
        data: Another `--data` of words by folder, its test part; ignored with recordings.
        positives, negatives: Folders of recordings with the phrase and without.
        noise: Folder of noise for a second measurement.
        ratio: Its signal-to-noise ratio in decibels.
        backend: `"model"`, `"stream"` or `"litert"`.

    Raises:
        UserError: If recordings are unusable, or the own test part is not what it was.
    """
    if positives or negatives:
        what = " and ".join(part for part in (positives, negatives) if part)
        conditions = _recorded(trained.config, positives, negatives, noise, ratio)
    else:
        config = trained.config
        what = data or f"{config.data} (test part)"
        clips, own_noise, sha256 = spoken_sources.load(
            dataclasses.replace(config, data=data) if data else config
        )
        if not data and sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training recordings. Name what to measure on with "
                "--positives and --negatives."
            )
        pool = own_noise["test"] or list(noises.pool(28, 4.0, config.seed + 2))
        conditions = wakeword_report.test_sounds(clips["test"], pool)
    score = scorer(trained, backend)
    found = {}
    for name, sounds in conditions:
        found[name] = wakeword_report.measured(score(sounds), trained.threshold)
    rows = [wakeword_report.line(name, figures) for name, figures in found.items()]
    first = next(iter(found.values()))
    return {
        "data": what,
        "backend": backend,
        "test": {
            **{name: first[name] for name in wakeword_report.HEADLINE},
            "conditions": found,
        },
        "summary": [f"{what}, threshold {trained.threshold:.3f}", report.columns(rows)],
    }


def scorer(trained, backend):
    """Function from sounds to `detection.Track`s, by one of three ways that must agree."""
    if backend == "model":
        return lambda sounds: listening.tracks(trained.model, sounds)
    if backend == "stream":
        return lambda sounds: listening.stream_scores(
            lambda: listening.listener(trained.model), sounds
        )
    path = pathlib.Path(trained.config.run) / "export" / "litert"
    return lambda sounds: listening.stream_scores(lambda: exported_detectors.listener(path), sounds)


def _recorded(config, positives, negatives, noise, ratio):
    """Conditions and sounds of the user's recordings."""
    spoken = recordings.folder(positives, config.bad_share, "positives") if positives else None
    other = recordings.folder(negatives, config.bad_share, "negatives") if negatives else None
    extents = spoken and [recordings.speech_extent(samples) for samples in spoken.samples]

    def sounds(ratio=None, pool=()):
        if spoken:
            yield from sounds_of.of_recordings(spoken, "phrase", extents, ratio, pool)
        if other:
            yield from sounds_of.of_recordings(other, "speech", None, ratio, pool, seed=1)

    yield "as recorded", sounds()
    if noise:
        pool = recordings.folder(noise, config.bad_share, "noise").samples
        yield f"noise at {ratio:g} dB", sounds(ratio, pool)


def predict(trained, inputs, plot="", threshold=None):
    """The times in seconds at which each file says the phrase.

    Raises:
        UserError: If a file cannot be used; those before it are reported first.
    """
    threshold = trained.threshold if threshold is None else threshold
    paths = list(lines_of(inputs))
    answers = []
    for path in paths:
        try:
            samples = recordings.read(path)
        except recordings.BadRecording as error:
            raise UserError(f"{path} {error}.") from None
        scores = listening.of_samples(trained.model, [samples])[0]
        frames = detection.detections(scores, threshold)
        answers.append(
            {
                "file": path,
                "seconds": len(samples) / recordings.SAMPLE_RATE,
                "detections": [
                    {"seconds": (frame + 1) / 100, "logit": round(float(scores[frame]), 3)}
                    for frame in frames
                ],
                "highest": round(float(scores.max(initial=-np.inf)), 3) if len(scores) else None,
            }
        )
        if plot and len(answers) == 1:
            pictures.timeline(samples, scores, threshold, frames, plot)
            say(f"{plot} shows {path}.")
    return {
        "threshold": threshold,
        "predictions": answers,
        "summary": [f"{answer['file']}: {_times(answer)}" for answer in answers],
    }


def _times(answer):
    if not answer["detections"]:
        return f"not heard (highest logit {answer['highest']})"
    return ", ".join(f"{found['seconds']:.2f} s" for found in answer["detections"])


def listen(trained, source="-", threshold=None):
    """Hear 16-bit samples as they come in; each detection is said at once on standard error.

    A last odd byte, and samples that make no whole frame, are left out and counted.

    Raises:
        UserError: If the source cannot be opened.
    """
    threshold = trained.threshold if threshold is None else threshold
    listener = listening.listener(trained.model)
    trigger = detection.Trigger(threshold)
    times, received = [], 0
    rest = b""
    with _opened(source) as stream:
        say(f"Listening for {trained.config.phrase!r}; 16 kHz, 16 bits, one channel.")
        with contextlib.suppress(KeyboardInterrupt):
            while piece := _read(stream):
                received += len(piece)
                whole = (rest + piece)[: len(rest + piece) // 2 * 2]
                rest = (rest + piece)[len(whole) :]
                scores = listener.push(np.frombuffer(whole, "<i2").astype(np.int16))
                for frame in trigger.feed(scores):
                    times.append((frame + 1) / 100)
                    say(f"{times[-1]:.2f} s: heard {trained.config.phrase!r}")
    seconds = received / 2 / recordings.SAMPLE_RATE
    lines = [f"{len(times)} times in {seconds:.2f} s"]
    if left := received % (2 * listening.HOP):
        lines.append(f"the sound ended within a frame: {left} bytes unheard")
    return {"threshold": threshold, "seconds": seconds, "detections": times, "summary": lines}


@contextlib.contextmanager
def _opened(source):
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        with open(source, "rb") as stream:
            yield stream
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}.") from None


def _read(stream):
    """What has come in, as soon as there is something."""
    return stream.read1(CHUNK) if hasattr(stream, "read1") else stream.read(CHUNK)
