"""The chart of compared runs: test figures beside the baselines, and the course of validation."""

from recipes.common import plots

MOST_CURVES = 10  # lines that can still be told apart


def draw(rows, baselines, objective, path):
    """Write the chart.

    Args:
        rows: Runs as `compare` gives them.
        baselines: `(name, figures, runs)` of the baselines; `runs` are the names of theirs.
        objective: Name of the metric that chose their best epochs.
        path: Where the picture goes.
    """
    figure = objective if objective in rows[0]["test"] else next(iter(rows[0]["test"]))
    bars = [(label(row), row["test"].get(figure), plots.BLUE) for row in rows]
    for name, figures, names in baselines:
        of = "" if len(names) == len(rows) else f"\nof {_short(', '.join(names))}"
        bars.append((f"baseline: {name.replace('_', ' ')}{of}", figures.get(figure), plots.GREY))
    bars = [bar for bar in bars if bar[1] is not None][::-1]
    height = max(3.2, 0.42 * len(bars) + 1.2)
    with plots.figure(path, width=11, height=height, ncols=2) as (left, right):
        names, values, colors = zip(*bars, strict=True)
        shown = left.barh(range(len(bars)), values, color=colors, height=0.7)
        left.bar_label(shown, [f"{value:.4g}" for value in values], padding=3)
        left.set_yticks(range(len(bars)), [plots.drawable(name) for name in names])
        left.set_title(f"test {figure}")
        left.margins(x=0.15)
        for row in [row for row in rows if row["curve"]][:MOST_CURVES]:
            epochs = range(1, len(row["curve"]) + 1)
            right.plot(epochs, row["curve"], "o-", label=plots.drawable(row["name"]))
        right.set(title=f"validation {objective}", xlabel="epoch")
        right.xaxis.get_major_locator().set_params(integer=True)
        right.yaxis.get_major_formatter().set_useOffset(False)
        if right.get_lines():
            right.legend(frameon=False)


def label(row):
    """A run's name with the settings in which it differs."""
    settings = [f"{name} {_short(value)}" for name, value in row["settings"].items()]
    return "\n".join([row["name"], ", ".join(settings[:3])]) if settings else row["name"]


def _short(value):
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 24 else f"…{text[-23:]}"
