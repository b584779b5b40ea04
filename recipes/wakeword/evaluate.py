"""Measure a trained detector on recordings or on its own test part."""

import dataclasses
import pathlib

from recipes.common import plots, report
from recipes.common.errors import UserError
from recipes.common.sound import recordings, speech_extent
from recipes.common.terminal import tell
from recipes.wakeword import config as wakeword_config
from recipes.wakeword import data as wakeword_data
from recipes.wakeword import exported, measure, scoring, sources, tracks
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword import report as wakeword_report
from recipes.wakeword.detection import curve, measures
from recipes.wakeword.trained import with_threshold

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
        clips, own_noise, sha256 = sources.load(config)
        if not data and sha256 != trained.sha256:
            raise UserError(
                f"{config.data} is not what it was when the run in {config.run} was trained, so "
                "its test part may hold training recordings. Name what to measure on with "
                "--positives and --negatives."
            )
        pool = own_noise["test"] or wakeword_data.mixed(config, clips, own_noise, "test").noises
        conditions = measure.test_sounds(clips["test"], pool)
    score = scorer(trained, backend)
    found, rows, curves = {}, [], {}
    for name, sounds in conditions:
        heard = score(sounds)
        found[name] = measure.measured(heard, trained.threshold)
        found[name]["at_rates"] = {
            rate: measures.measure(tracks.without_near_misses(heard), chosen)
            for rate, chosen in trained.thresholds.items()
        }
        if plot:
            curves[name] = curve.curve(tracks.without_near_misses(heard))
        rows.append(wakeword_report.line(name, found[name]))
        rows += [
            wakeword_report.line(f"{name}, chosen for {rate}/h", figures)
            for rate, figures in found[name]["at_rates"].items()
        ]
    if plot:
        wakeword_plots.error_curve(curves, plot)
        tell(f"{plot} shows misses against false alarms.")
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
    threshold = exported.threshold(_exported(trained, backend))
    moved = threshold - trained.threshold
    by_rate = {rate: chosen + moved for rate, chosen in trained.thresholds.items()}
    return dataclasses.replace(trained, threshold=threshold, thresholds=by_rate)


def _exported(trained, backend):
    return pathlib.Path(trained.config.run) / "export" / backend


def _of_other_data(config, data):
    """A run's configuration for the test part of other data alone."""
    words = config.words
    keyword = "" if data == wakeword_config.SYNTHETIC else words
    return dataclasses.replace(
        config, data=data, phrase=words, keyword=keyword, positives="", negatives="", noise=""
    )


def scorer(trained, backend):
    """Function from sounds to `detection.Track`s, by one of several ways that must agree."""
    if backend in ("model", "savedmodel"):
        model = trained.model
        if backend == "savedmodel":
            model = exported.SavedModel(_exported(trained, backend))
        return lambda sounds: scoring.tracks(model, sounds)
    if backend == "stream":
        one = scoring.listener(trained.model)
    else:
        one = exported.listener(_exported(trained, backend))
    return lambda sounds: scoring.stream_scores(one.anew, sounds)


def _recorded(bad_share, positives, negatives, noise, ratio):
    """Conditions and sounds of the user's recordings."""
    spoken = recordings.folder(positives, bad_share, "positives") if positives else None
    other = recordings.folder(negatives, bad_share, "negatives") if negatives else None
    extents = spoken and [speech_extent.speech_extent(samples) for samples in spoken.samples]

    def sounds(ratio=None, pool=()):
        if spoken:
            yield from tracks.of_recordings(spoken, "phrase", extents, ratio, pool)
        if other:
            yield from tracks.of_recordings(other, "speech", None, ratio, pool, seed=1)

    yield "as recorded", sounds()
    if noise:
        pool = recordings.folder(noise, bad_share, "noise").samples
        yield f"noise at {ratio:g} dB", sounds(ratio, pool)
