"""Units that give networks of different cells the same number of parameters."""

import itertools

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
