"""The report of a detector, its pictures and its summary."""

from recipes.common import plots, report, storage
from recipes.common.sound.samples import as_float
from recipes.common.terminal import tell
from recipes.wakeword import plots as wakeword_plots
from recipes.wakeword.detection import triggers
from recipes.wakeword.detection.measures import SELECTION_RATES
from recipes.wakeword.probabilities import shown

NEEDED = ("test", "baselines", "seconds")  # of `metrics.json`, for `summary`
RECALL = (
    f"`recall` is the share of phrases of the validation tracks that are found, averaged over "
    f"{len(SELECTION_RATES)} rates of false alarms from {SELECTION_RATES[0]:g} to "
    f"{SELECTION_RATES[-1]:g} an hour, spaced evenly in their logarithm; up to a hundredth is "
    "taken off, by which epochs that find as many are told apart. The epoch with the highest one "
    "is kept."
)


# With fewer phrases, no share of them says anything; with less sound without the phrase, no rate of
# false alarms, unless there are so many.
FEWEST_PHRASES = 10
FEWEST_HOURS, OR_ALARMS = 1.0, 10
TOO_FEW, TOO_LITTLE = "too few to tell a share", "too little sound to tell a rate"
NOTE = (
    f"A share of misses is told of {FEWEST_PHRASES} phrases or more, a rate of false alarms of "
    f"{FEWEST_HOURS:g} h without the phrase or more, or of {OR_ALARMS} false alarms."
)


def has_share(phrases):
    """True if the share of so many phrases that are missed says something."""
    return phrases >= FEWEST_PHRASES


def has_rate(alarms, hours):
    """True if the rate of so many false alarms in so many hours says something."""
    return hours >= FEWEST_HOURS or alarms >= OR_ALARMS


def length(hours):
    """A length of sound for people."""
    if hours >= FEWEST_HOURS:
        return f"{hours:.2f} h"
    return f"{60 * hours:.1f} min" if hours >= 1 / 60 else f"{3600 * hours:.1f} s"


def line(name, figures):
    """A row of figures for people, without those that say nothing."""
    missed = "no phrases"
    if phrases := figures["phrases"]:
        low, high = figures["interval"]
        share = f"{figures['miss_rate']:.1%} ({low:.1%} to {high:.1%})"
        missed = f"missed {figures['misses']:,} of {phrases:,}"
        missed += f": {share}" if has_share(phrases) else f" ({TOO_FEW})"
    alarms = "no other sound"
    if hours := figures["hours"]:
        least, most = figures["alarms_interval"]
        count = figures["false_alarms"]
        rate = f"{figures['false_alarms_per_hour']:.2f}/h ({least:.2f} to {most:.2f})"
        alarms = f"{count} false alarm{'s' * (count != 1)} in {length(hours)}"
        alarms += f": {rate}" if has_rate(count, hours) else f" ({TOO_LITTLE})"
    return name, f"{missed}; {alarms}"


def notes(rows):
    """Lines that explain the rows of `line`, where figures are left out."""
    is_short = any(TOO_FEW in text or TOO_LITTLE in text for _, text in rows)
    return [NOTE] if is_short else []


def summary(metrics):
    """Lines for people on what a training came to."""
    conditions, template = metrics["test"]["conditions"], metrics["baselines"]["template"]
    rows = [line(f"test, {name}", found) for name, found in conditions.items()]
    rows += [line(f"template, {name}", found) for name, found in template.items()]
    late = conditions["clean"]["latency_ms"]
    validation = metrics.get("validation", {}).get("hours", FEWEST_HOURS)
    chosen = "chosen on validation"
    if validation < FEWEST_HOURS:
        chosen += (
            f", which has {length(validation)} without the phrase: too little for a threshold to "
            f"hold, which takes {FEWEST_HOURS:g} h"
        )
    return [
        f"threshold {shown(conditions['clean']['threshold'])} (a probability), {chosen}",
        report.columns(rows),
        *notes(rows),
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
    table = report.table(["sound", "misses and false alarms"], rows)
    return "\n\n".join([asked, table, *notes(rows)])


def _at_rates(conditions):
    header = [
        "sound", "asked, per hour", "threshold", "missed", "interval", "got, per hour",
        "missed where its own curve has that rate",
    ]  # fmt: skip
    rows = [
        (
            name, rate, shown(row["threshold"]), *_share(found["phrases"], row),
            f"{row['false_alarms_per_hour']:.2f}"
            if has_rate(row["false_alarms"], found["hours"])
            else f"{row['false_alarms']} in {length(found['hours'])}",
            f"{found['miss_rate_at'][rate]:.1%}" if has_share(found["phrases"]) else "–",
        )
        for name, found in conditions.items()
        for rate, row in found["at_rates"]["chosen_on_dev"].items()
    ]  # fmt: skip
    return report.table(header, rows)


def _share(phrases, row):
    """The share of phrases that were missed and its interval, or counts where they are few."""
    if not has_share(phrases):
        return f"{row['misses']} of {phrases}", "–"
    low, high = row["interval"]
    return f"{row['miss_rate']:.1%}", f"{low:.1%} to {high:.1%}"


def _by_kind(conditions):
    rows = [
        (name, group["phrases"], group["misses"], length(group["hours"]), group["false_alarms"])
        for found in conditions.values()
        for name, group in found["groups"].items()
    ]
    for name, found in conditions.items():
        if near := found.get("near_misses"):
            kind = f"near misses one after the other, {name}"
            rows.append((kind, 0, 0, length(near["hours"]), near["false_alarms"]))
    return report.table(["kind", "phrases", "missed", "other sound", "false alarms"], rows)
