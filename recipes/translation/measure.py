"""Figures of a translator beside its baselines."""

import dataclasses
from typing import Any

from recipes.translation import baselines, scores, writing


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
    dictionary = baselines.learn(train.sources, train.targets, lowercase=config.lowercase)
    ways = {
        name: lambda texts, model=model: writing.translate(
            model, data.tokenizers, texts, config, tell=False
        )
        for name, model in models.items()
    }
    ways["dictionary"] = lambda texts: baselines.translate(dictionary, texts, config.lowercase)
    ways["copy"] = list
    parts = [name for name in data.parts if name not in ("train", "validation")]
    figures, written, by_length = {}, {}, {}
    for way, translate in ways.items():
        outputs = {name: translate(data.parts[name].sources) for name in parts}
        figures[way] = {
            name: scores.measure(outputs[name], data.parts[name].targets, config.lowercase)
            for name in parts
        }
        written[way] = outputs["test"]
        every = [(data.parts[name], outputs[name]) for name in parts]
        by_length[way] = scores.bleu_by_length(
            [line for part, _ in every for line in part.sources],
            [line for _, lines in every for line in lines],
            [line for part, _ in every for line in part.targets],
            config.lowercase,
        )
    own = figures.pop("recurrent")
    greedy = own["test"]
    if config.beam > 1:
        test = data.parts["test"]
        outputs = writing.translate(
            models["recurrent"], data.tokenizers, test.sources, config, beam=1, tell=False
        )
        greedy = scores.measure(outputs, test.targets, config.lowercase)
    metrics = {
        **own,
        "greedy": greedy,
        "baselines": {way: parts["test"] for way, parts in figures.items()},
        "baselines_by_part": figures,
        "by_length": by_length["recurrent"],
        "signatures": scores.signatures(config.lowercase),
    }
    return Results(metrics, written, by_length)


def validation_of_best(history, monitor):
    """The validation metrics of the epoch whose weights were kept."""
    best = max(history, key=lambda row: row[f"val_{monitor}"])
    return {name.removeprefix("val_"): best[name] for name in best if name.startswith("val_")} | {
        "epoch": best["epoch"]
    }
