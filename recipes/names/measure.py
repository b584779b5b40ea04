"""Figures of a model of names: likelihood of those held out, and how new the invented ones are."""

import math

EDGE = "\0"  # stands for the beginning and the end of a name


def likelihood(nats, names):
    """Likelihood of names, each with its end, from the sum and the number of characters.

    Args:
        nats: Their negative log-likelihoods in all.
        names: The names.

    Returns:
        A dict of `crossentropy` in nats and `bits`, both for a character, the ends counted.
    """
    mean = float(nats) / sum(len(name) + 1 for name in names)
    return {"crossentropy": mean, "bits": mean / math.log(2)}


def quality(names, training):
    """Novelty, validity and duplicates of names that were invented.

    Args:
        names: The invented names.
        training: Set of the names that were trained on.

    Returns:
        A dict of `novelty`, the share of names that the training list lacks; `validity`, the share
        of sequences of three characters, the beginning and the end of a name being one each, that
        the training list has; and `duplicates`, the share of names that came before.
    """
    known = {part for name in training for part in trigrams(name)}
    parts = [part in known for name in names for part in trigrams(name)]
    count = max(1, len(names))
    return {
        "novelty": sum(name not in training for name in names) / count,
        "validity": sum(parts) / max(1, len(parts)),
        "duplicates": 1 - len(set(names)) / count,
    }


def trigrams(name):
    """Sequences of three characters of a name with its beginning and end."""
    whole = f"{EDGE}{name}{EDGE}"
    return [whole[i : i + 3] for i in range(len(whole) - 2)]


def measure(network, names, training, samples, seed):
    """All figures of a network.

    Args:
        network: The `Network`.
        names: Names held out.
        training: Set of the names that were trained on.
        samples: Number of names to invent, at temperature 1.
        seed: Seed of these.
    """
    invented = network.sample(samples, seed=seed)
    return likelihood(network.nats(names).sum(), names) | quality(invented, training)
