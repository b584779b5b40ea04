"""The cells that follow features of a text: chosen on one part of it, measured on another."""

import dataclasses

import numpy as np
from scipy import stats

LEAST_CHANGES = 10  # of a feature in each part: a quote or two would find a cell by chance
BLOCK = 128  # cells ranked at a time


@dataclasses.dataclass(frozen=True)
class Follower:
    """The cell that follows a feature best.

    feature: The `features.Feature`.
    layer, quantity, unit: The cell, as `zoo.diagnostics.cells` names it.
    sign: 1 or -1, as its values rise or fall with the feature where it was chosen.
    chosen: Score on the part where it was chosen: AUC of a binary feature, of a count the
        correlation (Pearson); of the cell's values times the sign.
    score: Score on the other part.
    rank: Rank correlation (Spearman) on the other part.
    """

    feature: object
    layer: str
    quantity: str
    unit: int
    sign: int
    chosen: float
    score: float
    rank: float

    @property
    def measure(self):
        """The name of the score."""
        return "AUC" if self.feature.is_binary else "correlation"


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
    best = [(-1.0, 0, None)] * len(common)
    for layer, quantities in recorded.items():
        for quantity, values in quantities.items():
            for start in range(0, values.shape[1], BLOCK):
                block = values[:half, start : start + BLOCK]
                for number, scores in enumerate(_signed_scores(block, first)):
                    unit = int(np.argmax(np.abs(scores)))
                    score = float(scores[unit])
                    if abs(score) > best[number][0]:
                        cell = (layer, quantity, start + unit)
                        best[number] = (abs(score), 1 if score >= 0 else -1, cell)
    return [
        _measured(feature, recorded, half, *chosen)
        for feature, chosen in zip(common, best, strict=True)
    ], rare


def _measured(feature, recorded, half, chosen, sign, cell):
    """The cell for a feature with its scores on the part after `half`."""
    layer, quantity, unit = cell
    values = sign * recorded[layer][quantity][half:, [unit]]
    (score,) = next(_signed_scores(values, [feature.values[half:]]))
    if feature.is_binary:
        chosen, score = (1 + chosen) / 2, (1 + score) / 2
    (rank,) = _correlations(_centred_ranks(values), _centred_ranks(feature.values[half:]))
    return Follower(feature, *cell, sign, float(chosen), float(score), float(rank))


def _signed_scores(values, features):
    """The scores of cells, from -1 to 1, for each feature in turn.

    For a binary feature twice the AUC less one, read off the ranks: the mean rank of the positions
    with the feature less that of the others, over the half of all positions. For a count the linear
    correlation.

    Args:
        values: `(N, C)`.
        features: `(N,)` each.

    Yields:
        `(C,)` for each feature.
    """
    values = values.astype(np.float64)
    ranks = _centred_ranks(values) if any(f.dtype == bool for f in features) else None
    values -= values.mean(0)
    for feature in features:
        if feature.dtype == bool:
            count = feature.sum()
            yield 2 * (feature @ ranks) / (count * (len(feature) - count))
        else:
            yield _correlations(values, feature - feature.mean())


def _centred_ranks(values):
    """Ranks along the first axis, equal values sharing their mean, less the mean of all."""
    return stats.rankdata(values, axis=0) - (len(values) + 1) / 2


def _correlations(values, feature):
    """Correlations of columns `(N, C)` with a feature `(N,)`, all of mean zero: `(C,)`."""
    norms = np.sqrt((values**2).sum(0) * (feature @ feature))
    return feature @ values / np.maximum(norms, 1e-9)
