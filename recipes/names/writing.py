"""Different names that a network writes."""

from recipes.names.sources import capitalised

ROUNDS = 8  # of draws, until there are enough different names
EXTRA = 20  # draws more than the names asked for


def write(network, start, count, excluded, capitals, temperature=0.8, seed=0):
    """Different names with their nats: a list of dicts, in the order in which they were drawn.

    Args:
        network: The `Network`.
        start: What they begin with, as the network reads it.
        count: Names at most.
        excluded: Set of names not to write.
        capitals: Whether to begin them with capitals.
        temperature, seed: As of `Network.sample`.
    """
    found = {}
    for number in range(ROUNDS):
        drawn = network.sample(2 * count + EXTRA, start, temperature, seed + number * 1_000_003)
        found |= {name: None for name in drawn if name not in excluded}
        if len(found) >= count:
            break
    chosen = list(found)[:count]
    nats = network.nats(chosen).tolist() if chosen else []
    return [
        {"name": capitalised(name) if capitals else name, "nats": value}
        for name, value in zip(chosen, nats, strict=True)
    ]
