"""Figures of a captioner beside its baselines and with pictures shuffled."""

import dataclasses
from typing import Any

import numpy as np

from recipes.captioning import baselines as captioning_baselines
from recipes.captioning import scene_truth, writing
from recipes.captioning import scores as captioning_scores
from recipes.captioning.report import attended
from recipes.common.text import tokenizer as text_tokenizer


@dataclasses.dataclass(frozen=True)
class Results:
    """What was measured after a training: figures, and what they were computed from."""

    metrics: dict[str, Any]
    captions: list[str]  # for the test part
    written: list[dict]  # as `captioner.write` gives it
    each: np.ndarray  # CIDEr-D of each caption


def measure(config, trained):
    """Measure a captioner and the baselines on the test part.

    Args:
        config: Settings of the run.
        trained: A `captioning_stages.Captioner`.
    """
    test, train = trained.data.parts["test"], trained.data.parts["train"]
    written = writing.write(
        trained.model,
        test,
        writing.strategy(config),
    )
    captions = text_tokenizer.decode(
        trained.data.tokenizer, [best["tokens"][0] for best in written]
    )
    figures = scores(captions, test, written, trained.data.tokenizer)
    greedy = figures
    if config.beam > 1:
        outputs = writing.caption(trained.model, trained.data.tokenizer, test, config, beam=1)
        greedy = captioning_scores.measure(outputs, test.references)
    baselines = {"shuffled": shuffled(captions, test.references)}
    features = [picture_features(trained.model, part) for part in (train, test)]
    for name, outputs in (
        ("consensus", captioning_baselines.consensus(features[0], train.references, features[1])),
        ("nearest", captioning_baselines.nearest(features[0], train.references, features[1])),
        ("commonest", [captioning_baselines.commonest(train.references)] * len(test)),
    ):
        baselines[name] = scores(outputs, test)
    metrics = {
        "test": figures,
        "greedy": greedy,
        "shuffle_gap": gap(figures, baselines["shuffled"]),
        "baselines": baselines,
        "signature": captioning_scores.signature(),
    }
    each = captioning_scores.CiderD(test.references).score(captions)
    return Results(metrics, captions, written, each)


def scores(captions, part, written=None, tokenizer=None):
    """All figures of captions of a part; of embedded scenes their truth and attention too.

    Args:
        captions: One for each picture.
        part: The `caption_parts.Part`.
        written: What `captioner.write` gave, if a network wrote the captions.
        tokenizer: That of its run.
    """
    figures = captioning_scores.measure(captions, part.references)
    scenes = part.captioned.scenes
    if not all(scenes):
        return figures
    figures["true"] = scene_truth.share_true(captions, scenes)
    if written and written[0]["attention"] is not None:
        words, attention = zip(*(attended(best, tokenizer) for best in written), strict=True)
        figures["attention_on_named"] = scene_truth.attention_on_named(words, attention, scenes)
    return figures


def shuffled(captions, references):
    """The figures of the same captions for other pictures: what is owed to fluency alone."""
    order = np.random.default_rng(0).permutation(len(captions))
    others = dict(zip(order, np.roll(order, 1), strict=True))  # never a picture itself
    return captioning_scores.measure(
        [captions[others[i]] for i in range(len(captions))], references
    )


def gap(figures, others):
    """How much better captions are for their own pictures than for others, see `shuffled`."""
    return {name: figures[name] - others[name] for name in ("bleu4", "cider")}


def picture_features(model, part):
    """`(N, C)` by which pictures are compared: the mean over the places the network sees."""
    import keras

    encoder = keras.Model(model.input["image"], model.get_layer("mean").output)
    found = []
    for start in range(0, len(part), writing.BATCH):
        images = part.arrays[part.numbers[start : start + writing.BATCH]]
        found.append(encoder.predict_on_batch(np.asarray(images, np.float32)))
    return np.concatenate(found)


def validation_of_best(history, monitor):
    """The validation metrics of the epoch whose weights were kept."""
    best = max(history, key=lambda row: row[f"val_{monitor}"])
    return {name.removeprefix("val_"): best[name] for name in best if name.startswith("val_")} | {
        "epoch": best["epoch"]
    }


def measuring(config, data, model):
    """Function without arguments: the scores of what a model writes, greedily, for validation."""
    from recipes.captioning import scores as captioning_scores
    from recipes.captioning import writing

    validation = data.parts["validation"].evenly(config.validation_images)

    def measure():
        captions = writing.caption(model, data.tokenizer, validation, config, beam=1)
        return captioning_scores.measure(captions, validation.references)

    return measure
