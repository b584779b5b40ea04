"""The report and the pictures of trained networks of clips and frames."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import plots, report, storage
from recipes.common.labelling.plots import confusion_matrix
from recipes.video import features, moments
from recipes.video import plots as video_plots

NEEDED = ("test", "baselines", "jobs")  # of `metrics.json`, for `summary`
HEADINGS = {"clip": "label of a clip (test)", "frames": "label of each frame (test)"}
FIGURES = {
    "clip": {"accuracy": "accuracy", "macro_f1": "macro F1"},
    "frames": {
        "f1": "F1 of events, by frame", "accuracy": "accuracy by frame",
        "onsets": "onset within 1 frame", "ends": "end within 1 frame",
        "false_events": "false events a true one",
    },
}  # fmt: skip
SHOWN = 6  # clips in a picture
MOST_LABELS = 30  # that a confusion matrix has room for


@dataclasses.dataclass(frozen=True)
class Result:
    """A trained job for the report.

    job: Its `data.Job`.
    model: The network, from pixels on.
    stages: Its `training.history.Stages`.
    predicted: Probabilities of the test part.
    """

    job: Any
    model: Any
    stages: Any
    predicted: np.ndarray


def summary(metrics):
    """Lines for people on what a training came to."""
    lines = []
    for job, test in metrics["test"].items():
        first = next(iter(FIGURES[job]))
        lines.append(f"{HEADINGS[job]}: {FIGURES[job][first]}")
        rows = [("recurrent network", test), *metrics["baselines"][job].items()]
        lines.append(report.columns([(f"  {name}", values[first]) for name, values in rows]))
        if job == "frames":
            lines.append(
                f"  onset within 1 frame: {test['onsets']:.1%} of {test['events']:,} events"
            )
    return lines


def write(run, results, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        results: A dict of `Result` by job, the first one the run's own.
        metrics: The content of `metrics.json`.
    """
    tables, pictures = [], []
    for number, (name, result) in enumerate(results.items()):
        curves = f"learning_curves{f'_{name}' if number else ''}.png"
        plots.learning_curves(result.stages, run.directory / curves)
        pictures += [curves, *_pictures(run, name, result)]
        rows = [("recurrent network", metrics["test"][name]), *metrics["baselines"][name].items()]
        figures = FIGURES[name]
        values = [(row, *(found.get(key, "–") for key in figures)) for row, found in rows]
        heading = f"{HEADINGS[name].capitalize()}: {', '.join(result.job.labels)}"
        tables.append(f"{heading}\n\n{report.table(['model', *figures.values()], values)}")
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run,
            metrics,
            "clips",
            *(
                (f"epochs of the network for {name}", metrics["jobs"][name]["epochs"])
                for name in list(results)[1:]
            ),
        ),
        ("Test results", "\n\n".join(tables)),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in pictures)),
    )
    storage.write_text(run.directory / "report.md", page)


def _pictures(run, name, result):
    """Draw test clips with what was predicted; returns the names of the pictures."""
    test, labels = result.job.parts["test"], result.job.labels
    chosen = _chosen(test, name)
    pixels = [_pixels(test, i, result.job.config) for i in chosen]
    if name == "clip":
        found = result.predicted.argmax(-1)
        several = ["clips.png"]
        if len(labels) <= MOST_LABELS:
            confusion_matrix(test.labels, found, labels, run.directory / "confusion.png")
            several = ["confusion.png", *several]
        clips = [
            (f"{labels[found[i]]} ({result.predicted[i].max():.2f}); true: {test.rows.labels[i]}",
             frames, None)
            for i, frames in zip(chosen, pixels, strict=True)
        ]  # fmt: skip
        video_plots.strips(clips, run.directory / "clips.png")
        return several
    lines, clips = [], []
    for i, frames in zip(chosen, pixels, strict=True):
        length, times = test.lengths[i], test.rows.times[i]
        step = times[1] - times[0] if len(times) > 1 else 1.0
        events = [
            (times[first] - step / 2, times[after - 1] + step / 2, labels.index(label))
            for first, after, label in moments.runs(test.rows.labels[i])
        ]
        title = test.rows.places[i]
        lines.append((title, times, result.predicted[i, :length], events))
        clips.append((title, frames, result.predicted[i, :length].argmax(-1)))
    video_plots.timelines(lines, labels, run.directory / "timeline.png")
    video_plots.strips(clips, run.directory / "frames.png", labels)
    return ["timeline.png", "frames.png"]


def _chosen(test, name):
    """Numbers of the clips to show: of several labels, or those with the most events."""
    if name == "clip":
        by_label = [np.flatnonzero(test.labels == label) for label in np.unique(test.labels)]
        by_label = by_label[:SHOWN]
        return [found[i * len(found) // len(by_label)] for i, found in enumerate(by_label)]
    events = np.array([len(moments.runs(labels)) for labels in test.rows.labels])
    most = np.sort(np.argsort(-events, kind="stable")[: max(SHOWN, len(events) // 2)])
    return most[:: -(-len(most) // SHOWN)]


def _pixels(test, i, config):
    """The real frames of a test clip, read anew if only features were kept."""
    if test.arrays.dtype == np.uint8:
        return np.asarray(test.arrays[test.numbers[i]][: test.lengths[i]])
    frames, count = features.read((test.rows.clips[i], test.rows.times[i]), config)
    return frames[:count]
