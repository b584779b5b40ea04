"""Measure a trained classifier on its own test part or on other data."""

from recipes.common import report
from recipes.sentiment import measure, sources
from recipes.sentiment.trained import probabilities, restore


def evaluate(run, data=""):
    """Measure a finished run on other data, or on its own test part.

    Raises:
        UserError: If the data is unusable or has labels that the training did not have.
    """
    config, trained = run.config, restore(run)
    if data:
        split = sources.load_one(data, config, config.columns, config.header)
        sources.check_labels(split, trained.labels)
    else:
        split = run.own_test_part(*sources.load(config, config.columns, config.header))
        data = f"{config.data} (test part)"
    metrics = measure.measure(*probabilities(trained, split))
    result = {"data": data, "examples": len(split), "test": metrics}
    return result, [f"{len(split):,} examples of {data}", report.columns(metrics.items())]
