"""Measuring captioners: beside baselines, with pictures shuffled, with plots of what they see."""

import dataclasses
from typing import Any

import numpy as np

from recipes.common import (
    caption_baselines,
    caption_plots,
    caption_scores,
    captioner,
    pictures,
    report,
    runs,
    scene_truth,
    text,
)

# What `metrics.json` must hold for `summary`.
NEEDED = ("test", "baselines", "greedy")
NAMES = {
    "recurrent": "recurrent network",
    "shuffled": "the same, pictures shuffled",
    "consensus": "consensus of 25 nearest pictures",
    "nearest": "caption of the nearest picture",
    "commonest": "the commonest caption",
}
SHEET, WORST, OVERLAYS = 16, 8, 3
LONGEST_SHOWN = 110


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
    written = captioner.write(
        trained.model,
        test,
        captioner.strategy(config),
    )
    captions = text.decode(trained.data.tokenizer, [best["tokens"][0] for best in written])
    figures = scores(captions, test, written, trained.data.tokenizer)
    greedy = figures
    if config.beam > 1:
        outputs = captioner.caption(trained.model, trained.data.tokenizer, test, config, beam=1)
        greedy = caption_scores.measure(outputs, test.references)
    baselines = {"shuffled": shuffled(captions, test.references)}
    features = [picture_features(trained.model, part) for part in (train, test)]
    for name, outputs in (
        ("consensus", caption_baselines.consensus(features[0], train.references, features[1])),
        ("nearest", caption_baselines.nearest(features[0], train.references, features[1])),
        ("commonest", [caption_baselines.commonest(train.references)] * len(test)),
    ):
        baselines[name] = scores(outputs, test)
    metrics = {
        "test": figures,
        "greedy": greedy,
        "shuffle_gap": gap(figures, baselines["shuffled"]),
        "baselines": baselines,
        "signature": caption_scores.signature(),
    }
    each = caption_scores.CiderD(test.references).score(captions)
    return Results(metrics, captions, written, each)


def scores(captions, part, written=None, tokenizer=None):
    """All figures of captions of a part; of embedded scenes their truth and attention too.

    Args:
        captions: One for each picture.
        part: The `caption_parts.Part`.
        written: What `captioner.write` gave, if a network wrote the captions.
        tokenizer: That of its run.
    """
    figures = caption_scores.measure(captions, part.references)
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
    return caption_scores.measure([captions[others[i]] for i in range(len(captions))], references)


def gap(figures, others):
    """How much better captions are for their own pictures than for others, see `shuffled`."""
    return {name: figures[name] - others[name] for name in ("bleu4", "cider")}


def picture_features(model, part):
    """`(N, C)` by which pictures are compared: the mean over the places the network sees."""
    import keras

    encoder = keras.Model(model.input["image"], model.get_layer("mean").output)
    found = []
    for start in range(0, len(part), captioner.AT_ONCE):
        images = part.arrays[part.numbers[start : start + captioner.AT_ONCE]]
        found.append(encoder.predict_on_batch(np.asarray(images, np.float32)))
    return np.concatenate(found)


def validation_of_best(history, monitor):
    """The validation metrics of the epoch whose weights were kept."""
    best = max(history, key=lambda row: row[f"val_{monitor}"])
    return {name.removeprefix("val_"): best[name] for name in best if name.startswith("val_")} | {
        "epoch": best["epoch"]
    }


def summary(directory, metrics):
    """What a verb that trains returns: all metrics, and the lines people see."""
    rows = {"recurrent": metrics["test"], **metrics["baselines"]}
    truth = "true" in metrics["test"]
    width = max(map(len, NAMES.values()))
    lines = [f"test: BLEU-4, CIDEr-D{', true captions' if truth else ''}"]
    for name, row in rows.items():
        share = f"  {row['true']:6.1%}" if "true" in row else ""
        lines.append(f"  {NAMES[name]:<{width}}  {row['bleu4']:5.1f}  {row['cider']:6.3f}{share}")
    if found := metrics["test"].get("attention_on_named"):
        lines.append(f"  attention on the object that is named: {found:.1f} times its area")
    lines += [f"  {sample}" for sample in metrics.get("samples", [])]
    lines.append(f"report: {directory / 'report.md'}")
    return {**metrics, "run": str(directory), "summary": lines}


