"""The report and the pictures of a text classifier."""

import numpy as np

from recipes.common import plots, report, runs, text

# What `metrics.json` must hold for `summary`.
NEEDED = ("test", "baselines")
MOST_WRONG = 8
ATTENTION_EXAMPLES = 6
ATTENTION_WORDS = 70


def summary(directory, metrics):
    """What a verb that trains returns: all metrics, and the lines people see."""
    baselines = metrics["baselines"]
    rows = [
        ("recurrent network", metrics["test"]["accuracy"]),
        ("bag of words, same tokens", baselines["bag_of_words"]["accuracy"]),
        ("linear, TF-IDF of words and pairs", baselines["linear"]["accuracy"]),
        ("always the commonest label", baselines["majority"]["accuracy"]),
    ]
    lines = ["test accuracy", report.columns([(f"  {name}", value) for name, value in rows])]
    lines.append(f"report: {directory / 'report.md'}")
    return {**metrics, "run": str(directory), "summary": lines}


def write(recipe, directory, config, data, model, history, predicted, metrics):
    """Write the plots and `report.md` of a training into the run directory.

    Args:
        recipe: Name of the recipe.
        directory: The run directory.
        config: Its settings.
        data: The recipe's data: `parts`, `test`, `tokenizer` and `labels` are read.
        model: The trained model.
        history: A dict an epoch.
        predicted: `(N, num_classes)` probabilities of the test part.
        metrics: What `metrics.json` will hold.
    """
    truth = data.test.sequences.labels
    plots.learning_curves(history, directory / "learning_curves.png")
    plots.confusion_matrix(truth, predicted.argmax(-1), data.labels, directory / "confusion.png")
    pictures = ["learning_curves.png", "confusion.png"]
    if "roc_auc" in metrics["test"]:
        plots.roc_curve(truth, predicted[:, 1], data.labels[1], directory / "roc.png")
        pictures.append("roc.png")
    if config.pooling == "attention":
        plots.words_that_mattered(
            _attention_examples(data, model, predicted), directory / "attention.png"
        )
        pictures.append("attention.png")
    tests = {"recurrent network": metrics["test"], **metrics["baselines"]}
    names = ["accuracy", "macro_f1", "roc_auc", "crossentropy"]
    page = report.document(
        f"{recipe}: {config.data}",
        report.how_it_was_made(
            recipe,
            config,
            runs.read_json(directory / "data.json"),
            metrics,
            "examples",
            ("tokens known", f"{data.facts['vocab_size']:,}"),
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
    runs.write_text(directory / "report.md", page)


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
                report.shorten(text.clean(split.texts[i])),
            )
            for i in wrong[:MOST_WRONG]
        ],
    )


def _attention_examples(data, model, predicted):
    """Test examples short enough to draw: title, words, and the attention on each word."""
    import keras

    sequences = data.test.sequences
    attention = keras.Model(model.inputs, model.get_layer("attention").output)
    short = np.flatnonzero((sequences.lengths >= 8) & (sequences.lengths <= ATTENTION_WORDS))
    chosen = short if len(short) else np.argsort(sequences.lengths, kind="stable")
    chosen = np.random.default_rng(0).permutation(chosen)[:ATTENTION_EXAMPLES]
    examples = []
    for index in chosen:
        ids = sequences.ids[sequences.starts[index] : sequences.starts[index + 1]][:ATTENTION_WORDS]
        weights = np.asarray(attention.predict_on_batch({"tokens": ids[None]}))[0]
        words = _words([data.tokenizer.id_to_piece(int(token)) for token in ids], weights)
        label = data.labels[predicted[index].argmax()]
        title = f"{label} ({predicted[index].max():.2f}); true: {data.parts['test'].labels[index]}"
        examples.append((title, *zip(*words, strict=True)))
    return examples


def _words(pieces, weights):
    """Join pieces to words, whose attention is the sum of that of their pieces."""
    words = []
    for piece, weight in zip(pieces, weights, strict=True):
        if piece.startswith("▁") or not words:
            words.append((piece.removeprefix("▁"), float(weight)))
        else:
            words[-1] = (words[-1][0] + piece, words[-1][1] + float(weight))
    return words
