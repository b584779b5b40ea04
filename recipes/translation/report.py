"""The report and the plots of a translator."""

import numpy as np

from recipes.common import plots, report, storage
from recipes.common.text import scripts
from recipes.translation import plots as translation_plots
from recipes.translation import writing
from recipes.translation.measure import shuffled

NEEDED = ("test", "baselines", "baselines_by_part")  # of `metrics.json`, for `summary`
NAMES = {
    "recurrent": "recurrent network",
    "seq2seq": "the same without attention",
    "dictionary": "dictionary, word by word",
    "copy": "copy of the source",
}
SAMPLES = 12


def summary(metrics):
    """Lines for people on what a training came to."""
    width = max(map(len, NAMES.values()))
    lines = []
    for part in metrics["baselines_by_part"]["copy"]:
        lines.append(f"{part}: BLEU, chrF, exact matches")
        lines += [
            f"  {NAMES[system]:<{width}}  "
            f"{of_parts[part]['bleu']:5.1f}  {of_parts[part]['chrf']:5.1f}  "
            f"{of_parts[part]['exact']:.4f}"
            for system, of_parts in _by_system(metrics).items()
        ]
    return lines + [f"  {sample}" for sample in metrics.get("samples", [])]


def _by_system(metrics):
    """Figures by part by system, the network first."""
    parts = metrics["baselines_by_part"]["copy"]
    return {
        "recurrent": {part: metrics[part] for part in parts},
        **metrics["baselines_by_part"],
    }


def write(run, data, model, stages, results, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        data: Its `data.Data`.
        model: The trained model.
        stages: Its `Stages`.
        results: What was measured, `measure.Results`.
        metrics: The content of `metrics.json`.
    """
    directory = run.directory
    plots.learning_curves(
        stages, directory / "learning_curves.png", ("crossentropy", "bleu"), ("crossentropy",)
    )
    by_length = {NAMES[system]: rows for system, rows in results.by_length.items()}
    by_length.pop(NAMES["copy"])
    translation_plots.bleu_by_length(by_length, directory / "bleu_by_length.png")
    pictures = ["learning_curves.png", "bleu_by_length.png"]
    if run.config.model != "seq2seq":
        _draw_alignments(run, data, model)
        pictures.append("alignment.png")
    best = f"best epoch, by {run.config.monitor} of greedy output"
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run,
            metrics,
            "pairs",
            (best, metrics["validation"]["epoch"]),
            *((name.replace("_", " "), f"{size:,}") for name, size in data.facts.items()),
            *metrics["signatures"].items(),
        ),
        *(
            (f"Results: {part}", _results(metrics, part))
            for part in metrics["baselines_by_part"]["copy"]
        ),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in pictures)),
        ("Samples", _samples(data.parts["test"], results.written["recurrent"])),
    )
    storage.write_text(directory / "report.md", page)


def _results(metrics, part):
    rows = [
        (NAMES[system], *of_parts[part].values())
        for system, of_parts in _by_system(metrics).items()
    ]
    return report.table(["model", "BLEU", "chrF", "exact matches"], rows)


def _samples(test, written):
    rows = [
        tuple(map(report.shorten, (test.sources[i], written[i], test.targets[i])))
        for i in shuffled(len(test))[:SAMPLES]
    ]
    return report.table(["source", "written", "reference"], rows)


def _draw_alignments(run, data, model):
    texts = _of_all_lengths(data.parts["test"].sources, translation_plots.HEAT_MAPS)
    ids = writing.source_ids(data.tokenizers, texts, run.config.max_length, warn=False)
    written = writing.write(model, ids, writing.strategy(run.config), run.config.batch_size)
    maps = writing.alignments(data.tokenizers, ids, written)
    translation_plots.alignments(maps, run.directory / "alignment.png")


def _of_all_lengths(texts, count):
    """Texts of all lengths but the very shortest and longest."""
    spaced = scripts.has_spaces(texts)
    order = np.argsort([scripts.length(line, spaced) for line in texts], kind="stable")
    shares = np.linspace(0.3, 0.98, count)
    return [texts[order[int(share * (len(texts) - 1))]] for share in shares]
