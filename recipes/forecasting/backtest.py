"""Backtest: the same training at earlier origins, each measured on what followed."""

from recipes.common.terminal import tell
from recipes.forecasting import calibration, contest, data, measure
from recipes.forecasting.networks import averaged
from recipes.forecasting.times import shown

LEAST = 0.2  # share of the time that must be left to train on


def backtest(run, numbers, fit):
    """Train anew at earlier origins, the latest first, as many as the settings ask for.

    Each time all parts end earlier by the length of the test part.

    Args:
        run: The run; each training has a directory in its own.
        numbers: Its `data.Data`.
        fit: Trains a run on its data: `model, history`.

    Returns:
        A list of dicts of `from` and `to`, times for people, `test` and `baselines` as in the
        metrics of the run.
    """
    if run.config.backtest and (run.config.validation or run.config.test):
        tell("--backtest divides the time of --data; parts of their own leave nothing to divide.")
        return []
    found, whole = [], numbers.parts["train"].windows.series
    bounds = data.bounds_of(len(whole), run.config, {})
    length = bounds["test"][1] - bounds["test"][0] + 1
    for number in range(1, run.config.backtest + 1):
        earlier = {
            name: (max(0, first - number * length), last - number * length)
            for name, (first, last) in bounds.items()
        }
        if earlier["train"][1] < LEAST * len(whole):
            tell(f"--backtest {run.config.backtest}: {number - 1} origins fit; before, too little.")
            break
        found.append(_at(run.beside(f"backtest_{number}"), numbers, whole, earlier, fit))
    return found


def _at(run, numbers, whole, bounds, fit):
    """The figures of one origin."""
    config, grid = run.config, numbers.grid
    targets = numbers.scaling.names[: numbers.scaling.targets]
    scaling = data.fit_scaling(whole, bounds["train"][1], targets, grid, config.cycles)
    parts = {
        name: data.part_of(whole, bounds[name], grid, scaling, name, config.limit)
        for name in data.PARTS
    }
    test = parts["test"]
    tell(f"Backtest: training up to {shown(parts['train'].times[-1])}.")
    model, _ = fit(run, data.batched(parts, grid, scaling, config))
    model = averaged(model)
    factors = calibration.of_run(run, model, parts["validation"])
    found = calibration.apply(measure.forecasts(model, test), factors, config.levels)
    naive = contest.baselines_of(*parts.values())
    return {
        "from": shown(test.times[0]),
        "to": shown(test.times[-1]),
        "test": measure.measure(test, found, config.levels),
        "baselines": {name: measure.of_baseline(test, x) for name, x in naive.medians.items()},
    }
