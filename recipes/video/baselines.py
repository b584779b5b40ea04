"""Baselines without a recurrent network: linear models of single frames and of means over them."""

import warnings

import keras
import numpy as np

from recipes.common.labelling import measure as labelling
from recipes.video import measure

MOST = 10_000  # examples that a linear model is fitted to


def frame_features(model, batches):
    """`(N, T, frame_dim)` features of the frames of clips, in their order, as the model has them.

    Args:
        model: A trained `zoo.video_classifier`.
        batches: `ClipBatches` without a seed.
    """
    part = keras.Model(model.inputs, model.get_layer("frame").output)
    found = [part.predict_on_batch(given)[: len(batches.part)] for given, *_ in _inputs(batches)]
    return np.concatenate(found)[: len(batches.part)].astype(np.float32)


def _inputs(batches):
    return map(batches.batch, batches.order())


def of_clips(found, parts):
    """Metrics of the commonest label, the middle frame alone, and the mean over all frames.

    Args:
        found: `frame_features` of `train` and `test` by name.
        parts: `features.Part`s by name.
    """
    return {
        "mean over frames": _linear(found, parts, _means),
        "middle frame": _linear(found, parts, _middles),
        "commonest label": labelling.majority(parts["train"].labels, parts["test"].labels),
    }


def of_frames(found, parts):
    """Metrics of the commonest label, and of each frame by itself.

    Args:
        found, parts: As for `of_clips`.
    """
    train, test = parts["train"], parts["test"]
    labels = train.labels[train.real]
    model = _fitted(found["train"][train.real], labels)
    flat = found["test"].reshape(-1, found["test"].shape[-1])
    classes = max(labels.max(), test.labels.max()) + 1
    single = _probabilities(model, flat, classes).reshape(*test.labels.shape, classes)
    commonest = np.eye(classes)[np.full(test.labels.shape, np.bincount(labels).argmax())]
    return {
        name: measure.of_frames(predicted, test.labels, test.lengths)
        for name, predicted in (("each frame by itself", single), ("commonest label", commonest))
    }


def _means(features, part):
    weights = part.real[..., None]
    return (features * weights).sum(1) / weights.sum(1)


def _middles(features, part):
    return features[np.arange(len(features)), part.lengths // 2]


def _linear(found, parts, reduce):
    train, test = parts["train"], parts["test"]
    model = _fitted(reduce(found["train"], train), train.labels)
    classes = max(train.labels.max(), test.labels.max()) + 1
    predicted = _probabilities(model, reduce(found["test"], test), classes)
    return labelling.measure(predicted, test.labels)


def _fitted(features, labels):
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    chosen = np.random.default_rng(0).permutation(len(features))[:MOST]
    if len(np.unique(labels[chosen])) == 1:  # as of events that fill all clips
        return DummyClassifier().fit(features[chosen], labels[chosen])
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is near its best, not at it
        return model.fit(features[chosen], labels[chosen])


def _probabilities(model, features, classes):
    predicted = np.zeros((len(features), classes))
    predicted[:, model.classes_] = model.predict_proba(features)
    return predicted


def of_job(model, job):
    """Metrics of the baselines of a job, on the features of frames that its network has learned.

    Args:
        model: The trained network of the job.
        job: The `data.Job`.
    """
    found = {part: frame_features(model, job.batches(part)) for part in ("train", "test")}
    return (of_clips if job.job == "clip" else of_frames)(found, job.parts)
