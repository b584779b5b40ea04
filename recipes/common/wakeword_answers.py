"""What a finished detector gives: figures on recordings, times of detection, and live listening."""

import contextlib
import dataclasses
import pathlib
import sys

import numpy as np

from recipes.common import (
    detection,
    detector,
    exported_detectors,
    listening,
    plots,
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
FILES = (b"RIFF", b"fLaC", b"OggS", b"ID3")  # how files of sound begin
MOST_DECIBELS = 100


def evaluate(
    trained,
    data="",
    positives="",
    negatives="",
    noise="",
    ratio=10.0,
    backend="model",
    threshold=None,
    bad_share=0.01,
    plot="",
):
    """Measure a finished run on recordings, or on its own test part.

    Args:
        trained: A `detector.Trained`.
        data: Another `--data` of words by folder, its test part; ignored with recordings.
        positives, negatives: Folders of recordings with the phrase and without.
        noise: Folder of noise for a second measurement.
        ratio: Its signal-to-noise ratio in decibels.
        backend: `"model"`, `"stream"`, or the folder of an export, such as `"litert"`.
        threshold: Least logit that counts; that of the run if None.
        bad_share: Share of recordings that may be unusable.
        plot: Where a picture of misses against false alarms goes; none if empty.

    Raises:
        UserError: If recordings are unusable, or the own test part is not what it was.
    """
    if not abs(ratio) <= MOST_DECIBELS:
        raise UserError(f"--ratio must be from -{MOST_DECIBELS} to {MOST_DECIBELS}; got {ratio}.")
    if plot:
        plots.check_path(plot)
        if (negatives and not positives) or (positives and not negatives):
            raise UserError(
                "--plot draws misses against false alarms: give --positives and "
                "--negatives, or neither for the test part."
            )
    trained = with_threshold(as_exported(trained, backend), threshold)
    if positives or negatives:
        what = " and ".join(part for part in (positives, negatives) if part)
        conditions = _recorded(bad_share, positives, negatives, noise, ratio)
    elif noise:
        raise UserError(
            f"--noise {noise} is added to recordings; name some with --positives and --negatives."
        )
    else:
        config = _of_other_data(trained.config, data) if data else trained.config
        what = data or f"{config.data} (test part)"
        clips, own_noise, sha256 = spoken_sources.load(config)
        if not data and sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training recordings. Name what to measure on with "
                "--positives and --negatives."
            )
        pool = own_noise["test"] or detector.mixed(config, clips, own_noise, "test").noises
        conditions = wakeword_report.test_sounds(clips["test"], pool)
    score = scorer(trained, backend)
    found, rows, curves = {}, [], {}
    for name, sounds in conditions:
        heard = score(sounds)
        found[name] = wakeword_report.measured(heard, trained.threshold)
        found[name]["at_rates"] = {
            rate: detection.measure(sounds_of.ordinary(heard), chosen)
            for rate, chosen in trained.thresholds.items()
        }
        if plot:
            curves[name] = detection.curve(sounds_of.ordinary(heard))
        rows.append(wakeword_report.line(name, found[name]))
        rows += [
            wakeword_report.line(f"{name}, chosen for {rate}/h", figures)
            for rate, figures in found[name]["at_rates"].items()
        ]
    if plot:
        pictures.error_curve(curves, plot)
        say(f"{plot} shows misses against false alarms.")
    first = next(iter(found.values()))
    return {
        "data": what,
        "backend": backend,
        "threshold": trained.threshold,
        "test": {
            **{name: first[name] for name in wakeword_report.HEADLINE},
            "conditions": found,
        },
        "summary": [f"{what}, threshold {trained.threshold:.3f}", report.columns(rows)],
    }


def as_exported(trained, backend):
    """The same detector with the thresholds of its exported file: all moved by as much."""
    if backend in ("model", "stream", "savedmodel"):
        return trained
    threshold = exported_detectors.threshold(_exported(trained, backend))
    moved = threshold - trained.threshold
    by_rate = {rate: chosen + moved for rate, chosen in trained.thresholds.items()}
    return dataclasses.replace(trained, threshold=threshold, thresholds=by_rate)


def _exported(trained, backend):
    return pathlib.Path(trained.config.run) / "export" / backend


def with_threshold(trained, threshold):
    """The same detector with a threshold of the user's, which stands for all rates.

    Raises:
        UserError: If it is no number.
    """
    if threshold is None:
        return trained
    if not np.isfinite(threshold):
        raise UserError(f"--threshold must be a finite number; got {threshold}.")
    return dataclasses.replace(trained, threshold=threshold, thresholds={})


