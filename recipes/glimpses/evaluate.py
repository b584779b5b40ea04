"""Measure a trained network on its own test part or on scenes of other pictures."""

from recipes.common import report
from recipes.common.pictures import labelled
from recipes.glimpses import measure
from recipes.glimpses.data import made_once
from recipes.glimpses.trained import restore


def evaluate(run, data=""):
    """Measure a finished run on scenes of other data, or on its own test part.

    Args:
        run: The run.
        data: What names other data.

    Raises:
        UserError: If the data is unusable, or has labels or a size of pictures that the training
            did not have.
    """
    trained = restore(run)
    part, data = labelled.to_measure(run, data, trained.labels, run.fact("picture_shape"))
    scenes = made_once(run.config, part, "test", len(trained.labels))
    metrics = measure.measure(measure.outputs(trained.model, scenes)["logits"], scenes.labels)
    result = {"data": data, "examples": len(scenes), "test": metrics}
    shown = [(name, metrics[name]) for name in ("error", "wrong", "accuracy", "crossentropy")]
    low, high = metrics["interval"]
    shown.append(("error, 95 in 100", f"{low:.4f} to {high:.4f}"))
    if "error_by_place" in metrics:
        places = ", ".join(f"{error:.4f}" for error in metrics["error_by_place"])
        shown.append(("error by place, the end last", places))
    what = f"{len(scenes):,} {run.config.task} scenes of {data}"
    return result, [what, report.columns(shown)]
