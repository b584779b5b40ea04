"""Train a language model over the notes of chords, and beside it a frame model and n-grams."""

from recipes.common.terminal import tell
from recipes.common.training.history import Stages
from recipes.common.training.language import build_model, fit
from recipes.music import baselines, data, harmony, measure, report, writing

__all__ = ["build_model", "fit", "train"]


def train(run):
    """Train the network, measure it and others on the test part, write music, and report."""
    music = data.load(run)
    model, history = fit(run, music)
    run.save(model)

    tell("Measuring, and writing pieces.")
    test, grid = music.parts["test"].frames, run.data["frames_per_quarter"]
    library = harmony.Library(music.parts["train"].frames, keys=music.transposes)
    written = writing.pieces(model, run)
    figures = {
        "test": measure.measure(model, test),
        "baselines": {"ngrams": baselines.ngrams(music)},
        "written": harmony.figures(written, library, 4 * grid),
        "real": harmony.figures(test, library, 4 * grid),
    }
    if run.config.compare:
        figures["baselines"]["frames"] = baselines.frame_model(run, music)
    metrics = run.measured(figures, model, Stages.of(history))
    report.write(run, music, model, Stages.of(history), written, metrics)
    return metrics
