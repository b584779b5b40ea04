"""The report and the pictures of a language model."""

import itertools
import math

import numpy as np

from recipes.characters import measure
from recipes.characters import plots as characters_plots
from recipes.characters.writing import texts_of
from recipes.common import plots, report, storage

NEEDED = ("test", "baselines", "sample")  # of `metrics.json`, for `summary`
SHOWN_LINES = 24  # of the sample, on the terminal
SHOWN_TOKENS = 1_600  # of the test part, which the page may not hold all
WINDOWS, WINDOW = 256, 256  # number and tokens of the pieces by which the context is measured
SHORTEST_WINDOW = 16
NAMES = {
    "crossentropy": "nats a token",
    "perplexity": "perplexity of a token",
    "nats_per_character": "nats a character",
    "bits_per_character": "bits a character",
    "perplexity_per_word": "perplexity of a word",
}


def summary(metrics):
    """Lines for people on what a training came to."""
    baseline = metrics["baselines"]["kneser_ney"]
    models = {
        "recurrent network": metrics["test"],
        f"{baseline['order']}-grams, Kneser-Ney": baseline,
    }
    figure = "nats_per_character" if "nats_per_character" in metrics["test"] else "perplexity"
    rows = [(f"  {name}", shown(values[figure])) for name, values in models.items()]
    text = metrics["sample"]["text"].strip("\n").split("\n")
    more = ["…"] if len(text) > SHOWN_LINES else []
    return [
        *text[:SHOWN_LINES], *more, "", f"test: {NAMES[figure]}", report.columns(rows),
    ]  # fmt: skip


def shown(value):
    """A figure for people: four decimals, or none of a large perplexity."""
    return f"{value:.4f}" if value < 1000 else f"{value:,.0f}"


def write(run, texts, model, stages, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        texts: Its `Data`.
        model: The trained model.
        stages: Its `Stages`.
        metrics: The content of `metrics.json`.
    """
    directory, unit = run.directory, texts.vocabulary.unit
    pictures = ["learning_curves.png", "surprise.png"]
    plots.learning_curves(
        stages, directory / "learning_curves.png", metrics=("crossentropy", "probability")
    )
    characters_plots.surprise(*_page(model, texts), unit, directory / "surprise.png")
    if (nats := _by_context(model, texts.parts["test"])) is not None:
        carried = metrics["test"]["crossentropy"]
        characters_plots.context(nats, carried, unit, directory / "context.png")
        pictures.append("context.png")
    baseline = metrics["baselines"]["kneser_ney"]
    tests = {
        "recurrent network": metrics["test"],
        f"{baseline['order']}-grams with Kneser-Ney smoothing": baseline,
    }
    keys = [key for key in NAMES if key in metrics["test"]]
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run,
            metrics,
            "characters",
            *([("source", run.data["source"])] if run.data["source"] else []),
            ("parts", run.data["split"]),
            ("documents", ", ".join(f"{n:,} {name}" for name, n in run.data["documents"].items())),
            ("tokens known", f"{texts.vocabulary.size:,} ({texts.vocabulary.pieces})"),
        ),
        (
            "Test results",
            report.table(
                ["model", *(NAMES[key] for key in keys)],
                [(name, *(shown(values[key]) for key in keys)) for name, values in tests.items()],
            ),
        ),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in pictures)),
        ("Sample", _sample(metrics["sample"], unit)),
    )
    storage.write_text(directory / "report.md", page)


def _sample(sample, unit):
    fence = "```"
    while fence in sample["text"]:
        fence += "`"
    copied = sample["copied"].strip()
    return (
        f"Written by the network at temperature {sample['temperature']}. The longest passage that "
        f"stands in the training text too has {sample['copied_tokens']} {unit}s: {copied!r}\n\n"
        f"{fence}text\n{sample['text'].strip(chr(10))}\n{fence}"
    )


def _page(model, texts):
    """The beginning of the test part as the text of each token, and the bits of each."""
    part, vocabulary = texts.parts["test"], texts.vocabulary
    ids = part.ids[: min(int(part.starts[1]), SHOWN_TOKENS)].astype(np.int32)
    begin = [part.ends["begin_token"]] if part.whole else []
    bits = measure.of_rows(model, np.concatenate([begin, ids])[None])[0] / math.log(2)
    shown = ids if part.whole else ids[1:]
    return list(texts_of(vocabulary, ids[: len(ids) - len(shown)], shown[:, None])), bits


def _by_context(model, part):
    """Mean nats of a token by the number of tokens read before it, from an empty state.

    None of a part that is too short to tell.
    """
    lengths = np.diff(part.starts)
    window = min(WINDOW, int(lengths.max()) - 1)
    if window < SHORTEST_WINDOW:
        return None
    places = np.concatenate(
        [np.arange(start, end - window) for start, end in itertools.pairwise(part.starts)]
    )
    chosen = places[np.linspace(0, len(places) - 1, min(WINDOWS, len(places))).astype(int)]
    tokens = np.stack([part.ids[place : place + window + 1] for place in chosen])
    return measure.of_rows(model, tokens).mean(0)
