"""Measuring translators: beside baselines, by length, with pictures of their attention."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import (
    dictionary_baseline,
    report,
    runs,
    translating,
    translation_plots,
    translation_scores,
    translator,
)

# What `metrics.json` must hold for `summary`.
NEEDED = ("test", "baselines", "baselines_by_part")
NAMES = {
    "recurrent": "recurrent network",
    "seq2seq": "the same without attention",
    "dictionary": "dictionary, word by word",
    "copy": "copy of the source",
}
SAMPLES = 12


@dataclasses.dataclass(frozen=True)
class Results:
    """What was measured after a training: figures, and what they were computed from."""

    metrics: dict[str, Any]
    written: dict[str, list[str]]  # by name of the model, for the test part
    by_length: dict[str, list[dict]]


def measure(config, data, models):
    """Measure models and baselines on the test part and on any part beyond the usual three.

    Args:
        config: Settings of the run.
        data: The recipe's `translator.Data`.
        models: Trained models by name, `"recurrent"` being the one of the run.
    """
    train = data.parts["train"]
    dictionary = dictionary_baseline.learn(train.sources, train.targets, lowercase=config.lowercase)
    ways = {
        name: lambda texts, model=model: translator.translate(
            model, data.tokenizers, texts, config, tell=False
        )
        for name, model in models.items()
    }
    ways["dictionary"] = lambda texts: dictionary_baseline.translate(
        dictionary, texts, config.lowercase
    )
    ways["copy"] = list
    parts = [name for name in data.parts if name not in ("train", "validation")]
    figures, written, by_length = {}, {}, {}
    for way, translate in ways.items():
        outputs = {name: translate(data.parts[name].sources) for name in parts}
        figures[way] = {
            name: translation_scores.measure(
                outputs[name], data.parts[name].targets, config.lowercase
            )
            for name in parts
        }
        written[way] = outputs["test"]
        every = [(data.parts[name], outputs[name]) for name in parts]
        by_length[way] = translation_scores.bleu_by_length(
            [line for part, _ in every for line in part.sources],
            [line for _, lines in every for line in lines],
            [line for part, _ in every for line in part.targets],
            config.lowercase,
        )
    own = figures.pop("recurrent")
    greedy = own["test"]
    if config.beam > 1:
        test = data.parts["test"]
        outputs = translator.translate(
            models["recurrent"], data.tokenizers, test.sources, config, beam=1, tell=False
        )
        greedy = translation_scores.measure(outputs, test.targets, config.lowercase)
    metrics = {
        **own,
        "greedy": greedy,
        "baselines": {way: parts["test"] for way, parts in figures.items()},
        "baselines_by_part": figures,
        "by_length": by_length["recurrent"],
        "signatures": translation_scores.signatures(config.lowercase),
    }
    return Results(metrics, written, by_length)


def validation_of_best(history, monitor):
    """The validation metrics of the epoch whose weights were kept."""
    best = max(history, key=lambda row: row[f"val_{monitor}"])
    return {name.removeprefix("val_"): best[name] for name in best if name.startswith("val_")} | {
        "epoch": best["epoch"]
    }


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
        chosen = _evenly(test.sources, translating.HEAT_MAPS)
        ids = translator.source_ids(
            data.tokenizers, [test.sources[i] for i in chosen], config.max_length, tell=False
        )
        maps = translating.alignments(
            data.tokenizers,
            ids,
            translator.write(model, ids, translator.strategy(config), config.batch_size),
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
            runs.read_json(directory / "data.json"),
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
    runs.write_text(directory / "report.md", page)


def _evenly(texts, count):
    """Indices of texts of all lengths but the very shortest and longest."""
    order = np.argsort([len(line.split()) for line in texts], kind="stable")
    return [int(order[int(share * (len(texts) - 1))]) for share in np.linspace(0.3, 0.98, count)]
