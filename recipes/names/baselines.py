"""The baseline of a network of names: n-grams of characters with Kneser-Ney smoothing."""

import numpy as np

from recipes.common.text import ngrams
from recipes.common.text.tokenizer import BEGIN, END, PADDING, UNKNOWN
from recipes.names import measure
from recipes.names.network import BEYOND

ORDERS = range(2, 10)


def kneser_ney(config, names):
    """Figures of n-grams, their order chosen on validation: as `measure.measure`, and `order`.

    Args:
        config: Settings of the run; `samples` and `seed` count.
        names: The `Data`.
    """
    train, validation, test = (
        names.characters.documents(names.names(part)) for part in ("train", "validation", "test")
    )
    model, _ = ngrams.choose(train, validation, ORDERS, len(names.characters), END)
    longest = int(np.diff(train[1]).max())
    invented = sample(model, names.characters, config.samples, longest + BEYOND, config.seed)
    return {
        **measure.likelihood(model.nats(*test)[0], names.names("test")),
        **measure.quality(invented, set(names.names("train"))),
        "order": model.order,
    }


def sample(model, characters, count, longest, seed=0):
    """Names drawn from n-grams; those without an end within bounds are left out.

    Args:
        model: The `KneserNey` model.
        characters: The `Characters`.
        count: Number of draws.
        longest: Characters at most.
        seed: The same seed gives the same names.
    """
    generator = np.random.default_rng(seed)
    tokens = np.zeros((count, 0), np.int64)
    while tokens.shape[1] <= longest and not (tokens == END).any(1).all():
        chances = model.next(tokens)  # (count, ids)
        chances[:, [PADDING, UNKNOWN, BEGIN]] = 0.0
        if not tokens.shape[1]:
            chances[:, END] = 0.0
        reached = np.cumsum(chances, 1)
        drawn = generator.random((count, 1)) * reached[:, -1:]
        chosen = np.minimum((reached <= drawn).sum(1), chances.shape[1] - 1)
        tokens = np.concatenate([tokens, chosen[:, None]], 1)
    return [characters.decode(row) for row in tokens if END in row]
