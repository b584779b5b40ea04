"""Label texts with a trained classifier."""

from recipes.common import report
from recipes.common.text import tokenizer
from recipes.sentiment import sources
from recipes.sentiment.trained import probabilities, restore


def predict(run, inputs, label_column=""):
    """The label of each text with its probability; a column of labels is not read."""
    if not inputs:
        return {"predictions": []}, []
    trained = restore(run)
    tokenizer.warn_of_unknown(trained.tokenizer, inputs)
    split = sources.Split(inputs, [trained.labels[0]] * len(inputs), [])
    predictions = [
        {
            "text": line,
            "label": trained.labels[row.argmax()],
            "probability": float(row.max()),
            "probabilities": dict(zip(trained.labels, map(float, row), strict=True)),
        }
        for line, row in zip(inputs, probabilities(trained, split)[0], strict=True)
    ]
    lines = [
        f"{row['label']}\t{row['probability']:.4f}\t{report.shorten(tokenizer.clean(row['text']))}"
        for row in predictions
    ]
    return {"predictions": predictions}, lines
