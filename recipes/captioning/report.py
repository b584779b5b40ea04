"""The report and the plots of a captioner."""

import numpy as np

from recipes.captioning import plots
from recipes.common import report, storage
from recipes.common.pictures import decode
from recipes.common.text import tokenizer as text_tokenizer

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
    from recipes.common import plots as common_plots

    test = trained.data.parts["test"]
    rows = [("recurrent", metrics["test"]), *metrics["baselines"].items()]
    common_plots.learning_curves(
        history, directory / "learning_curves.png", ("crossentropy", config.monitor),
        ("crossentropy",),
    )  # fmt: skip
    plots.scores(
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
            storage.read_json(directory / "data.json"),
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
    storage.write_text(directory / "report.md", page)


def _sheet(part, results, chosen, path):
    samples = [
        (picture(part, i), results.captions[i], part.references[i][0], f"{results.each[i]:.2f}")
        for i in chosen
    ]
    plots.sheet(samples, path)


def picture(part, i, size=(224, 224)):
    """A picture of a part as `(H, W, 3)` uint8, for plots."""
    return decode.decode(part.captioned.pictures[i].read(), size)


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
        plots.attention(image, words, weights, path)


def attended(best, tokenizer):
    """The words of a caption, and the mean attention `(words, S)` of the tokens of each."""
    tokens = [int(token) for token in best["tokens"][0] if token not in (0, text_tokenizer.END)]
    attention = best["attention"][0, : len(tokens)]  # (T, S)
    words, starts = text_tokenizer.words(tokenizer, tokens)
    if not words:
        return [], attention
    lengths = np.diff([*starts, len(tokens)])
    return words, np.add.reduceat(attention, starts, axis=0) / lengths[:, None]
