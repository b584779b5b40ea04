"""Figures of captions: by a network, by baselines, and of the network with pictures shuffled."""

import dataclasses
from typing import Any

import keras
import numpy as np

from recipes.captioning import baselines, scene_truth, scores, writing
from recipes.common import report

GAINS = ("bleu4", "cider")
SAMPLES_SHOWN, LONGEST_SHOWN = 5, 110


@dataclasses.dataclass(frozen=True)
class Measured:
    """Captions that a network wrote for a part, and how good they are.

    written: For each picture what `writing.write` gives.
    captions: The captions as text.
    figures: Those of the captions, see `figures`.
    shuffled: The figures of the same captions for other pictures, which fluency alone achieves.
    """

    written: list[dict]
    captions: list[str]
    figures: dict[str, float]
    shuffled: dict[str, float]

    @property
    def gain(self):
        """The gain over shuffled pictures."""
        return {name: self.figures[name] - self.shuffled[name] for name in GAINS}


@dataclasses.dataclass(frozen=True)
class Results:
    """The test of a trained network and what the report shows of it.

    metrics: The recipe's entries of `metrics.json`.
    test: The `Measured` of the test part.
    each: CIDEr-D of each caption.
    shuffled_order: Numbers of the test pictures in random order; samples are the first ones.
    """

    metrics: dict[str, Any]
    test: Measured
    each: np.ndarray
    shuffled_order: np.ndarray


def on_validation(model, data, config):
    """Scores of greedy captions for the validation part, which choose the best epoch."""
    part = data.parts["validation"].evenly(config.validation_images)
    return scores.measure(_greedy(model, data.tokenizer, part, config), part.references)


def _greedy(model, tokenizer, part, config):
    return writing.texts(tokenizer, writing.write(model, part, writing.strategy(config, beam=1)))


def on_part(model, tokenizer, part, config, beam=None):
    """The `Measured` of a network and a part.

    Args:
        model: A model that reads what the part's arrays hold.
        tokenizer: The run's tokenizer.
        part: The `features.Part`.
        config: Settings of the run.
        beam: Width of the beam; the run's own if None.
    """
    written = writing.write(model, part, writing.strategy(config, beam))
    captions = writing.texts(tokenizer, written)
    measured = figures(captions, part)
    if "true" in measured and written[0]["attention"] is not None:
        attended = (writing.attended(tokenizer, best) for best in written)
        words, attention = zip(*attended, strict=True)
        measured["attention_on_named"] = scene_truth.attention_on_named(
            words, attention, part.rows.scenes
        )
    return Measured(written, captions, measured, _shuffled(captions, part))


def figures(captions, part):
    """Scores of captions for a part; for embedded scenes also the share of true ones as `true`."""
    found = scores.measure(captions, part.references)
    if all(part.rows.scenes):
        found["true"] = scene_truth.share_true(captions, part.rows.scenes)
    return found


def _shuffled(captions, part):
    order = np.random.default_rng(0).permutation(len(captions))
    others = dict(zip(order, np.roll(order, 1), strict=True))  # never a picture itself
    return scores.measure([captions[others[i]] for i in range(len(captions))], part.references)


def measure(config, model, data):
    """The `Results` of a trained network beside its baselines.

    Args:
        config: Settings of the run.
        model: A model that reads what the arrays of `data` hold.
        data: The `Data`.
    """
    part, tokenizer = data.parts["test"], data.tokenizer
    test = on_part(model, tokenizer, part, config)
    greedy = test.figures
    if config.beam > 1:
        greedy = scores.measure(_greedy(model, tokenizer, part, config), part.references)
    order = np.random.default_rng(0).permutation(len(part))
    shown = [test.captions[i] for i in order[:SAMPLES_SHOWN]]
    metrics = {
        "test": test.figures,
        "greedy": greedy,
        "shuffle_gap": test.gain,
        "baselines": {"shuffled": test.shuffled, **_of_baselines(model, data)},
        "signature": scores.signature(),
        "samples": [report.shorten(caption, LONGEST_SHOWN) for caption in shown],
    }
    each = scores.CiderD(part.references).score(test.captions)
    return Results(metrics, test, each, order)


def _of_baselines(model, data):
    train, test = data.parts["train"], data.parts["test"]
    features = [picture_features(model, part) for part in (train, test)]
    captions = {
        "consensus": baselines.consensus(features[0], train.references, features[1]),
        "nearest": baselines.nearest(features[0], train.references, features[1]),
        "commonest": [baselines.commonest(train.references)] * len(test),
    }
    return {name: figures(captions[name], test) for name in captions}


def picture_features(model, part):
    """`(N, C)` vectors that compare pictures: the mean over the grid that the network sees."""
    encoder = keras.Model(model.input["image"], model.get_layer("mean").output)
    batches = range(0, len(part), writing.BATCH)
    return np.concatenate(
        [encoder.predict_on_batch(part.images(slice(i, i + writing.BATCH))) for i in batches]
    )
