"""Many to one with labels: compiling, predicting, measuring, and the linear baseline."""

import numpy as np

from recipes.common import devices

ENOUGH_FOR_LINEAR = 100_000


def compile_model(model, config, steps_per_epoch):
    """Compile a classifier with Adam, warm-up over half an epoch and a cosine down to nought.

    The loss of a batch is summed over its weighted rows and divided by all of them, so rows that
    only fill up a batch weigh nothing, on one device and on several. `crossentropy` is the mean
    over real rows alone.
    """
    import keras

    if config.jit:
        devices.give_up_cudnn(model)
    warmup = max(1, steps_per_epoch // 2)
    schedule = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / (warmup + 1),
        decay_steps=max(1, steps_per_epoch * config.epochs - warmup),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )
    model.compile(
        keras.optimizers.Adam(schedule, clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            keras.metrics.SparseCategoricalCrossentropy(name="crossentropy", from_logits=True),
        ],
        jit_compile=config.jit,
    )


def probabilities(model, batches):
    """`(N, num_classes)` probabilities in the order of the sequences."""
    from scipy.special import softmax

    logits = model.predict(batches.once(), verbose=0)[: len(batches.sequences)]
    ordered = np.empty_like(logits)
    ordered[np.concatenate(batches.order())] = logits
    return softmax(ordered.astype(np.float64), axis=-1)


def measure(probabilities, labels):
    """Metrics of predicted probabilities.

    Args:
        probabilities: `(N, num_classes)`.
        labels: `(N,)` true labels.

    Returns:
        A dict of `accuracy`, `macro_f1`, `crossentropy` in nats and, for two classes of which both
        are there, `roc_auc`.
    """
    from sklearn.metrics import f1_score, roc_auc_score

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


def validation_of_best(history):
    """The validation metrics of the epoch whose weights were kept.

    That is the one with the lowest cross-entropy: on a thousand examples the accuracy of an epoch
    is uncertain by a point, which is more than the last epochs differ by.
    """
    best = min(history, key=lambda row: row["val_crossentropy"])
    names = ("accuracy", "crossentropy")
    return {"epoch": best["epoch"], **{name: best[f"val_{name}"] for name in names}}


def majority_baseline(train_labels, test_labels):
    """Metrics of always giving the commonest training label."""
    commonest = np.bincount(train_labels).argmax()
    return {"accuracy": float(np.mean(test_labels == commonest))}


def linear_baseline(train, validation, test):
    """Logistic regression on TF-IDF of words and pairs of words, its strength set on validation.

    Args:
        train, validation, test: Pairs of a list of texts and an array of labels.

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
    best = None
    for strength in (1.0, 10.0, 30.0):
        model = LogisticRegression(C=strength, max_iter=1000).fit(features, labels)
        accuracy = model.score(validation_features, validation[1])
        if best is None or accuracy > best[0]:
            best = accuracy, strength, model
    _, strength, model = best
    predicted = np.zeros((len(test[0]), max(labels.max(), test[1].max()) + 1))
    predicted[:, model.classes_] = model.predict_proba(vectorizer.transform(test[0]))
    return {**measure(predicted, test[1]), "C": strength}