def write(recipe, directory, config, trained, history, results, metrics):
    """Write the plots and `report.md` of a training into the run directory."""
    from recipes.common import plots

    test = trained.data.parts["test"]
    rows = [("recurrent", metrics["test"]), *metrics["baselines"].items()]
    plots.learning_curves(
        history, directory / "learning_curves.png", ("crossentropy", config.monitor),
        ("crossentropy",),
    )  # fmt: skip
    caption_plots.scores(
        [(NAMES[name], row["bleu4"], row["cider"]) for name, row in rows], directory / "scores.png"
    )
    chosen = np.random.default_rng(0).permutation(len(test))
    _sheet(test, results, chosen[:SHEET], directory / "samples.png")
    _sheet(test, results, np.argsort(results.each, kind="stable")[:WORST], directory / "worst.png")
    shown = ["learning_curves.png", "scores.png", "samples.png", "worst.png"]
    if results.written[0]["attention"] is not None:
        for number, i in enumerate(chosen[:OVERLAYS], start=1):
            name = f"attention_{number}.png"
            overlay(picture(test, i), results.written[i], trained.data.tokenizer, directory / name)
            shown.append(name)
    metrics["samples"] = [report.shorten(results.captions[i], LONGEST_SHOWN) for i in chosen[:5]]
    names = list(metrics["test"])
    page = report.document(
        f"{recipe}: {config.data}",
        report.how_it_was_made(
            recipe,
            config,
            runs.read_json(directory / "data.json"),
            metrics,
            "pictures",
            (f"best epoch, by {config.monitor} of greedy output", metrics["validation"]["epoch"]),
            ("tokens", f"{trained.data.facts['vocab_size']:,}"),
            ("metrics", metrics["signature"]),
        ),
        (
            "Results: test",
            report.table(
                ["captions by", *names],
                [(NAMES[name], *(row.get(column, "") for column in names)) for name, row in rows],
            ),
        ),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in shown)),
        (
            "Samples",
            report.table(
                ["picture", "written", "reference"],
                [
                    (
                        test.captioned.pictures[i].name,
                        report.shorten(results.captions[i]),
                        report.shorten(test.references[i][0]),
                    )
                    for i in chosen[:12]
                ],
            ),
        ),
    )
    runs.write_text(directory / "report.md", page)


def _sheet(part, results, chosen, path):
    samples = [
        (picture(part, i), results.captions[i], part.references[i][0], f"{results.each[i]:.2f}")
        for i in chosen
    ]
    caption_plots.sheet(samples, path)


def picture(part, i, size=(224, 224)):
    """A picture of a part as `(H, W, 3)` uint8, for plots."""
    return pictures.decode(part.captioned.pictures[i].read(), size)


def overlay(image, best, tokenizer, path):
    """Draw what each word of a caption looked at.

    Args:
        image: `(H, W, 3)` uint8.
        best: What `captioner.write` gave for it.
        tokenizer: That of the run.
        path: Where the plot goes.
    """
    words, weights = attended(best, tokenizer)
    if words:
        caption_plots.attention(image, words, weights, path)


def attended(best, tokenizer):
    """The words of a caption, and the mean attention `(words, S)` of the tokens of each."""
    tokens = [int(token) for token in best["tokens"][0] if token not in (0, text.END)]
    attention = best["attention"][0, : len(tokens)]  # (T, S)
    words, starts = text.words(tokenizer, tokens)
    if not words:
        return [], attention
    lengths = np.diff([*starts, len(tokens)])
    return words, np.add.reduceat(attention, starts, axis=0) / lengths[:, None]
