"""Finished runs of one recipe side by side: a table, and a chart."""

import csv
import importlib
import io
import pathlib

from recipes.commands import comparison_chart, listing
from recipes.common import config as configs
from recipes.common import report, storage
from recipes.common.errors import UserError
from recipes.common.run import Run
from recipes.common.terminal import tell

SUFFIXES = (".md", ".csv", ".png")


def compare(runs, output=()):
    """Compare runs by their files.

    Args:
        runs: Directories; those that are no finished runs are named and left out.
        output: Files for the table (`.md`, `.csv`) and the chart (`.png`).

    Returns:
        `result, lines`: figures and differing settings by run, and a table for people.

    Raises:
        UserError: If no run is finished, they are of several recipes, or an output has no known
            suffix.
    """
    outputs = [_checked(pathlib.Path(path)) for path in output]
    opened, skipped = _opened(runs)
    recipe = _only_recipe(opened)
    differing = _differing(opened)
    objective = opened[0].config.objective.removeprefix("val_")
    rows = [_row(run, differing, objective) for run in opened]
    _name_apart(rows)
    result = {"recipe": recipe, "objective": objective, "runs": rows, "skipped": skipped}
    notes = _notes(opened, rows, objective)
    baselines = _distinct_baselines(rows)
    tables = _tables(rows, baselines, objective)
    writers = {
        ".md": lambda path: _write_page(path, recipe, tables, notes),
        ".csv": lambda path: storage.write_text(path, _as_csv(rows)),
        ".png": lambda path: comparison_chart.draw(rows, baselines, objective, path),
    }
    for path in outputs:
        writers[path.suffix](path)
    lines = [line for table in tables for line in (*_aligned(*table), "")]
    return result, [*lines, *notes, *(f"written: {path}" for path in outputs)]


def _checked(path):
    if path.suffix not in SUFFIXES:
        raise UserError(f"--output must end in {', '.join(SUFFIXES)}; got {path}.")
    if path.is_dir() or not path.parent.is_dir():
        raise UserError(f"--output {path} cannot be written: {path.parent} is no folder for it.")
    return path


def _opened(directories):
    """The finished runs as `Run` objects, and the others as dicts with the reason."""
    opened, skipped = [], []
    for directory in dict.fromkeys(map(pathlib.Path, directories)):
        try:
            opened.append(_open(directory))
        except UserError as error:
            tell(f"Left out: {directory}. {error}")
            skipped.append({"run": str(directory), "reason": str(error)})
    if not opened:
        raise UserError("None of these is a finished run; name directories that train has made.")
    return opened, skipped


def _open(directory):
    if not (directory / "recipe.json").exists():
        raise UserError("It is no run directory.")
    recipe = storage.read_json(directory / "recipe.json").get("recipe")
    if recipe not in listing.recipes():
        raise UserError(f"It is of an unknown recipe, {recipe!r}.")
    if not (directory / "metrics.json").exists():
        raise UserError("It is not finished.")
    config = importlib.import_module(f"recipes.{recipe}.config").Config
    run = Run.reopen(directory, recipe, config)
    run.metrics(("test", "baselines", "validation", "epochs", "seconds", "parameters"))
    return run


def _only_recipe(opened):
    by_recipe = {}
    for run in opened:
        by_recipe.setdefault(run.recipe, []).append(str(run.directory))
    if len(by_recipe) > 1:
        named = "; ".join(f"{recipe}: {', '.join(runs)}" for recipe, runs in by_recipe.items())
        raise UserError(f"The runs are of several recipes ({named}). Name those of one recipe.")
    return next(iter(by_recipe))


def _differing(opened):
    """Names of the settings that decide a result and are not the same in all."""
    compared = [configs.compared(run.config) for run in opened]
    # The same data may lie in several places.
    left_out = {"data"} if _have_the_same_data(opened) else set()
    return [
        name
        for name in compared[0]
        if name not in left_out and len({repr(row[name]) for row in compared}) > 1
    ]


def _have_the_same_data(opened):
    return len({run.fact("sha256") for run in opened}) == 1


