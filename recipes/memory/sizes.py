"""Units that give networks of different cells the same number of parameters."""

import itertools

from recipes.common.errors import UserError

FEWEST = 2  # units; normalised, a single one is always 0

GATES = {"rnn": 1, "relu": 1, "irnn": 1, "gru": 3, "lstm": 4}  # blocks of the recurrent kernel


def parameters(cell, units, vocab_size, embedding_dim):
    """Parameters of the network of a cell, embedding and output included."""
    blocks = GATES[cell]
    biases = 2 if cell == "gru" else 1  # with `reset_after`, as cuDNN has it
    recurrent = blocks * (units * (units + embedding_dim) + biases * units)
    norms = 2 * (embedding_dim + units)
    return vocab_size * embedding_dim + recurrent + norms + (units + 1) * vocab_size


def units_for(cell, target, vocab_size, embedding_dim):
    """The number of units, at least one, that comes nearest to a number of parameters."""

    def distance(units):
        return abs(parameters(cell, units, vocab_size, embedding_dim) - target)

    above = next(
        units
        for units in itertools.count(1)
        if parameters(cell, units, vocab_size, embedding_dim) >= target
    )
    return min((above, max(1, above - 1)), key=distance)


def check(cells, target, vocab_size, embedding_dim):
    """Refuse a number of parameters that is too small for cells to learn anything.

    Raises:
        UserError: Naming the least number.
    """
    size = (vocab_size, embedding_dim)
    least = max(parameters(cell, FEWEST, *size) for cell in cells)
    if target < least:
        raise UserError(
            f"--parameters {target} is too few for {FEWEST} units of each cell; with "
            f"--embedding-dim {embedding_dim} it must be at least {least}."
        )
