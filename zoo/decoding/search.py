"""Parts of every search: its result, its buffers, and the tokens it may choose."""

from typing import NamedTuple

from keras import ops

from zoo.layers.checks import check_whole

CHUNK = 64
IMPOSSIBLE = -1e9  # finite, as sums and softmax of infinities are not numbers


class Found(NamedTuple):
    """Result of a search: `n` outputs of each row, the best one first."""

    tokens: object  # (B, n, max_length) int32
    scores: object  # (B, n) float32
    attention: tuple  # of one array (B, n, max_length, S) float32, or of none
    states: tuple = ()  # the decoder's last ones, (B * n, units) each, where a search has them


def check_lengths(strategy):
    """Refuse lengths that no output can have.

    Raises:
        ValueError: If one is no whole number, `max_length` below one, or `min_length` not below it.
    """
    check_whole(1, max_length=strategy.max_length)
    check_whole(0, min_length=strategy.min_length)
    if strategy.min_length >= strategy.max_length:
        raise ValueError(
            f"min_length must be below max_length; got {strategy.min_length} and "
            f"{strategy.max_length}."
        )


def allowed_tokens(decoder, step, min_length, forbidden=()):
    """`(V,)` bool: not padding, the begin token or forbidden; no end before `min_length` tokens."""
    ids = ops.arange(decoder.vocab_size, dtype="int32")
    allowed = ids != 0
    for token in (decoder.begin_token, *forbidden):
        allowed = allowed & (ids != token)
    return allowed & ((ids != decoder.end_token) | (step >= min_length))


def first_tokens(decoder, step_weights, rows):
    """`(rows,)` int32: the begin token, or the last token of each prime, for all of its outputs."""
    if step_weights.first is None:
        return ops.full((rows,), decoder.begin_token, "int32")
    return ops.repeat(step_weights.first, rows // ops.shape(step_weights.first)[0])


def write_step(array, value, step, axis=1):
    """The array with `value` at `step` of an axis."""
    here = ops.arange(array.shape[axis], dtype="int32") == step  # (T,)
    here = ops.reshape(here, [-1 if n == axis else 1 for n in range(len(array.shape))])
    return ops.where(here, ops.expand_dims(value, axis), array)


def top_k_indices(scores, count):
    """Indices of the highest scores of each row, as of `ops.top_k`, fast for long rows.

    The highest ones are all in the chunks with the highest maxima, so little is ever sorted.

    Args:
        scores: `(B, N)` float32.
        count: Number of indices, at most `N`.

    Returns:
        `(B, count)` int32, the highest first.
    """
    size = scores.shape[1]
    if size <= 4 * CHUNK * count:
        return ops.cast(ops.top_k(scores, count)[1], "int32")
    scores = ops.pad(scores, ((0, 0), (0, -size % CHUNK)), constant_values=4 * IMPOSSIBLE)
    chunks = ops.reshape(scores, (-1, scores.shape[1] // CHUNK, CHUNK))
    chosen = ops.cast(ops.top_k(ops.max(chunks, -1), count)[1], "int32")  # (B, count)
    candidates = ops.take_along_axis(chunks, chosen[..., None], 1)  # (B, count, CHUNK)
    candidates = ops.reshape(candidates, (-1, count * CHUNK))
    inner = ops.cast(ops.top_k(candidates, count)[1], "int32")
    return ops.take_along_axis(chosen, inner // CHUNK, 1) * CHUNK + inner % CHUNK


def pick(array, indices):
    """Items `(B, M, …)` of an array `(B, N, …)` at indices `(B, M)` along the second axis."""
    rows, count, *rest = ops.shape(array)
    flat = ops.reshape(array, (-1, *rest))  # (B * N, …)
    base = ops.expand_dims(ops.arange(rows, dtype="int32"), 1) * count
    return ops.take(flat, base + ops.cast(indices, "int32"), axis=0)
