"""Weights of the features of a blend, fitted on the tuning half of the known blends.

python -m benchmarks.blends runs/names

A conditional logit: the score of the known blend among all blends of its two names, by maximum
likelihood with a small penalty on the weights. The three blends of the recipe's page, which must
be found by any setting, weigh fifteen times each. Two weights are held below zero: a parent that
stays whole, and a seam that surprises the language model, never count for a blend.
"""

import sys

import numpy as np
from scipy.optimize import minimize

from recipes.common import devices
from recipes.common.run import Run
from recipes.names import blending
from recipes.names.config import Config

EXAMPLES = [
    ("brad", "angelina", "brangelina"),
    ("char", "lizard", "charizard"),
    ("britain", "exit", "brexit"),
]
WEIGHT_OF_EXAMPLES = 15
PENALTY = 1.0
AT_MOST = {"whole": -0.3, "surprise": -0.1}


def fit(cases):
    """The weights that make the known blends likeliest.

    Args:
        cases: List of `(features, is_known, weight)`: `(blends, features)`, `(blends,)` bool, and
            how often the case counts.
    """

    def loss(weights):
        total, slope = PENALTY * weights @ weights, 2 * PENALTY * weights
        for rows, is_known, count in cases:
            scores = rows @ weights
            chances = np.exp(scores - scores.max())
            chances /= chances.sum()
            known = chances[is_known].sum()
            total -= count * np.log(known)
            slope -= count * (chances[is_known] / known @ rows[is_known] - chances @ rows)
        return total, slope

    bounds = [(None, AT_MOST.get(name)) for name in blending.WEIGHTS]
    start = np.array([AT_MOST.get(name, 0.0) for name in blending.WEIGHTS])
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def main(directory):
    """Print the weights and what they find, with and without the language model."""
    run = Run.reopen(directory, "names", Config)
    devices.start(run.config)
    from recipes.names.trained import restore

    nats_of = restore(run).network.nats_by_character
    tuning, examples = (
        [(*blending.described(a, b, nats_of), name) for a, b, name in rows]
        for rows in (blending.known()["tuning"], EXAMPLES)
    )
    for without in ((), ("surprise",)):
        used = np.array([name not in without for name in blending.WEIGHTS])
        cases = [
            (rows * used, np.array([each.name == name for each in found]), count)
            for part, count in ((tuning, 1), (examples, WEIGHT_OF_EXAMPLES))
            for found, rows, name in part
        ]
        weights = fit(cases).round(2) * used
        print(dict(zip(blending.WEIGHTS, weights.tolist(), strict=True)))
        print("examples:", *(f"{row[-1]} {place(*row, weights)}" for row in examples))
        places = np.array([place(*row, weights) for row in tuning])
        print(
            f"tuning half: first {np.mean(places == 1):.3f}, first five {np.mean(places < 6):.3f}"
        )


def place(found, rows, name, weights):
    """The place of a blend among all, from 1."""
    ranked = blending.ranked(found, rows, weights)
    return 1 + [each.name for each, _ in ranked].index(name)


if __name__ == "__main__":
    main(sys.argv[1])
