"""Baseline of a classifier of texts: a linear model of words."""

import numpy as np

from recipes.common.labelling.measure import measure

ENOUGH_FOR_LINEAR = 100_000


def linear(train, validation, test, balance=False):
    """Logistic regression on TF-IDF of words and pairs of words, its strength set on validation.

    Args:
        train, validation, test: Pairs of a list of texts and an array of labels.
        balance: Whether rare labels weigh as much as common ones.

    Returns:
        `measure` of the test part, with the inverse regularisation strength `C` that was chosen.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    chosen = np.random.default_rng(0).permutation(len(train[0]))[:ENOUGH_FOR_LINEAR]
    texts, labels = [train[0][i] for i in chosen], train[1][chosen]
    # Single characters are words too: "I", "5", and every word of some scripts.
    options = {
        "ngram_range": (1, 2),
        "sublinear_tf": True,
        "token_pattern": r"(?u)\b\w+\b|[^\w\s]",
    }
    try:
        vectorizer = TfidfVectorizer(min_df=2 if len(texts) > 1000 else 1, **options)
        features = vectorizer.fit_transform(texts)
    except ValueError:  # no word comes twice
        vectorizer = TfidfVectorizer(**options)
        features = vectorizer.fit_transform(texts)
    validation_features = vectorizer.transform(validation[0])
    weights = "balanced" if balance else None
    best = None
    for strength in (1.0, 10.0, 30.0):
        model = LogisticRegression(C=strength, max_iter=1000, class_weight=weights)
        model.fit(features, labels)
        accuracy = model.score(validation_features, validation[1])
        if best is None or accuracy > best[0]:
            best = accuracy, strength, model
    _, strength, model = best
    predicted = np.zeros((len(test[0]), max(labels.max(), test[1].max()) + 1))
    predicted[:, model.classes_] = model.predict_proba(vectorizer.transform(test[0]))
    return {**measure(predicted, test[1]), "C": strength}
