"""Measure a trained painter on its own test part or on other pictures."""

from recipes.common import report
from recipes.common.pictures import labelled
from recipes.drawing import binarisation, measure
from recipes.drawing.data import batches
from recipes.drawing.trained import restore


def evaluate(run, data=""):
    """Measure a finished run on other data, or on its own test part.

    Args:
        run: The run.
        data: What names other data.

    Raises:
        UserError: If the data is unusable, or has labels or a size of pictures that the training
            did not have.
    """
    trained = restore(run)
    if data:
        part = labelled.load_one(data, run.config, trained.labels, trained.image_shape)
    else:
        parts, sha256, _ = labelled.load(run.config)
        part = run.own_test_part(parts, sha256)
        data = f"{run.config.data} (test part)"
    part = binarisation.once(part, run.config.binarise, "test")
    metrics = measure.of_run(run.config, trained.model, batches(part, run.config))
    result = {"data": data, "examples": len(part), "test": metrics}
    shown = [(name, x) for name, x in metrics.items() if name != "divergence_by_stroke"]
    return result, [f"{len(part):,} pictures of {data}, in nats", report.columns(shown)]
