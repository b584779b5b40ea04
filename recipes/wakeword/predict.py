"""Times at which a trained detector hears the phrase in files."""

import os

from recipes.common import plots
from recipes.common.errors import UserError
from recipes.common.progress import track
from recipes.common.sound import recordings
from recipes.common.sound.samples import SAMPLE_RATE, as_float
from recipes.common.terminal import tell
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword import probabilities, scoring
from recipes.wakeword.detection import triggers
from recipes.wakeword.trained import restore


def predict(run, inputs, plot="", threshold=None, probability=None):
    """The times in seconds at which each file says the phrase.

    Files that cannot be used are left out, named and counted.

    Args:
        run: The run.
        inputs: Names of files, and of folders, whose recordings are taken with those below.
        plot: PNG file for a picture of the first file; none if empty.
        threshold, probability: Least logit or probability that counts; that of the run if None.

    Raises:
        UserError: If none can be used.
    """
    if plot:
        plots.check_path(plot)
    probabilities.threshold(threshold, probability)
    answers, bad = [], []
    paths = list(_files(inputs, bad))
    if bad and not paths:
        _refuse(bad)
    trained = restore(run).with_threshold(threshold, probability)
    for path in track(paths, len(paths), "listening"):
        try:
            samples = recordings.read(path)
        except recordings.BadRecording as error:
            _skip(bad, path, error)
            continue
        logits = scoring.of_samples(trained.model, [samples])[0]
        scores = triggers.smoothed(logits)
        frames = triggers.detections(logits, trained.threshold)
        answers.append(_answer(path, samples, scores, frames))
        if plot and len(answers) == 1:
            sound = as_float(samples)
            wakeword_plots.timeline(sound, scores, trained.threshold, frames, plot)
            tell(f"{plot} shows {path}.")
    if bad and not answers:
        _refuse(bad)
    lines = [f"{answer['file']}: {_times(answer)}" for answer in answers]
    if bad:
        lines.append(f"{len(bad)} of {len(bad) + len(answers)} files cannot be used")
    result = {
        "threshold": trained.threshold,
        "threshold_probability": probabilities.rounded(trained.threshold),
        "predictions": answers,
        "bad": bad,
    }
    return result, lines


def _files(inputs, bad):
    """The files that are named, those of folders in the natural order of their names."""
    for path in inputs:
        if not os.path.isdir(path):
            yield path
        elif found := recordings.within(path):
            yield from map(str, found)
        else:
            _skip(bad, path, f"is a folder without recordings ({recordings.KINDS})")


def _refuse(bad):
    first = f"{bad[0]['file']} {bad[0]['reason']}"
    raise UserError(
        f"None of {len(bad)} files can be used: {first}." if len(bad) > 1 else f"{first}."
    )


def _skip(bad, path, reason):
    bad.append({"file": path, "reason": str(reason)})
    tell(f"Skipped: {path} {reason}.")


def _answer(path, samples, scores, frames):
    return {
        "file": path,
        "seconds": len(samples) / SAMPLE_RATE,
        "times": [(frame + 1) / 100 for frame in frames],
        "highest_probability": probabilities.rounded(scores.max()),
        "highest": round(float(scores.max()), 3),
        "detections": [
            {
                "seconds": (frame + 1) / 100,
                "probability": probabilities.rounded(scores[frame]),
                "logit": round(float(scores[frame]), 3),
            }
            for frame in frames
        ],
    }


def _times(answer):
    if not answer["detections"]:
        return f"not heard (highest probability {probabilities.shown(answer['highest'])})"
    return ", ".join(
        f"{found['seconds']:.2f} s ({probabilities.shown(found['logit'])})"
        for found in answer["detections"]
    )
