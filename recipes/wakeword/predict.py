"""Times at which a trained detector hears the phrase in files."""

import numpy as np

from recipes.common import plots
from recipes.common.errors import UserError
from recipes.common.sound import recordings
from recipes.common.sound.samples import SAMPLE_RATE, as_float
from recipes.common.terminal import tell
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword import scoring
from recipes.wakeword.detection import triggers
from recipes.wakeword.trained import restore


def predict(run, inputs, plot="", threshold=None):
    """The times in seconds at which each file says the phrase.

    Files that cannot be used are left out, named and counted.

    Raises:
        UserError: If none can be used.
    """
    if plot:
        plots.check_path(plot)
    trained = restore(run).with_threshold(threshold)
    answers, bad = [], []
    for path in inputs:
        try:
            samples = recordings.read(path)
        except recordings.BadRecording as error:
            bad.append({"file": path, "reason": str(error)})
            tell(f"Skipped: {path} {error}.")
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
        raise UserError(
            f"None of {len(bad)} files can be used: {bad[0]['file']} {bad[0]['reason']}."
        )
    lines = [f"{answer['file']}: {_times(answer)}" for answer in answers]
    if bad:
        lines.append(f"{len(bad)} of {len(bad) + len(answers)} files cannot be used")
    return {"threshold": trained.threshold, "predictions": answers, "bad": bad}, lines


def _answer(path, samples, scores, frames):
    return {
        "file": path,
        "seconds": len(samples) / SAMPLE_RATE,
        "detections": [
            {"seconds": (frame + 1) / 100, "logit": round(float(scores[frame]), 3)}
            for frame in frames
        ],
        "highest": round(float(scores.max(initial=-np.inf)), 3) if len(scores) else None,
    }


def _times(answer):
    if not answer["detections"]:
        return f"not heard (highest logit {answer['highest']})"
    return ", ".join(f"{found['seconds']:.2f} s" for found in answer["detections"])
