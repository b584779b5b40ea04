"""Baselines of a classifier of texts: linear models of words."""

import numpy as np

from recipes.common.labelling.measure import measure

ENOUGH_FOR_LINEAR = 100_000
STRENGTHS = (1.0, 10.0, 30.0)
NAIVE_BAYES_STRENGTHS = (0.03, 0.1, 0.3)
# Single characters are words too: "I", "5", and every word of some scripts.
WORDS = {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b|[^\w\s]"}


def linear(train, validation, test, balance=False):
    """Logistic regression on TF-IDF of words and pairs of words, its strength set on validation.

    Args:
        train, validation, test: Pairs of a list of texts and an array of labels.
        balance: Whether rare labels weigh as much as common ones.

    Returns:
        `measure` of the test part, with the inverse regularisation strength `C` that was chosen.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts, labels = _enough(train)
    vectorizer, features = _fitted(TfidfVectorizer, texts, sublinear_tf=True)
    models = _regressions(features, labels, STRENGTHS, balance)
    seen = vectorizer.transform(validation[0])
    strength, model = max(models, key=lambda found: found[1].score(seen, validation[1]))
    predicted = np.zeros((len(test[0]), _classes(labels, test)))
    predicted[:, model.classes_] = model.predict_proba(vectorizer.transform(test[0]))
    return {**measure(predicted, test[1]), "C": strength}


def naive_bayes(train, validation, test, balance=False):
    """Logistic regression on words and pairs of words, each scaled by how much it tells of a label.

    A feature, 1 where the text has the word, is multiplied by the logarithm of the ratio of its
    shares in a label's texts and in the others'. Each label has a model of its own against the
    others.

    Reference: Wang & Manning (2012), "Baselines and bigrams: simple, good sentiment and topic
    classification", https://aclanthology.org/P12-2018, section 2, with logistic regression for
    the support vector machine, so that there are probabilities, and the weights as they are
    learned in place of their interpolation.

    Args:
        train, validation, test: Pairs of a list of texts and an array of labels.
        balance: Whether rare labels weigh as much as common ones.

    Returns:
        `measure` of the test part, with the inverse regularisation strength `C` that was chosen.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    texts, labels = _enough(train)
    vectorizer, features = _fitted(CountVectorizer, texts, binary=True, dtype=np.float32)
    seen, unseen = (vectorizer.transform(part[0]) for part in (validation, test))
    known = np.unique(labels)
    found = {strength: [] for strength in NAIVE_BAYES_STRENGTHS}
    for label in known[1:] if len(known) == 2 else known:
        ratios = _ratios(features, labels == label)
        models = _regressions(
            features.multiply(ratios).tocsr(), labels == label, NAIVE_BAYES_STRENGTHS, balance
        )
        for strength, model in models:
            found[strength].append(
                [model.predict_proba(x.multiply(ratios).tocsr())[:, 1] for x in (seen, unseen)]
            )
    parts = {
        strength: [_distribution(scores, known) for scores in zip(*each, strict=True)]
        for strength, each in found.items()
    }
    strength = max(parts, key=lambda C: np.mean(known[parts[C][0].argmax(1)] == validation[1]))
    predicted = np.zeros((len(test[0]), _classes(labels, test)))
    predicted[:, known] = parts[strength][1]
    return {**measure(predicted, test[1]), "C": strength}


def _enough(train):
    """Texts and labels for a linear model, drawn where there are very many."""
    chosen = np.random.default_rng(0).permutation(len(train[0]))[:ENOUGH_FOR_LINEAR]
    return [train[0][i] for i in chosen], train[1][chosen]


def _fitted(vectorizer, texts, **options):
    """A vectorizer of words and pairs of words, and the features of its texts."""
    try:
        fitted = vectorizer(min_df=2 if len(texts) > 1000 else 1, **WORDS, **options)
        return fitted, fitted.fit_transform(texts)
    except ValueError:  # no word comes twice
        fitted = vectorizer(**WORDS, **options)
        return fitted, fitted.fit_transform(texts)


def _regressions(features, labels, strengths, balance):
    """Pairs of a strength and the logistic regression that has it."""
    from sklearn.linear_model import LogisticRegression

    weights = "balanced" if balance else None
    return [
        (
            strength,
            LogisticRegression(C=strength, max_iter=1000, class_weight=weights).fit(
                features, labels
            ),
        )
        for strength in strengths
    ]


def _ratios(features, belongs):
    """`(1, features)`, the logarithm of the ratio of each feature's shares in two sets of texts."""
    shares = [1 + np.asarray(features[rows].sum(0)).reshape(1, -1) for rows in (belongs, ~belongs)]
    first, second = (share / share.sum() for share in shares)
    return np.log(first / second)


def _distribution(scores, known):
    """`(N, labels)` probabilities from those of each label against the others."""
    if len(known) == 2:
        return np.stack([1 - scores[0], scores[0]], 1)
    scores = np.stack(scores, 1)
    return scores / np.maximum(scores.sum(1, keepdims=True), 1e-9)


def _classes(labels, test):
    """Number of classes of a test part, with labels that were not trained on."""
    return max(labels.max(), test[1].max()) + 1
