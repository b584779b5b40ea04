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
    inside: For a binary feature, by name, the loss added to the tokens after positions that have
        it: by the unit of its follower, and by the other units of the layer on average.
    """

    tokens: int
    whole: float
    more: dict[tuple[str, int], float]
    others: dict[str, list[float]]
    inside: dict[str, tuple[float, float]]


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
    added = nats - nats[0]
    follows = ~fresh[1:]  # the first token of a document does not follow on the last one
    row = {unit: number for number, unit in enumerate(silenced, start=1)}
    more = {unit: float(added[number, follows].mean()) for unit, number in row.items()}
    inside = {}
    for follower in followers:
        where = follows & _at(reading, follower.feature, half, len(tokens))[:-1]
        if follower.feature.is_binary and where.any():
            rows = [row[follower.layer, follower.unit], *(row[u] for u in others[follower.layer])]
            own, *rest = added[rows][:, where].mean(1)
            inside[follower.feature.name] = float(own), float(np.mean(rest)) if rest else 0.0
    return Losses(
        int(follows.sum()),
        float(nats[0, follows].mean(dtype=np.float64)),
        {unit: more[unit] for unit in units},
        {layer: [more[unit] for unit in of_layer] for layer, of_layer in others.items()},
        inside,
    )


def _at(reading, feature, half, count):
    """`(count,)` bool, True for the tokens measured on that have a feature."""
    found = np.zeros(count, bool)
    places = reading.places[half:] - reading.places[half]
    found[places[places < count]] = feature.values[half:][places < count]
    return found
