"""Random choices that stay the same from one version of Python to the next."""

import random


class Draw:
    """Random choices built on `random()` alone, the one method whose stream Python guarantees."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, limit):
        """A whole number from 0 to `limit` - 1."""
        return int(self.random() * limit)

    def one_of(self, items):
        """An item of a list."""
        return items[self.below(len(items))]

    def chance(self, probability):
        """True with the given probability."""
        return self.random() < probability
