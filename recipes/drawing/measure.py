"""The bound of pictures and their importance-weighted likelihood, in nats."""

import dataclasses

import numpy as np

from recipes.common.terminal import tell
from recipes.drawing import data
from recipes.drawing.bound import Bound

SEED = 1_000_003  # of the samples of a measurement, far from those of trainings


def parts_of_bound(model, batches, seed=SEED):
    """`(N, 2 + T)` outputs of a `Bound` for all pictures of batches, in their order."""
    model.reseed(seed)
    found = []
    for indices in batches.order():
        inputs, _, weights = batches.batch(indices)
        parts = np.asarray(model.predict_on_batch(inputs))
        found.append(parts[weights > 0])
    return np.concatenate(found).astype(np.float64)


def log_likelihoods(model, batches, samples):
    """`(N,)` logarithms of the mean of importance weights, each over some samples.

    Reference: Burda, Grosse & Salakhutdinov (2016), "Importance weighted autoencoders",
    https://arxiv.org/abs/1509.00519, equation 8 and section 5.
    """
    highest = np.full(len(batches.part), -np.inf)
    total = np.zeros(len(batches.part))
    for sample in range(samples):
        parts = parts_of_bound(model, batches, SEED + sample)
        weights = parts[:, 1] - parts[:, 0]
        above = np.maximum(highest, weights)
        total = total * np.exp(highest - above) + np.exp(weights - above)
        highest = above
    return highest + np.log(total / samples)


def measure(model, batches, weighted, samples):
    """Figures of a model on a part of the data.

    Args:
        model: A `Bound`.
        batches: `data.Batches` of the part.
        weighted: The first of its pictures, `data.Batches`, for the importance-weighted likelihood.
        samples: Samples of it.

    Returns:
        A dict: `bound` with its `standard_error`, the parts `reconstruction`, `divergence` and
        `divergence_by_stroke`; `importance_weighted`, the negative log-likelihood estimated for
        `weighted_pictures`, whose own bound is `bound_of_weighted`.
    """
    parts = parts_of_bound(model, batches)
    bounds = parts[:, 0] + parts[:, 2:].sum(1)
    count = len(weighted.part)
    if samples * count > 10_000:
        tell(f"Drawing {samples} samples of {count:,} pictures for {model.name}'s likelihood.")
    likelihoods = log_likelihoods(model, weighted, samples)
    return {
        "bound": float(bounds.mean()),
        "standard_error": float(bounds.std() / len(bounds) ** 0.5),
        "reconstruction": float(parts[:, 0].mean()),
        "divergence": float(parts[:, 2:].sum(1).mean()),
        "divergence_by_stroke": parts[:, 2:].mean(0).tolist(),
        "importance_weighted": float(-likelihoods.mean()),
        "bound_of_weighted": float(bounds[:count].mean()),
        "weighted_pictures": count,
        "samples": samples,
    }


def of_run(config, painter, batches):
    """`measure` of a painter as a run's settings say.

    Args:
        config: `weighted`, `samples` and `batch_size` count.
        painter: A model of `zoo.draw`, or another one with its outputs.
        batches: `data.Batches` of the part.
    """
    model = Bound(painter)
    part, count = batches.part, config.weighted or len(batches.part)
    first = dataclasses.replace(part, images=part.images[:count], labels=part.labels[:count])
    weighted = data.batches(first, config)
    return measure(model, batches, weighted, config.samples)
