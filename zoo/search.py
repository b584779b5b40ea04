"""What all ways of choosing tokens share: the result of a loop, its buffers, and bans."""

from typing import NamedTuple

from keras import ops

IMPOSSIBLE = -1e9  # finite, as sums and softmax of infinities are not numbers


class Found(NamedTuple):
    """What a search gives: `n` outputs of each row, the best one first."""

    tokens: object  # (B, n, max_length) int32
    scores: object  # (B, n) float32
    attention: tuple  # of one array (B, n, max_length, S) float32, or of none


def check_lengths(strategy):
    """Refuse lengths that no output can have.

    Raises:
        ValueError: If `max_length` is below one, or `min_length` not below it.
    """
    if strategy.max_length < 1:
        raise ValueError(f"max_length must be at least 1; got {strategy.max_length}.")
    if not 0 <= strategy.min_length < strategy.max_length:
        raise ValueError(
            f"min_length must be at least 0 and below max_length; got {strategy.min_length} and "
            f"{strategy.max_length}."
        )


def allowed_tokens(decoder, step, min_length):
    """`(V,)` bool: not padding, not the begin token, and no end before `min_length` tokens."""
    ids = ops.arange(decoder.vocab_size)
    allowed = (ids != 0) & (ids != decoder.begin_token)
    return allowed & ((ids != decoder.end_token) | (step >= min_length))


def write_step(array, value, step, axis=1):
    """The array with what it has at `step` of an axis replaced."""
    here = ops.arange(array.shape[axis]) == step  # (T,)
    here = ops.reshape(here, [-1 if n == axis else 1 for n in range(len(array.shape))])
    return ops.where(here, ops.expand_dims(value, axis), array)