def _row(run, differing, objective):
    metrics = run.metrics()
    test = _figures(metrics["test"])
    first = {objective: test[objective]} if objective in test else {}
    stages = metrics.get("stages", {"train": metrics})
    curve = _curve(run.directory / "history.csv", f"val_{objective}")
    return {
        "run": str(run.directory),
        "settings": {name: getattr(run.config, name) for name in differing},
        "validation": metrics["validation"].get(objective, max(curve, default=None)),
        "test": {**first, **test},
        "baselines": _baselines(metrics["baselines"]),
        "epochs": sum(stage["epochs"] for stage in stages.values()),
        "best_epoch": metrics["validation"].get("epoch"),
        "seconds": metrics["seconds"]["train"],
        "parameters": metrics["parameters"],
        "curve": curve,
    }


def _figures(measured):
    """The plain numbers among what was measured."""
    return {
        name: value
        for name, value in measured.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _baselines(measured):
    """Figures by baseline; one that was measured under several conditions gives a row for each."""
    found = {}
    for name, figures in measured.items():
        inner = {key: value for key, value in figures.items() if isinstance(value, dict)}
        if plain := _figures(figures):
            found[name] = plain
        else:
            found |= {f"{name}, {key}": _figures(value) for key, value in inner.items()}
    return found


def _curve(path, metric):
    """The validation metric by epoch, empty if the file does not have it."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [float(row[metric]) for row in csv.DictReader(file) if row.get(metric)]


def _name_apart(rows):
    """Give each run its `name`: that of its directory, or the path where names are the same."""
    names = [pathlib.Path(row["run"]).resolve().name for row in rows]
    for row, name in zip(rows, names, strict=True):
        row["name"] = name if names.count(name) == 1 else row["run"]


def _tables(rows, baselines, objective):
    """`(header, rows)` of the runs and of the baselines that were measured beside them."""
    settings, figures = list(rows[0]["settings"]), list(rows[0]["test"])
    header = [
        "run", *settings, f"validation {objective}", *(f"test {name}" for name in figures),
        "epochs", "best", "time", "parameters",
    ]  # fmt: skip
    runs = [
        [
            row["name"], *row["settings"].values(), row["validation"],
            *(row["test"].get(name) for name in figures), row["epochs"], row["best_epoch"],
            report.seconds(row["seconds"]), f"{row['parameters']:,}",
        ]
        for row in rows
    ]  # fmt: skip
    beside = [
        [name, "all" if len(of) == len(rows) else ", ".join(of), *map(values.get, figures)]
        for name, values, of in baselines
    ]
    return (header, runs), (["baseline", "of", *(f"test {name}" for name in figures)], beside)


def _distinct_baselines(rows):
    """`(name, figures, runs)` of the baselines; equal ones of several runs are one."""
    found = []
    for row in rows:
        for name, figures in row["baselines"].items():
            for other, values, names in found:
                if other == name and values == figures:
                    names.append(row["name"])
                    break
            else:
                found.append((name, figures, [row["name"]]))
    return found


def _notes(opened, rows, objective):
    notes = []
    if not _have_the_same_data(opened):
        notes.append("The runs have different data, so their figures do not say which is better.")
    elif len(rows) > 1 and None not in (row["validation"] for row in rows):
        best = max(rows, key=lambda row: row["validation"])
        figure = _cell(best["validation"])
        notes.append(f"Best on validation: {best['name']}, {objective} {figure}; one seed each.")
    return notes


def _cell(value):
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _aligned(header, rows):
    table = [header, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()


def _write_page(path, recipe, tables, notes):
    sections = [
        (heading, report.table(header, [[_cell(value) for value in row] for row in rows]))
        for heading, (header, rows) in zip(("Runs", "Baselines"), tables, strict=True)
    ]
    title = f"Runs of {recipe} compared"
    storage.write_text(path, report.document(title, *sections, ("Note", "\n\n".join(notes))))


def _as_csv(rows):
    """A line a run, with every figure in full."""
    flat = [
        {
            "run": row["run"],
            **{f"setting {name}": value for name, value in row["settings"].items()},
            "validation": row["validation"],
            **{f"test {name}": value for name, value in row["test"].items()},
            **{
                f"{baseline} {name}": value
                for baseline, figures in row["baselines"].items()
                for name, value in figures.items()
            },
            **{name: row[name] for name in ("epochs", "best_epoch", "seconds", "parameters")},
        }
        for row in rows
    ]
    text = io.StringIO()
    names = dict.fromkeys(name for row in flat for name in row)
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()
