"""Backpointers of a beam search, and the outputs traced back along them at the end."""

from typing import Any, NamedTuple

from keras import ops

from zoo.decoding.search import pick, write_step


class Steps(NamedTuple):
    """Record of all steps of a search with `W` hypotheses a row.

    tokens: `(T, B, W)` int32, the token appended to each hypothesis.
    parents: `(T, B, W)` int32, the hypothesis before the step that it extends.
    weights: A tuple of one array `(T, B, W, S)`, the attention in the step of each hypothesis
        before it, or of none.
    """

    tokens: Any
    parents: Any
    weights: tuple


def traced(steps, at, parents, last):
    """Trace outputs back from their last steps.

    Args:
        steps: The `Steps`.
        at: `(B, N)` int32, the last step of each output, or -1 for none.
        parents: `(B, N)` int32, the hypothesis that this step extended.
        last: `(B, N)` int32, the token that it appended.

    Returns:
        Tokens `(B, N, T)`, and a tuple of the attention `(B, N, T, S)`, if there is any.
    """
    length, rows, count = steps.tokens.shape[0], ops.shape(at)[0], at.shape[1]
    tokens = ops.zeros((rows, count, length), "int32")
    attention = tuple(
        ops.zeros((rows, count, length, ops.shape(array)[3]), "float32") for array in steps.weights
    )

    def body(t, hypothesis, tokens, attention):
        """One step back; `hypothesis` `(B, N)` is the one after the step in each output."""
        chosen, before = (ops.take(array, t, axis=0) for array in (steps.tokens, steps.parents))
        token = ops.where(at == t, last, ops.take_along_axis(chosen, hypothesis, 1))
        before = ops.where(at == t, parents, ops.take_along_axis(before, hypothesis, 1))
        inside = at >= t
        tokens = write_step(tokens, ops.where(inside, token, 0), t, 2)
        attention = tuple(
            write_step(
                array,
                ops.where(inside[..., None], pick(ops.take(weights, t, axis=0), before), 0.0),
                t,
                2,
            )
            for array, weights in zip(attention, steps.weights, strict=True)
        )
        return t - 1, ops.where(inside, before, hypothesis), tokens, attention

    _, _, tokens, attention = ops.while_loop(
        lambda t, *_: t >= 0, body, (ops.max(at), ops.zeros_like(at), tokens, attention)
    )
    return tokens, attention
