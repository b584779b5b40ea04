"""Label clips, and the frames of videos, with trained networks."""

import os
import pathlib

import numpy as np
from scipy.special import softmax

from recipes.common import plots
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.video import folders, live, moments, reading
from recipes.video import plots as video_plots
from recipes.video.trained import restore

STRIP = 48  # frames of a strip at most


def predict(run, inputs, plot=""):
    """The label of each clip with its probability, the events in each video, or both.

    Clips that cannot be used are named, and the others labelled.

    Args:
        run: The finished run.
        inputs: Names of videos, GIFs and folders of frames, or of folders with such below them.
        plot: Where a strip of the frames with their labels goes, if anywhere.

    Raises:
        UserError: If none of the clips can be used.
    """
    if plot:
        plots.check_path(plot)
    paths = _clips(inputs)
    reading.check_installed(paths)
    trained = restore(run)
    streams = {
        name: live.LiveLabels.of(job.model) for name, job in trained.jobs.items() if job.is_live
    }
    predictions, lines, bad = [], [], []
    for path in paths:
        try:
            found = {"video": path}
            strip = _labelled(trained, streams, path, found)
        except reading.BadClip as error:
            bad.append(f"The clip {path} {error}.")
            continue
        predictions.append(found)
        lines += _lines(found)
        if plot:
            _plot(found, strip, plot if len(paths) == 1 else _numbered(plot, len(predictions)))
    if not predictions:
        raise UserError(bad[0])
    for message in bad:
        tell(message)
    if bad:
        tell(f"{len(bad)} of {len(paths)} clips cannot be used.")
    return {"predictions": predictions}, lines


def _clips(inputs):
    """Names of clips; a folder without pictures of its own stands for all clips below it."""
    paths = []
    for name in inputs:
        path = pathlib.Path(name)
        if not path.exists():
            raise files.missing(name, "video or folder")
        if not path.is_dir() or any(p.suffix.lower() in reading.PICTURES for p in path.iterdir()):
            paths.append(name)
            continue
        clips = folders.clips_below(path)
        tell(f"{name}: {len(clips):,} clips.")
        paths += map(str, clips)
    if not paths:
        raise UserError("No video was named.")
    return paths


def _labelled(trained, streams, path, found):
    """Add to an answer what each network says; returns frames, labels of each and their names."""
    strip = None
    for name, job in trained.jobs.items():
        config = job.config
        facts = reading.facts_of(path, config.folder_fps)
        if name == "clip":
            times = moments.of_clip(facts, config.frames, config.fps)
            frames = np.stack(list(reading.frames_at(path, times, config.size, config.folder_fps)))
            row = softmax(
                np.asarray(job.model.predict_on_batch(live.padded(frames, job))[0], np.float64)
            )
            found |= {
                "label": job.labels[row.argmax()],
                "probability": float(row.max()),
                "probabilities": dict(zip(job.labels, map(float, row), strict=True)),
            }
            strip = frames, None, ()
            continue
        times = np.concatenate(moments.of_stretches(facts, config.frames, config.fps))
        shown = []  # frames for the strip, evenly spread
        frames = _watched(
            reading.frames_at(path, times, config.size, config.folder_fps), shown, len(times)
        )
        if job.is_live:
            rows = np.stack(list(streams[name].probabilities(frames)))
        else:
            rows = live.by_windows(job, frames)
        found["events"] = events_of(rows, times, job.labels)
        labels = rows.argmax(-1)[[number for number, _ in shown]]
        strip = np.stack([frame for _, frame in shown]), labels, job.labels
    return strip


def _watched(frames, shown, count):
    """The frames, some of which are kept for a picture."""
    step = -(-count // STRIP)
    for number, frame in enumerate(frames):
        if number % step == 0:
            shown.append((number, frame))
        yield frame


def events_of(rows, times, labels):
    """Events as dicts of `label`, `start` and `end` in seconds, and mean `probability`.

    Args:
        rows: `(T, num_classes)` probabilities.
        times: `(T,)` seconds in the middle of each frame.
        labels: The labels by number.
    """
    half = (times[1] - times[0]) / 2 if len(times) > 1 else 0.5
    return [
        {
            "label": labels[label],
            "start": round(float(times[first] - half), 3),
            "end": round(float(times[after - 1] + half), 3),
            "probability": float(rows[first:after, label].mean()),
        }
        for first, after, label in moments.runs(rows.argmax(-1), 0)
    ]


def _lines(found):
    name, lines = found["video"], []
    if "label" in found:
        lines.append(f"{name}\t{found['label']}\t{found['probability']:.4f}")
    for event in found.get("events", ()):
        span = f"{event['start']:.2f}–{event['end']:.2f} s"
        lines.append(f"{name}\t{span}\t{event['label']}\t{event['probability']:.4f}")
    if found.get("events") == [] and "label" not in found:
        lines.append(f"{name}\tno events")
    return lines


def _numbered(plot, number):
    stem, suffix = os.path.splitext(plot)
    return f"{stem}_{number}{suffix}"


def _plot(found, strip, path):
    frames, labels, names = strip
    said = f": {found['label']} ({found['probability']:.2f})" if "label" in found else ""
    video_plots.strips([(f"{found['video']}{said}", frames, labels)], path, names)
    tell(f"Strip: {path}")
