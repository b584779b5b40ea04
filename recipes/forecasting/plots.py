"""Plots of forecasts and of their errors."""

import datetime

import numpy as np

from recipes.common.plots import BLUE, GREY, RED, drawable, figure
from recipes.forecasting.times import UTC

EXAMPLES = 6
PAST = 2  # horizons of the past shown before a forecast
COLORS = {"network": BLUE, "persistence": GREY, "season": "#c48a1a", "ridge": "#3f8f5f"}


def errors(metrics, levels, path):
    """Error by horizon of the network and of others, and the coverage, a row for each target."""
    targets = list(metrics["test"])
    hours, unit = _axis(metrics["step_seconds"], _steps(metrics))
    with figure(
        path, width=10, height=3.4 * len(targets), nrows=len(targets), ncols=2, squeeze=False,
        width_ratios=(2, 1),
    ) as panels:  # fmt: skip
        for (error, coverage), target in zip(panels, targets, strict=True):
            mine = metrics["test"][target]
            every = {"network": mine, **{n: v[target] for n, v in metrics["baselines"].items()}}
            for name, values in every.items():
                style = {"linewidth": 2.4, "zorder": 3} if name == "network" else {}
                error.plot(hours, values["mae_by_step"], color=COLORS[name], label=name, **style)
            error.set(xlabel=f"{unit} ahead", ylabel="mean absolute error", ylim=(0, None))
            error.set_title(drawable(target))
            error.legend(frameon=False)
            share = levels[-1] - levels[0]
            coverage.axhline(100 * share, color=GREY, linestyle=":")
            shown = [np.nan if x is None else 100 * x for x in mine["coverage_by_step"]]
            coverage.plot(hours, shown, color=BLUE)
            coverage.set(xlabel=f"{unit} ahead", ylim=(0, 100))
            coverage.set_title(f"% inside the {share:.0%} interval")


def examples(part, found, levels, others, path):
    """Forecasts of a part at some of its places, with intervals and what came."""
    windows, count = part.windows, part.windows.scaling.targets
    rows = np.linspace(0, len(part) - 1, min(EXAMPLES, len(part))).astype(int)
    forecasts = [
        Shown.of(windows, part.origins[row], found[row], {n: x[row] for n, x in others.items()})
        for row in rows
    ]
    lines = -(-len(rows) // 2)
    with figure(
        path, width=12, height=2.7 * lines * count, nrows=lines * count, ncols=2, squeeze=False
    ) as panels:
        panels = panels.reshape(count, -1)
        for axes in panels.flat:
            axes.set_axis_off()
        for target, name in enumerate(windows.scaling.names[:count]):
            for axes, forecast in zip(panels[target], forecasts, strict=False):
                axes.set_axis_on()
                forecast.draw(axes, target, levels)
            panels[target, 0].set_ylabel(drawable(name))
            panels[target, 0].legend(frameon=False, fontsize=8)


def following(shown, names, levels, titles, path):
    """Forecasts of what nobody knows yet, a row for each and each target."""
    with figure(
        path, width=10, height=3.2 * len(shown) * len(names), nrows=len(shown) * len(names),
        squeeze=False,
    ) as panels:  # fmt: skip
        places = iter(panels[:, 0])
        for forecast, title in zip(shown, titles, strict=True):
            for target, name in enumerate(names):
                axes = next(places)
                forecast.draw(axes, target, levels)
                axes.set_title(drawable(title), fontsize=9)
                axes.set_ylabel(drawable(name))
                axes.legend(frameon=False, fontsize=8, loc="best")


class Shown:
    """A forecast and what was before it, in the data's unit.

    before: `times, values (n, targets)` up to the origin.
    ahead: `(H,)` times of the forecast.
    quantiles: `(H, targets, Q)`.
    truth: `(H, targets)`, or None.
    others: `(H, targets)` by name.
    """

    def __init__(self, before, ahead, quantiles, truth=None, others=None):
        self.before, self.ahead, self.quantiles = before, ahead, quantiles
        self.truth, self.others = truth, others or {}

    @classmethod
    def of(cls, windows, origin, found, others=None, known=True):
        """From a place of a series and what was forecast there, scaled."""
        grid, count = windows.grid, windows.scaling.targets
        steps = min(grid.window, PAST * max(grid.horizon, 12))
        places = origin - grid.ratio * np.arange(steps)[::-1]
        before = windows.unscale(windows.scaled[places][:, :count])
        quantiles = np.moveaxis(windows.unscale(np.moveaxis(found, -1, 0)), 0, -1)
        truth = windows.unscale(windows.truth(np.array([origin]))[0]) if known else None
        ahead = grid.ahead(windows.series.times[[origin]])[0]
        others = {name: windows.unscale(values) for name, values in (others or {}).items()}
        return cls((windows.series.times[places], before), ahead, quantiles, truth, others)

    def draw(self, axes, target, levels):
        """Draw a target into axes."""
        times, before = self.before
        ahead, middle = _dates(self.ahead), levels.index(0.5)
        axes.plot(_dates(times), before[:, target], color="black", linewidth=1.2, label="measured")
        values = self.quantiles[:, target]
        for low in range(len(levels) // 2):
            high = len(levels) - 1 - low
            label = f"{levels[high] - levels[low]:.0%} interval"
            axes.fill_between(
                ahead, values[:, low], values[:, high], color=BLUE, alpha=0.2, label=label, lw=0
            )
        axes.plot(ahead, values[:, middle], color=BLUE, label="forecast")
        for name, other in self.others.items():
            axes.plot(ahead, other[:, target], color=COLORS[name], lw=0.9, ls="--", label=name)
        if self.truth is not None:
            axes.plot(ahead, self.truth[:, target], color=RED, linewidth=1.2, label="came")
        axes.axvline(_dates(times[-1:])[0], color=GREY, linewidth=0.8, linestyle=":")
        axes.tick_params(axis="x", labelsize=7)


def _dates(seconds):
    return [datetime.datetime.fromtimestamp(float(x), UTC) for x in seconds]


def _steps(metrics):
    return len(next(iter(metrics["test"].values()))["mae_by_step"])


def _axis(step, count):
    """Places of the steps on an axis, and its unit."""
    units = (("days", 86_400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
    unit, seconds = next((u, s) for u, s in units if step >= s)
    return [step * number / seconds for number in range(1, count + 1)], unit
