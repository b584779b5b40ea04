"""Measure a trained network in closed loop, on the run's own test scenes or on others."""

from recipes.common import report
from recipes.common.errors import UserError
from recipes.parking import data as streets
from recipes.parking import driving, measure
from recipes.parking import scenes as drawn
from recipes.parking.report import results
from recipes.parking.trained import restore


def evaluate(run, data="", scenes=0, seed=0):
    """Park in scenes that the training has not seen.

    Args:
        run: The finished run.
        data: Slots to park in; those of the run by default.
        scenes: Number of scenes; that of the run by default.
        seed: Seed of scenes and noise; 0 for those of the run's own test.

    Returns:
        `result, lines`: a dict of `data`, `examples` and `test`, the figures of
        `measure.measure`, and lines for people.

    Raises:
        UserError: If the slots are not those that the run was trained for.
    """
    config = run.config
    if data and data != config.data:
        raise UserError(
            f"The run in {run.directory} was trained for {config.data} slots, not for {data!r}."
        )
    own = run.own_test_part({"test": streets.sizes(config)["test"]}, streets.digest())
    count = scenes or own
    chosen = drawn.drawn("test", seed, count)
    trained = restore(run)
    runs = driving.drive(driving.Network(trained.model), chosen, measure.noise(seed))
    found = measure.measure(runs)
    lines = [f"{count:,} unseen scenes of {config.data} slots", report.columns(results(found))]
    return {"data": config.data, "examples": count, "test": found}, lines
