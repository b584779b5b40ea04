"""The report of a detector, its pictures and its summary."""

from recipes.common import plots, report, storage
from recipes.common.sound.samples import as_float
from recipes.common.terminal import tell
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword.detection import triggers
from recipes.wakeword.detection.measures import SELECTION_RATES

NEEDED = ("test", "baselines", "seconds")  # of `metrics.json`, for `summary`
RECALL = (
    f"`recall` is the share of phrases of the validation tracks that are found, averaged over "
    f"{len(SELECTION_RATES)} rates of false alarms from {SELECTION_RATES[0]:g} to "
    f"{SELECTION_RATES[-1]:g} an hour, spaced evenly in their logarithm; up to a hundredth is "
    "taken off, by which epochs that find as many are told apart. The epoch with the highest one "
    "is kept."
)


def line(name, figures):
    """A row of figures for people."""
    missed = "no phrases"
    if figures["phrases"]:
        low, high = figures["interval"]
        missed = (
            f"missed {figures['misses']:,} of {figures['phrases']:,}: "
            f"{figures['miss_rate']:.1%} ({low:.1%} to {high:.1%})"
        )
    alarms = "no other sound"
    if figures["hours"]:
        least, most = figures["alarms_interval"]
        count = figures["false_alarms"]
        alarms = (
            f"{count} false alarm{'s' * (count != 1)} in {figures['hours']:.2f} h: "
            f"{figures['false_alarms_per_hour']:.2f}/h ({least:.2f} to {most:.2f})"
        )
    return name, f"{missed}; {alarms}"


def summary(metrics):
    """Lines for people on what a training came to."""
    conditions, template = metrics["test"]["conditions"], metrics["baselines"]["template"]
    rows = [line(f"test, {name}", found) for name, found in conditions.items()]
    rows += [line(f"template, {name}", found) for name, found in template.items()]
    late = conditions["clean"]["latency_ms"]
    return [
        f"threshold {conditions['clean']['threshold']:.3f}, chosen on validation",
        report.columns(rows),
        f"heard {late['median']} ms after the end of the phrase (median), {late['p95']} ms (95 %)"
        if late["median"] is not None
        else "never heard",
    ]


def write(run, stages, results, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        stages: Its `Stages`.
        results: The `measure.Results`.
        metrics: The content of `metrics.json`.
    """
    tell("Writing the report.")
    directory, example = run.directory, results.example_track
    plots.learning_curves(
        stages, directory / "learning_curves.png", ("crossentropy", "recall"), ("crossentropy",)
    )
    wakeword_plots.error_curve(results.curves, directory / "error_curve.png")
    wakeword_plots.timeline(
        as_float(results.example.samples),
        triggers.smoothed(example.scores),
        results.threshold,
        triggers.detections(example.scores, results.threshold),
        directory / "timeline.png",
        example.ends,
    )
    conditions = metrics["test"]["conditions"]
    page = report.document(
        f"Wakeword: {run.config.words}",
        ("Result", _result(run, metrics)),
        (
            "At the rates that detectors are compared at, thresholds chosen on validation",
            _at_rates(conditions),
        ),
        ("By kind", _by_kind(conditions)),
        ("Misses against false alarms", "![Detection error curve](error_curve.png)"),
        ("A stretch of the test", "![Waveform, spectrogram and scores](timeline.png)"),
        ("Learning", f"{RECALL}\n\n![Learning curves](learning_curves.png)"),
        report.how_it_was_made(run, metrics, "utterances", ("phrase", run.config.words)),
    )
    storage.write_text(directory / "report.md", page)


def _result(run, metrics):
    """The table of all conditions at the threshold of the run."""
    template = metrics["baselines"]["template"]
    rows = [line(f"test, {name}", found) for name, found in metrics["test"]["conditions"].items()]
    rows += [line(f"template, {name}", found) for name, found in template.items()]
    rows.append(line("validation, all conditions", metrics["validation"]))
    asked = (
        f"The threshold is chosen on validation for {run.config.alarms_per_hour:g} false alarms an "
        "hour; intervals hold in 95 of 100 cases."
    )
    return f"{asked}\n\n{report.table(['sound', 'misses and false alarms'], rows)}"


def _at_rates(conditions):
    header = [
        "sound", "asked, per hour", "threshold", "missed", "interval", "got, per hour",
        "missed where its own curve has that rate",
    ]  # fmt: skip
    rows = [
        (
            name, rate, f"{row['threshold']:.2f}", f"{row['miss_rate']:.1%}",
            f"{row['interval'][0]:.1%} to {row['interval'][1]:.1%}",
            f"{row['false_alarms_per_hour']:.2f}", f"{found['miss_rate_at'][rate]:.1%}",
        )
        for name, found in conditions.items()
        for rate, row in found["at_rates"]["chosen_on_dev"].items()
    ]  # fmt: skip
    return report.table(header, rows)


def _by_kind(conditions):
    rows = [
        (name, group["phrases"], group["misses"], f"{group['hours']:.2f}", group["false_alarms"])
        for found in conditions.values()
        for name, group in found["groups"].items()
    ]
    for name, found in conditions.items():
        if near := found.get("near_misses"):
            kind = f"near misses one after the other, {name}"
            rows.append((kind, 0, 0, f"{near['hours']:.2f}", near["false_alarms"]))
    return report.table(["kind", "phrases", "missed", "hours", "false alarms"], rows)
