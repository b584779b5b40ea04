"""The report and the plots of a translator."""

import numpy as np

from recipes.common import report, storage
from recipes.translation import plots as translation_plots
from recipes.translation import predict, writing

# What `metrics.json` must hold for `summary`.
NEEDED = ("test", "baselines", "baselines_by_part")
NAMES = {
    "recurrent": "recurrent network",
    "seq2seq": "the same without attention",
    "dictionary": "dictionary, word by word",
    "copy": "copy of the source",
}
SAMPLES = 12


def summary(directory, metrics):
    """What a verb that trains returns: all metrics, and the lines people see."""
    rows = {"recurrent": metrics["test"], **metrics["baselines"]}
    lines = ["test: BLEU, chrF, exact matches"]
    width = max(map(len, NAMES.values()))
    lines += [f"  {NAMES[name]:<{width}}  {_figures(row)}" for name, row in rows.items()]
    for part, row in metrics.items():
        if part in metrics["baselines_by_part"]["copy"] and part != "test":
            lines.append(f"{part}: BLEU, chrF, exact matches")
            lines.append(f"  {NAMES['recurrent']:<{width}}  {_figures(row)}")
            lines += [
                f"  {NAMES[name]:<{width}}  {_figures(parts[part])}"
                for name, parts in metrics["baselines_by_part"].items()
            ]
    lines += [f"  {sample}" for sample in metrics.get("samples", [])]
    lines.append(f"report: {directory / 'report.md'}")
    return {**metrics, "run": str(directory), "summary": lines}


def _figures(row):
    return f"{row['bleu']:5.1f}  {row['chrf']:5.1f}  {row['exact']:.4f}"


def write(recipe, directory, config, data, model, history, results, metrics):
    """Write the plots and `report.md` of a training into the run directory."""
    from recipes.common import plots

    test = data.parts["test"]
    plots.learning_curves(
        history, directory / "learning_curves.png", ("crossentropy", "bleu"), ("crossentropy",)
    )
    translation_plots.bleu_by_length(
        {NAMES[way]: groups for way, groups in results.by_length.items() if way != "copy"},
        directory / "bleu_by_length.png",
    )
    pictures = ["learning_curves.png", "bleu_by_length.png"]
    if config.model != "seq2seq":
        pictures.append("alignment.png")
        chosen = _evenly(test.sources, predict.HEAT_MAPS)
        ids = writing.source_ids(
            data.tokenizers, [test.sources[i] for i in chosen], config.max_length, tell=False
        )
        maps = writing.alignments(
            data.tokenizers,
            ids,
            writing.write(model, ids, writing.strategy(config), config.batch_size),
        )
        translation_plots.alignments(maps, directory / "alignment.png")
    chosen = np.random.default_rng(0).permutation(len(test))[:SAMPLES]
    metrics["samples"] = [
        f"{report.shorten(test.sources[i])} → {report.shorten(results.written['recurrent'][i])}"
        for i in chosen[:5]
    ]
    parts = [name for name in metrics["baselines_by_part"]["copy"]]
    rows = [("recurrent", {part: metrics[part] for part in parts})]
    rows += metrics["baselines_by_part"].items()
    page = report.document(
        f"{recipe}: {config.data}",
        report.how_it_was_made(
            recipe,
            config,
            storage.read_json(directory / "data.json"),
            metrics,
            "pairs",
            (f"best epoch, by {config.monitor} of greedy output", metrics["validation"]["epoch"]),
            *((name.replace("_", " "), f"{n:,}") for name, n in data.facts.items()),
            *(metrics["signatures"].items()),
        ),
        *(
            (
                f"Results: {part}",
                report.table(
                    ["model", "BLEU", "chrF", "exact matches"],
                    [(NAMES[way], *figures[part].values()) for way, figures in rows],
                ),
            )
            for part in parts
        ),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in pictures)),
        (
            "Samples",
            report.table(
                ["source", "written", "reference"],
                [
                    tuple(
                        report.shorten(line)
                        for line in (
                            test.sources[i],
                            results.written["recurrent"][i],
                            test.targets[i],
                        )
                    )
                    for i in chosen
                ],
            ),
        ),
    )
    storage.write_text(directory / "report.md", page)


def _evenly(texts, count):
    """Indices of texts of all lengths but the very shortest and longest."""
    order = np.argsort([len(line.split()) for line in texts], kind="stable")
    return [int(order[int(share * (len(texts) - 1))]) for share in np.linspace(0.3, 0.98, count)]
