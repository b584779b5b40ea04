"""Measures of predicted probabilities of labels."""

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import f1_score, roc_auc_score


def measure(probabilities, labels):
    """Metrics of predicted probabilities.

    Args:
        probabilities: `(N, num_classes)`.
        labels: `(N,)` true labels.

    Returns:
        A dict of `accuracy`, `macro_f1`, `crossentropy` in nats and, for two classes of which both
        are there, `roc_auc`.
    """
    predicted = probabilities.argmax(-1)
    of_truth = probabilities[np.arange(len(labels)), labels]
    metrics = {
        "accuracy": float(np.mean(predicted == labels)),
        "macro_f1": float(f1_score(labels, predicted, average="macro")),
        "crossentropy": float(-np.mean(np.log(np.maximum(of_truth, 1e-12)))),
    }
    if probabilities.shape[1] == 2 and len(np.unique(labels)) == 2:
        metrics["roc_auc"] = float(roc_auc_score(labels, probabilities[:, 1]))
    return metrics


def errors(wrong):
    """The share of wrong answers and its interval.

    Args:
        wrong: `(N,)` bool.

    Returns:
        A dict: `error`, the share, `wrong`, the number, and `interval`, of 95 in 100 (Wilson's).
    """
    count = int(np.sum(wrong))
    interval = binomtest(count, len(wrong)).proportion_ci(method="wilson")
    return {
        "error": count / len(wrong),
        "wrong": count,
        "interval": [float(interval.low), float(interval.high)],
    }


def majority(train_labels, test_labels):
    """Metrics of always giving the commonest training label."""
    commonest = np.bincount(train_labels).argmax()
    return {"accuracy": float(np.mean(test_labels == commonest))}
