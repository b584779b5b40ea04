"""Figures of a translator beside its baselines."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import report
from recipes.translation import baselines, writing

SAMPLES = 5


@dataclasses.dataclass(frozen=True)
class Results:
    """Figures of a training, and what they were computed from.

    metrics: Entries of `metrics.json`.
    written: Translations of the test part by name of the model.
    by_length: BLEU by length of the source by name of the model.
    """

    metrics: dict[str, Any]
    written: dict[str, list[str]]
    by_length: dict[str, list[dict]]


def measure(config, data, models):
    """Measure models and baselines on the test part and on any part beyond the usual three.

    Args:
        config: Settings of the run.
        data: The recipe's `data.Data`.
        models: Trained models by name, `"recurrent"` being the one of the run.
    """
    parts = {name: data.parts[name] for name in data.parts if name not in ("train", "validation")}
    systems = {
        **{name: _translator(model, data, config) for name, model in models.items()},
        "dictionary": baselines.dictionary(data.parts["train"], config.lowercase),
        "copy": list,
    }
    figures, written, by_length = {}, {}, {}
    for system, translate in systems.items():
        outputs = {name: translate(part.sources) for name, part in parts.items()}
        figures[system] = {
            name: data.scorer.measure(outputs[name], part.targets) for name, part in parts.items()
        }
        written[system] = outputs["test"]
        by_length[system] = data.scorer.bleu_by_length(
            [line for part in parts.values() for line in part.sources],
            [line for lines in outputs.values() for line in lines],
            [line for part in parts.values() for line in part.targets],
        )
    own, test = figures.pop("recurrent"), parts["test"]
    greedy = own["test"]
    if config.beam > 1:
        outputs = _translator(models["recurrent"], data, config, beam=1)(test.sources)
        greedy = data.scorer.measure(outputs, test.targets)
    metrics = {
        **own,
        "greedy": greedy,
        "baselines": {system: of_parts["test"] for system, of_parts in figures.items()},
        "baselines_by_part": figures,
        "by_length": by_length["recurrent"],
        "signatures": data.scorer.signatures(),
        "samples": [
            f"{report.shorten(test.sources[i])} → {report.shorten(written['recurrent'][i])}"
            for i in shuffled(len(test))[:SAMPLES]
        ],
    }
    return Results(metrics, written, by_length)


def shuffled(count):
    """The numbers below `count` in an order that is always the same, for samples."""
    return np.random.default_rng(0).permutation(count)


def _translator(model, data, config, beam=None):
    def translate(texts):
        return writing.translate(model, data.tokenizers, texts, config, beam, warn=False)

    return translate
