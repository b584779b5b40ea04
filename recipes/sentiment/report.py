"""The report and the pictures of a text classifier."""

import keras
import numpy as np

from recipes.common import plots, report, storage
from recipes.common.labelling import plots as labelling_plots
from recipes.common.text import tokenizer
from recipes.sentiment import plots as sentiment_plots

NEEDED = ("test", "baselines")  # of `metrics.json`, for `summary`
BASELINES = {
    "bag_of_words": "bag of words, same tokens",
    "linear": "linear, TF-IDF of words and pairs",
    "naive_bayes": "linear, words and pairs by naive Bayes",
    "majority": "always the commonest label",
}
MOST_WRONG = 8
ATTENTION_EXAMPLES = 6
ATTENTION_WORDS = 70


def summary(metrics):
    """Lines for people on what a training came to."""
    models = [("recurrent network", metrics["test"])]
    models += [
        (name, metrics["baselines"][key])
        for key, name in BASELINES.items()
        if key in metrics["baselines"]  # which grow in number from version to version
    ]
    figures = {"accuracy": "test accuracy"}
    if "label_weights" in metrics:  # accuracy says little of rare labels
        figures["macro_f1"] = "test macro F1, the mean over labels"
    lines = []
    for figure, heading in figures.items():
        rows = [(f"  {name}", values[figure]) for name, values in models if figure in values]
        lines += [heading, report.columns(rows)]
    return lines


def write(run, data, model, stages, predicted, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        data: Its `Data`.
        model: The trained model.
        stages: Its `Stages`.
        predicted: `(N, num_classes)` probabilities of the test part.
        metrics: The content of `metrics.json`.
    """
    directory = run.directory
    truth = data.test.sequences.labels
    plots.learning_curves(stages, directory / "learning_curves.png")
    labelling_plots.confusion_matrix(
        truth, predicted.argmax(-1), data.labels, directory / "confusion.png"
    )
    pictures = ["learning_curves.png", "confusion.png"]
    if "roc_auc" in metrics["test"]:
        sentiment_plots.roc_curve(truth, predicted[:, 1], data.labels[1], directory / "roc.png")
        pictures.append("roc.png")
    if run.config.pooling == "attention":
        sentiment_plots.words_that_mattered(
            _attention_examples(data, model, predicted), directory / "attention.png"
        )
        pictures.append("attention.png")
    tests = {"recurrent network": metrics["test"], **metrics["baselines"]}
    names = ["accuracy", "macro_f1", "roc_auc", "crossentropy"]
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run,
            metrics,
            "examples",
            ("tokens known", f"{data.facts['vocab_size']:,}"),
            *(
                (f"weight of {label}", f"{weight:.3f}")
                for label, weight in metrics.get("label_weights", {}).items()
            ),
        ),
        (
            "Test results",
            report.table(
                ["model", *names],
                [
                    (name.replace("_", " "), *(values.get(key, "–") for key in names))
                    for name, values in tests.items()
                ],
            ),
        ),
        ("Pictures", "\n\n".join(f"![{name}]({name})" for name in pictures)),
        ("Most wrong", _most_wrong(data, predicted)),
    )
    storage.write_text(directory / "report.md", page)


def _most_wrong(data, predicted):
    truth = data.test.sequences.labels
    split = data.parts["test"]
    of_truth = predicted[np.arange(len(truth)), truth]
    wrong = [i for i in np.argsort(of_truth, kind="stable") if predicted[i].argmax() != truth[i]]
    if not wrong:
        return "No test example is labelled wrongly."
    return report.table(
        ["true", "predicted", "probability", "text"],
        [
            (
                split.labels[i],
                data.labels[predicted[i].argmax()],
                float(predicted[i].max()),
                report.shorten(tokenizer.clean(split.texts[i])),
            )
            for i in wrong[:MOST_WRONG]
        ],
    )


def _attention_examples(data, model, predicted):
    """Test examples short enough to draw: title, words, and the attention on each word."""
    sequences = data.test.sequences
    attention = keras.Model(model.inputs, model.get_layer("attention").output)
    short = np.flatnonzero((sequences.lengths >= 8) & (sequences.lengths <= ATTENTION_WORDS))
    chosen = short if len(short) else np.argsort(sequences.lengths, kind="stable")
    chosen = np.random.default_rng(0).permutation(chosen)[:ATTENTION_EXAMPLES]
    examples = []
    for index in chosen:
        ids = sequences.ids[sequences.starts[index] : sequences.starts[index + 1]][:ATTENTION_WORDS]
        weights = np.asarray(attention.predict_on_batch({"tokens": ids[None]}))[0]
        words, starts = tokenizer.words(data.tokenizer, ids.tolist())
        # The attention on a word is that on all its pieces.
        weights = np.add.reduceat(weights, starts)
        label = data.labels[predicted[index].argmax()]
        title = f"{label} ({predicted[index].max():.2f}); true: {data.parts['test'].labels[index]}"
        examples.append((title, words, weights))
    return examples
