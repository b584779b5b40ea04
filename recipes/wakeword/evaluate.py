"""Measure a trained detector on recordings, on its own test part, or on that of other data."""

import dataclasses
import functools

from recipes.common import plots, report
from recipes.common.errors import UserError
from recipes.common.sound import recordings
from recipes.common.sound.speech_extent import speech_extent
from recipes.common.terminal import tell
from recipes.wakeword import exported, measure, probabilities, scoring, sources, tracks
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword.config import SYNTHETIC
from recipes.wakeword.data import mixed
from recipes.wakeword.detection import curve, measures
from recipes.wakeword.report import line, notes
from recipes.wakeword.trained import restore

MOST_DECIBELS = 100
OF_THE_MODEL = ("model", "stream", "savedmodel")  # backends with the logits of the model


def evaluate(run, data="", backend="model", threshold=None, probability=None, plot="", **recorded):
    """Measure a finished run.

    Args:
        run: The run.
        data: Another `--data`, whose test part is measured on; ignored with recordings.
        backend: `"model"`, `"stream"`, or the folder of an export, such as `"litert"`.
        threshold, probability: Least logit or probability that counts; that of the run if None.
        plot: PNG file for a picture of misses against false alarms; none if empty.
        **recorded: The fields of `Recorded`.

    Raises:
        UserError: If recordings are unusable, or the own test part has changed.
    """
    recorded = Recorded(**recorded)
    if not recorded.encoding:
        recorded = dataclasses.replace(recorded, encoding=run.config.encoding)
    recorded.check(plot)
    if plot:
        plots.check_path(plot)
    probabilities.threshold(threshold, probability)
    if recorded.is_given:  # read before the model is, which takes seconds
        name, conditions = recorded.name, recorded.sounds()
    else:
        name = data or f"{run.config.data} (test part)"
        conditions = _test_part(run, data)
    trained = as_exported(restore(run), backend).with_threshold(threshold, probability)
    score = scorer(trained, backend)
    found = {condition: score(sounds()) for condition, sounds in conditions.items()}
    if plot:
        others = {condition: measure.without_near_misses(found[condition]) for condition in found}
        curves = {condition: curve.curve(others[condition]) for condition in others}
        wakeword_plots.error_curve(curves, plot)
        tell(f"{plot} shows misses against false alarms.")
    figures = {condition: _figures(trained, of_it) for condition, of_it in found.items()}
    first = next(iter(figures.values()))
    headline = {figure: first[figure] for figure in measure.HEADLINE}
    result = {
        "data": name,
        "backend": backend,
        "threshold": trained.threshold,
        "threshold_probability": probabilities.rounded(trained.threshold),
        "test": {**headline, "conditions": figures},
    }
    title = f"{name}, threshold {probabilities.shown(trained.threshold)}"
    rows = _rows(figures)
    return result, [title, report.columns(rows), *notes(rows)]


def _figures(trained, found):
    """Figures of tracks at the threshold of a detector, and at those for other rates."""
    others = measure.without_near_misses(found)
    return {
        **measure.measured(found, trained.threshold),
        "at_rates": {
            rate: measures.measure(others, threshold)
            for rate, threshold in trained.thresholds.items()
        },
    }


def _rows(figures):
    """Rows for people: each condition, at the threshold and at those for other rates."""
    rows = []
    for condition, found in figures.items():
        rows.append(line(condition, found))
        for rate, at_rate in found["at_rates"].items():
            rows.append(line(f"{condition}, chosen for {rate}/h", at_rate))
    return rows


