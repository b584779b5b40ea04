"""The cells that follow features of a text: chosen on one part of it, measured on another."""

import dataclasses

import numpy as np
from scipy import stats

LEAST_CHANGES = 10  # of a feature in each part: a quote or two would find a cell by chance
BLOCK = 128  # cells ranked at a time


@dataclasses.dataclass(frozen=True)
class Follower:
    """The cell that follows a feature best.

    feature: The `text_features.Feature`.
    layer, quantity, unit: The cell, as `zoo.diagnostics.cells` names it.
    chosen: Score on the part where it was chosen: AUC of a binary feature, else the absolute rank
        correlation (Spearman).
    score: Score on the other part.
    linear: Absolute linear correlation (Pearson) on the other part.
    sign: 1 or -1: whether its values rise or fall with the feature where it was chosen.
    """

    feature: object
    layer: str
    quantity: str
    unit: int
    chosen: float
    score: float
    linear: float
    sign: int

    @property
    def measure(self):
        """The name of the score."""
        return "AUC" if self.feature.is_binary else "|rank correlation|"


def find(recorded, features, half):
    """The best cell for each feature.

    Args:
        recorded: From `zoo.diagnostics.cells`: arrays `(N, units)` by layer and quantity.
        features: A list of `Feature`, of the same positions.
        half: Positions before it are those to choose on, the others those to measure on.

    Returns:
        `followers, rare`: a list of `Follower`, and the labels of the features that change too
        seldom in one of the parts.
    """
    changes = [
        [np.count_nonzero(np.diff(part.astype(int))) for part in np.split(f.values, [half])]
        for f in features
    ]
    common = [f for f, c in zip(features, changes, strict=True) if min(c) >= LEAST_CHANGES]
    rare = [f.label for f in features if f not in common]
    if not common:
        return [], rare
    first = [feature.values[:half] for feature in common]
    ranked = [_centred_ranks(values[:, None])[:, 0] for values in first]
    best = [(-1.0, 0, None)] * len(common)
    for layer, quantities in recorded.items():
        for quantity, values in quantities.items():
            for start in range(0, values.shape[1], BLOCK):
                block = values[:half, start : start + BLOCK].astype(np.float32)
                signed = _signed_scores(_centred_ranks(block), first, ranked)
                for number, scores in enumerate(signed):
                    unit = int(np.argmax(np.abs(scores)))
                    score = float(scores[unit])
                    if abs(score) > best[number][0]:
                        cell = (layer, quantity, start + unit)
                        best[number] = (abs(score), 1 if score >= 0 else -1, cell)
    found = []
    for feature, (chosen, sign, cell) in zip(common, best, strict=True):
        layer, quantity, unit = cell
        values = recorded[layer][quantity][half:, unit].astype(np.float32)
        score = sign * signed_score(values, feature.values[half:])
        linear = abs(_correlation(values, feature.values[half:].astype(float)))
        chosen, score = (_shown(feature, number) for number in (chosen, score))
        found.append(Follower(feature, *cell, chosen, score, linear, sign))
    return found, rare


def signed_score(values, feature):
    """Twice the AUC less one of a binary feature, else the rank correlation; from -1 to 1.

    Args:
        values: `(N,)` of a cell.
        feature: `(N,)` bool or int.
    """
    ranks = _centred_ranks(values[:, None])
    of_feature = _centred_ranks(feature[:, None])[:, 0]
    return float(next(_signed_scores(ranks, [feature], [of_feature]))[0])


def _shown(feature, score):
    """A signed score, positive if the sign is as where the cell was chosen, as it is reported."""
    return (1 + score) / 2 if feature.is_binary else score


def _centred_ranks(values):
    """Ranks of each column, equal values sharing their mean, less the mean of all."""
    return stats.rankdata(values, axis=0) - (len(values) + 1) / 2


def _signed_scores(ranks, features, of_features):
    """The signed scores of cells, from their ranks `(N, C)`: `(C,)` for each feature in turn.

    Both are read off the ranks: the area under the ROC curve is the mean rank of the positions with
    the feature less that of the others, over the half of all positions.
    """
    norms = np.sqrt((ranks**2).sum(0)) + 1e-9
    for feature, of_feature in zip(features, of_features, strict=True):
        if feature.dtype == bool:
            count = feature.sum()
            yield 2 * (feature @ ranks) / (count * (len(feature) - count))
        else:
            yield (of_feature @ ranks) / (norms * np.sqrt(of_feature @ of_feature))


def _correlation(x, y):
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / (np.sqrt((x @ x) * (y @ y)) + 1e-9))
