"""The report of a detector, its plots and its summary."""

from recipes.common import plots, report, storage
from recipes.common.sound import samples
from recipes.common.terminal import tell
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword.detection import measures, triggers
from recipes.wakeword.measure import RATES

NEEDED = ("test", "baselines", "seconds")
NEAR = ("hours", "false_alarms", "false_alarms_per_hour")
HEADLINE = ("miss_rate", "interval", "false_alarms_per_hour", "alarms_interval", "hours", "phrases")


def rates(dev, heard):
    """Miss rates at the rates people compare, thresholds chosen on dev and read off the test."""
    found = measures.miss_rates(dev, heard, RATES)
    kept = ("threshold", "misses", "miss_rate", "interval", "false_alarms", "false_alarms_per_hour")
    return {
        way: {rate: {name: row[name] for name in kept} for rate, row in rows.items()}
        for way, rows in found.items()
    }


def line(name, figures):
    """A row of figures for people."""
    low, high = figures["interval"] or (0, 0)
    missed = "no phrases"
    if figures["phrases"]:
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
    return (name, f"{missed}; {alarms}")


def summary(directory, config, metrics):
    """The result of a run: what `--json` prints, and the lines for people."""
    test = metrics["test"]
    rows = [line(f"test, {name}", found) for name, found in test["conditions"].items()]
    for name, found in metrics["baselines"]["template"].items():
        rows.append(line(f"template, {name}", found))
    late = test["conditions"]["clean"]["latency_ms"]
    return {
        **metrics,
        "run": str(directory),
        "summary": [
            f"threshold for {config.alarms_per_hour:g} false alarms per hour, chosen on validation",
            report.columns(rows),
            f"heard {late['median']} ms after the end of the phrase (median), "
            f"{late['p95']} ms (95 %)"
            if late["median"] is not None
            else "never heard",
            f"report: {directory / 'report.md'}",
        ],
    }


def write(recipe, directory, config, history, results, metrics):
    """Plots and `report.md`."""
    tell("Writing the report.")
    plots.learning_curves(
        history, directory / "learning_curves.png", ("crossentropy", "heard"), ("crossentropy",)
    )
    wakeword_plots.error_curve(results.curves, directory / "error_curve.png")
    heard = results.example_track
    wakeword_plots.timeline(
        samples.as_float(results.example.samples),
        triggers.smoothed(heard.scores),
        results.threshold,
        triggers.detections(heard.scores, results.threshold),
        directory / "timeline.png",
        heard.ends,
    )
    kept = storage.read_json(directory / "data.json")
    conditions = metrics["test"]["conditions"]
    rows = [line(name, found) for name, found in conditions.items()]
    rows += [line(f"template, {n}", f) for n, f in metrics["baselines"]["template"].items()]
    rows.append(line("validation, all conditions", metrics["validation"]))
    chosen = [
        (
            name, rate, f"{row['threshold']:.2f}", f"{row['miss_rate']:.1%}",
            f"{row['interval'][0]:.1%} to {row['interval'][1]:.1%}",
            f"{row['false_alarms_per_hour']:.2f}", f"{found['miss_rate_at'][rate]:.1%}",
        )
        for name, found in conditions.items()
        for rate, row in found["at_rates"]["chosen_on_dev"].items()
    ]  # fmt: skip
    groups = [
        (name, group["phrases"], group["misses"], f"{group['hours']:.2f}", group["false_alarms"])
        for found in conditions.values()
        for name, group in found["groups"].items()
    ] + [
        (
            f"near misses one after the other, {name}", 0, 0,
            f"{found['near_misses']['hours']:.2f}", found["near_misses"]["false_alarms"],
        )
        for name, found in conditions.items()
        if "near_misses" in found
    ]  # fmt: skip
    sections = [
        ("Result", report.table(["sound", "misses and false alarms"], rows)),
        (
            "At the rates that detectors are compared at, thresholds chosen on validation",
            report.table(
                [
                    "sound",
                    "asked, per hour",
                    "threshold",
                    "missed",
                    "interval",
                    "got, per hour",
                    "missed where its own curve has that rate",
                ],
                chosen,
            ),
        ),
        ("By kind", report.table(["kind", "phrases", "missed", "hours", "false alarms"], groups)),
        ("Misses against false alarms", "![Detection error curve](error_curve.png)"),
        ("A stretch of the test", "![Waveform, spectrogram and scores](timeline.png)"),
        ("Learning", "![Learning curves](learning_curves.png)"),
        report.how_it_was_made(
            recipe, config, kept, metrics, "utterances", ("phrase", config.words)
        ),
    ]
    storage.write_text(
        directory / "report.md", report.document(f"Wakeword: {config.words}", *sections)
    )