@dataclasses.dataclass(frozen=True)
class Recorded:
    """The user's recordings to measure on.

    Attributes:
        positives, negatives: Folders of recordings with the phrase and without.
        noise: Folder of noise for a second measurement.
        ratio: Its signal-to-noise ratio in decibels.
        bad_share: Share of recordings that may be unusable.
        encoding: Encoding of lists of recordings; the run's own if empty.
    """

    positives: str = ""
    negatives: str = ""
    noise: str = ""
    ratio: float = 10.0
    bad_share: float = 0.01
    encoding: str = ""

    @property
    def is_given(self):
        """True if recordings are named; noise alone is no measurement."""
        return bool(self.positives or self.negatives)

    @property
    def name(self):
        """Their name in results."""
        return " and ".join(filter(None, (self.positives, self.negatives)))

    def check(self, plot):
        """Refuse options that say nothing together.

        Raises:
            UserError: Naming them.
        """
        if not abs(self.ratio) <= MOST_DECIBELS:
            raise UserError(
                f"--ratio must be from -{MOST_DECIBELS} to {MOST_DECIBELS}; got {self.ratio}."
            )
        if plot and self.is_given and not (self.positives and self.negatives):
            raise UserError(
                "--plot draws misses against false alarms: give --positives and --negatives, or "
                "neither for the test part."
            )
        if self.noise and not self.is_given:
            raise UserError(
                f"--noise {self.noise} is added to recordings; name some with --positives and "
                "--negatives."
            )

    def sounds(self):
        """A dict from the condition to a function that makes the `tracks.Sound`s.

        Raises:
            UserError: If a folder is missing or too many of its recordings cannot be used.
        """
        spoken = self._read(self.positives, "positives")
        others = self._read(self.negatives, "negatives")
        noise = self._read(self.noise, "noise")
        extents = spoken and [speech_extent(samples) for samples in spoken.samples]

        def make(ratio=None, pool=()):
            if spoken:
                yield from tracks.of_recordings(spoken, "phrase", extents, ratio, pool)
            if others:
                yield from tracks.of_recordings(others, "speech", None, ratio, pool, seed=1)

        conditions = {"as recorded": make}
        if noise:
            noisy = functools.partial(make, self.ratio, noise.samples)
            conditions[f"noise at {self.ratio:g} dB"] = noisy
        return conditions

    def _read(self, folder, what):
        if not folder:
            return None
        return recordings.folder(folder, self.bad_share, what, encoding=self.encoding)


def _test_part(run, data):
    """The tracks of the test part of other data, or of the run's own, as `measure.test_sounds`."""
    config = _of_other_data(run.config, data) if data else run.config
    clips, noise, sha256 = sources.load(config)
    if data:
        part = clips["test"]
    else:
        advice = "Name what to measure on with --positives and --negatives."
        part = run.own_test_part(clips, sha256, advice)
    pool = noise["test"] or mixed(config, clips, noise, "test").noises
    return measure.test_sounds(part, pool)


def _of_other_data(config, data):
    """A run's configuration for the test part of other data alone."""
    words = config.words
    keyword = "" if data == SYNTHETIC else words
    return dataclasses.replace(
        config, data=data, phrase=words, keyword=keyword, positives="", negatives="", noise=""
    )


def as_exported(trained, backend):
    """The same detector with the thresholds of its exported file: all moved by as much."""
    if backend in OF_THE_MODEL:
        return trained
    threshold = exported.threshold(_folder(trained, backend))
    moved = threshold - trained.threshold
    by_rate = {rate: chosen + moved for rate, chosen in trained.thresholds.items()}
    return dataclasses.replace(trained, threshold=threshold, thresholds=by_rate)


def _folder(trained, backend):
    return trained.run.directory / "export" / backend


def scorer(trained, backend):
    """Function from sounds to `Track`s, by one of several ways that must agree."""
    if backend == "model":
        return functools.partial(scoring.tracks, trained.model)
    if backend == "savedmodel":
        loaded = exported.SavedModel(_folder(trained, backend))
        return functools.partial(scoring.tracks, loaded)
    if backend == "stream":
        one = scoring.listener(trained.model)
    else:
        one = exported.listener(_folder(trained, backend))
    return functools.partial(scoring.stream_scores, one.anew)
