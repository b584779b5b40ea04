"""Measure a trained classifier on its own test part or on other pictures."""

from recipes.common import report
from recipes.common.pictures import labelled
from recipes.digits import measure
from recipes.digits.trained import restore


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
    metrics = measure.measure(measure.probabilities(trained.model, part), part.labels)
    result = {"data": data, "examples": len(part), "test": metrics}
    shown = [(name, value) for name, value in metrics.items() if name != "interval"]
    low, high = metrics["interval"]
    shown.append(("error, 95 in 100", f"{low:.4f} to {high:.4f}"))
    return result, [f"{len(part):,} pictures of {data}", report.columns(shown)]