def _of_other_data(config, data):
    """A run's configuration for the test part of other data alone."""
    words = config.words
    keyword = "" if data == detector.SYNTHETIC else words
    return dataclasses.replace(
        config, data=data, phrase=words, keyword=keyword, positives="", negatives="", noise=""
    )


def scorer(trained, backend):
    """Function from sounds to `detection.Track`s, by one of several ways that must agree."""
    if backend in ("model", "savedmodel"):
        model = trained.model
        if backend == "savedmodel":
            model = exported_detectors.SavedModel(_exported(trained, backend))
        return lambda sounds: listening.tracks(model, sounds)
    if backend == "stream":
        one = listening.listener(trained.model)
    else:
        one = exported_detectors.listener(_exported(trained, backend))
    return lambda sounds: listening.stream_scores(one.anew, sounds)


def _recorded(bad_share, positives, negatives, noise, ratio):
    """Conditions and sounds of the user's recordings."""
    spoken = recordings.folder(positives, bad_share, "positives") if positives else None
    other = recordings.folder(negatives, bad_share, "negatives") if negatives else None
    extents = spoken and [recordings.speech_extent(samples) for samples in spoken.samples]

    def sounds(ratio=None, pool=()):
        if spoken:
            yield from sounds_of.of_recordings(spoken, "phrase", extents, ratio, pool)
        if other:
            yield from sounds_of.of_recordings(other, "speech", None, ratio, pool, seed=1)

    yield "as recorded", sounds()
    if noise:
        pool = recordings.folder(noise, bad_share, "noise").samples
        yield f"noise at {ratio:g} dB", sounds(ratio, pool)


def predict(trained, inputs, plot="", threshold=None):
    """The times in seconds at which each file says the phrase.

    Files that cannot be used are left out, named and counted.

    Raises:
        UserError: If none can be used.
    """
    threshold = with_threshold(trained, threshold).threshold
    if plot:
        plots.check_path(plot)
    answers, bad = [], []
    for path in lines_of(inputs):
        try:
            samples = recordings.read(path)
        except recordings.BadRecording as error:
            bad.append({"file": path, "reason": str(error)})
            say(f"Skipped: {path} {error}.")
            continue
        logits = listening.of_samples(trained.model, [samples])[0]
        scores, frames = detection.smoothed(logits), detection.detections(logits, threshold)
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
            pictures.timeline(listening.as_float(samples), scores, threshold, frames, plot)
            say(f"{plot} shows {path}.")
    if bad and not answers:
        raise UserError(
            f"None of {len(bad)} files can be used: {bad[0]['file']} {bad[0]['reason']}."
        )
    lines = [f"{answer['file']}: {_times(answer)}" for answer in answers]
    if bad:
        lines.append(f"{len(bad)} of {len(bad) + len(answers)} files cannot be used")
    return {"threshold": threshold, "predictions": answers, "bad": bad, "summary": lines}


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
    threshold = with_threshold(trained, threshold).threshold
    listener = listening.listener(trained.model)
    trigger = detection.Trigger(threshold)
    times, received = [], 0
    rest = b""
    with _opened(source) as stream:
        say(f"Listening for {trained.config.words!r}; 16 kHz, 16 bits, one channel.")
        with contextlib.suppress(KeyboardInterrupt):
            while piece := _read(stream):
                if not received and piece.startswith(FILES):
                    raise UserError(
                        f"{'Standard input' if source == '-' else source} is a file of sound, not "
                        "raw samples; give files to the verb predict, or record with -t raw."
                    )
                received += len(piece)
                whole = (rest + piece)[: len(rest + piece) // 2 * 2]
                rest = (rest + piece)[len(whole) :]
                scores = listener.push(np.frombuffer(whole, "<i2").astype(np.int16))
                for frame in trigger.feed(scores):
                    times.append((frame + 1) / 100)
                    say(f"{times[-1]:.2f} s: heard {trained.config.words!r}")
    seconds = received / 2 / recordings.SAMPLE_RATE
    unheard = received % (2 * listening.HOP)
    message = f"the sound ended within a frame: {unheard} bytes unheard" if unheard else ""
    return {
        "threshold": threshold,
        "seconds": seconds,
        "detections": times,
        "unheard_bytes": unheard,
        "message": message,
        "summary": [f"{len(times)} times in {seconds:.2f} s", *filter(None, [message])],
    }


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
