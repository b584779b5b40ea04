"""`report.md`: what was trained on what, how well, with which samples; a card for the model."""

import dataclasses
import importlib.metadata
import platform
import shlex

from recipes.common import config as configs
from recipes.common import storage

PACKAGES = ("keras", "tensorflow", "tensorflow-datasets", "sentencepiece", "numpy")


def table(header, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value):
    if isinstance(value, float):
        return f"{value:.4f}"
    return str(value).replace("|", r"\|").replace("\n", " ")


def brief(value):
    """A setting for people: floats with three digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def columns(rows):
    """`(name, value)` rows as aligned text."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {_cell(value)}" for name, value in rows)


def shorten(text, limit=300):
    """The beginning and the end of a text that is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    return f"{text[: limit // 2].rstrip()} … {text[-limit // 2 :].lstrip()}"


def command(run):
    """The command that trains with a run's settings, defaults left out."""
    options = []
    config = run.asked  # in which sizes that follow the amount of data are left open
    defaults = config.for_data(config.data)
    for field in dataclasses.fields(config):
        option, value = configs.option(field.name), getattr(config, field.name)
        if value == getattr(defaults, field.name):
            continue
        if isinstance(value, bool):
            options.append(option if value else option.replace("--", "--no-", 1))
        else:
            options.append(f"{option} {shlex.quote(str(value))}")
    return " ".join(["python -m", f"recipes.{run.recipe}", "train", *options])


def how_it_was_made(run, metrics, examples, *rows):
    """The section of that name: the command, and a table of data, sizes, times and versions.

    Args:
        run: The `Run`.
        metrics: Its metrics; `parameters`, `epochs`, `seconds` and `stages` are shown.
        examples: Plural of what an example is called.
        *rows: More `(what, value)` of this kind of run.
    """
    took = metrics["seconds"]
    stages = [
        (
            f"stage {name}{', kept' if name == metrics['kept_stage'] else ''}",
            f"best of {stage['epochs']} epochs: {stage['validation']['epoch']}",
        )
        for name, stage in metrics.get("stages", {}).items()
    ]
    made = table(
        ["what", "value"],
        [
            ("data", run.config.data),
            (f"SHA-256 of the {examples}", run.data["sha256"]),
            *((f"{name} {examples}", f"{size:,}") for name, size in run.data["sizes"].items()),
            ("parameters", f"{metrics['parameters']:,}"),
            ("epochs", metrics["epochs"]),
            *stages,
            *rows,
            ("time in training", seconds(took["train"])),
            ("time of the last sitting", seconds(took["last_sitting"])),
            *versions().items(),
        ],
    )
    return "How it was made", f"```sh\n{command(run)}\n```\n\n{made}"


def versions():
    """The versions that computed a result, by package."""
    found = {package: importlib.metadata.version(package) for package in PACKAGES}
    return {"python": platform.python_version(), **found}


def seconds(value):
    """A duration for people."""
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.1f} min"


def add_gradients(run):
    """Add to the report of a run, if its gradients were watched, what was found and the picture."""
    found = sorted(run.directory.rglob("gradients.json"), key=lambda path: len(path.parts))
    path = run.directory / "report.md"
    if not found or not path.exists():
        return
    parts = ["## Gradients"]
    for file in found:
        folder = file.parent.relative_to(run.directory).as_posix()
        name = "" if folder == "." else f"{folder}/"
        if name:
            parts.append(f"### {folder.replace('_', ' ')}")
        parts.append(
            "\n".join(f"- {line}" for line in storage.read_json(file, ("verdict",))["verdict"])
        )
        parts.append(f"![{name}gradient_flow.png]({name}gradient_flow.png)")
    parts.append("Figures: `gradients.csv`, and TensorBoard.")
    storage.write_text(path, path.read_text(encoding="utf-8") + "\n" + "\n\n".join(parts) + "\n")


def document(title, *sections):
    """A Markdown document of `(heading, text)` sections; those without text are left out."""
    parts = [f"# {title}"]
    parts += [f"## {heading}\n\n{text}" for heading, text in sections if text]
    return "\n\n".join(parts) + "\n"
