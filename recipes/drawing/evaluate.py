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
    part, data = labelled.to_measure(run, data, trained.labels, trained.image_shape)
    part = binarisation.once(part, run.config.binarise, "test")
    metrics = measure.of_run(run.config, trained.model, batches(part, run.config))
    result = {"data": data, "examples": len(part), "test": metrics}
    shown = [(name, x) for name, x in metrics.items() if name != "divergence_by_stroke"]
    return result, [f"{len(part):,} pictures of {data}, in nats", report.columns(shown)]
