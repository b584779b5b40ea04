"""The loss of a trained network without the cells that follow a feature, and without others."""

import dataclasses

import numpy as np

import zoo.diagnostics

TOKENS = 10_000  # on which cells are silenced
OTHERS = 16  # units of each layer, drawn at random


@dataclasses.dataclass(frozen=True)
class Losses:
    """Nats a token on a held-out text, with every unit and with one of them silenced.

    tokens: Number of the tokens they are the mean of.
    whole: The loss of the whole network.
    more: Loss added by silencing a unit, by layer and number.
    others: Losses added by silencing units drawn at random, by layer.
    """

    tokens: int
    whole: float
    more: dict[tuple[str, int], float]
    others: dict[str, list[float]]


def measure(model, reading, recorded, followers, half, seed):
    """Silence the unit of each follower, and others, at their means of the first half.

    Args:
        model: The trained network.
        reading: The `reading.Reading`.
        recorded: From `zoo.diagnostics.cells`, of the tokens that stand for text.
        followers: From `search.find`; their units and layers count.
        half: The first of those tokens to measure on.
        seed: Seed of the units drawn.

    Returns:
        A `Losses`.
    """
    units = sorted({(follower.layer, follower.unit) for follower in followers})
    draw = np.random.default_rng(seed)
    others = {}
    for layer in sorted({layer for layer, _ in units}):
        width = recorded[layer]["hidden"].shape[1]
        left = [unit for unit in range(width) if (layer, unit) not in units]
        chosen = draw.choice(left, min(OTHERS, len(left)), replace=False)
        others[layer] = [(layer, int(unit)) for unit in sorted(chosen)]
    silenced = [*units, *(unit for of_layer in others.values() for unit in of_layer)]
    means = {layer: recorded[layer]["hidden"][:half].mean(0, dtype=np.float32) for layer in others}
    tokens, fresh = reading.part(int(reading.places[half]), TOKENS)
    nats = zoo.diagnostics.ablate_cells(model, tokens, silenced, values=means, fresh=fresh)
    nats = nats[:, ~fresh[1:]]  # the first token of a document does not follow on the last one
    whole, *without = nats.mean(1, dtype=np.float64)
    more = {unit: float(loss - whole) for unit, loss in zip(silenced, without, strict=True)}
    return Losses(
        nats.shape[1],
        float(whole),
        {unit: more[unit] for unit in units},
        {layer: [more[unit] for unit in of_layer] for layer, of_layer in others.items()},
    )
