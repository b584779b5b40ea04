"""Train a forecaster, calibrate its intervals, and measure it beside naive and linear forecasts."""

from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training import optimizer
from recipes.common.training.averaging import ValidateAverage
from recipes.common.training.history import Stages
from recipes.forecasting import backtest, calibration, contest, data, measure, networks, report
from recipes.forecasting.networks import averaged, build_model

__all__ = ["build_model", "fit", "train"]


def fit(run, numbers):
    """Build, compile and train; the epoch with the least absolute error is kept.

    Returns:
        `model, history`.
    """
    levels = run.config.levels
    with devices.distribution().scope():
        model = run.start_weights(build_model(run.config, numbers.facts))
        optimizer.compile_model(
            model,
            run.config,
            len(numbers.train),
            networks.Pinball(levels, numbers.weights),
            [networks.Skill(levels, name="skill"), networks.MeanPinball(levels, name="pinball")],
        )
    history = training.fit(
        run, model, numbers.train, numbers.validation, monitor="val_skill", mode="max",
        callbacks=[ValidateAverage()],
    )  # fmt: skip
    return model, history


def train(run):
    """Train, calibrate on the validation part, measure on the test part beside others, report."""
    numbers = data.load(run)
    model, history = fit(run, numbers)
    run.save(model)
    whole, levels = averaged(model), run.config.levels
    validation, test = numbers.parts["validation"], numbers.parts["test"]
    factors = calibration.of_run(run, whole, validation)
    raw = measure.forecasts(whole, test)
    found = calibration.apply(raw, factors, levels)

    tell("Fitting a linear model to the same windows.")
    naive = contest.baselines_of(*numbers.parts.values())
    figures = {
        "test": measure.measure(test, found, levels),
        "baselines": {name: measure.of_baseline(test, x) for name, x in naive.medians.items()},
        "ridge_strength": naive.strength,
        "uncalibrated": measure.measure(test, raw, levels),
        "verdicts": contest.verdicts(test, found, levels, naive.medians),
        "blocks": contest.blocks(test, found, levels, naive.medians),
        "backtest": backtest.backtest(run, numbers, fit),
        "step_seconds": numbers.grid.step,
    }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, numbers, stages, found, naive.medians, metrics)
    return metrics
