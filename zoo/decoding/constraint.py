"""Constrained decoding: tables of the tokens that may come next, by a state that tokens change."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from zoo.layers.compiling import padded_size


class Tables(NamedTuple):
    """A constraint of one batch; states are numbered through all its rows.

    allowed: `(N, V)` bool.
    following: `(N, V)` int32, states.
    start: `(B,)` int32, the state of each row.
    """

    allowed: Any
    following: Any
    start: Any


@dataclasses.dataclass(frozen=True, eq=False)
class Constraint:
    """Tokens that may come next, as a finite automaton given by two tables.

    Each output begins in a state, may be extended by the tokens that this state allows, and is led
    by each of them to another state. An allowed set for each step is the automaton whose state is
    the number of the step; one with counts, orders or brackets has other states. Padding and the
    begin token stay forbidden, whatever a table allows.

    ```python
    allowed = np.zeros((3, 100), bool)  # three steps: of 10 to 19, then 20 to 29, then the end
    allowed[0, 10:20] = allowed[1, 20:30] = allowed[2, 3] = True
    following = np.minimum(np.arange(3)[:, None] + 1, 2) + np.zeros((1, 100), int)
    zoo.generate(model, inputs, zoo.BeamSearch(), constraints=zoo.Constraint(allowed, following))
    ```

    Reference: Willard & Louf (2023), "Efficient guided generation for large language models",
    https://arxiv.org/abs/2307.09702, section 3, for the automaton; Hokamp & Liu (2017), "Lexically
    constrained decoding for sequence generation using grid beam search",
    https://arxiv.org/abs/1704.07138, for beam search under constraints.

    Args:
        allowed: `(S, V)` bool for all rows, or `(B, S, V)`, one table for each row of the inputs:
            whether a token may come next.
        following: The state after each token, of the same shape; of no matter where `allowed` is
            False.
        start: The state in which outputs begin, or `(B,)`, that of each row.

    Raises:
        ValueError: If the tables differ in shape, a state is none of the table, or allows no token.
    """

    allowed: Any
    following: Any
    start: Any = 0

    def __post_init__(self):
        allowed, following = np.asarray(self.allowed), np.asarray(self.following)
        start = np.asarray(self.start)
        if allowed.ndim not in (2, 3) or allowed.shape != following.shape or not allowed.size:
            raise ValueError(
                "allowed and following must have the same shape, (S, V) or (B, S, V); got "
                f"{allowed.shape} and {following.shape}."
            )
        if allowed.dtype != bool:
            raise ValueError(f"allowed must be an array of bool; got {allowed.dtype}.")
        following = np.where(allowed, following, 0)
        states = allowed.shape[-2]
        for name, array in (("following", following), ("start", start)):
            if array.dtype.kind not in "iu":
                raise ValueError(f"{name} must have whole numbers; got {array.dtype}.")
            if not 0 <= array.min() <= array.max() < states:
                wrong = array.min() if array.min() < 0 else array.max()
                raise ValueError(f"{name} has the state {wrong}; there are 0 to {states - 1}.")
        stuck = np.argwhere(~allowed[..., 1:].any(-1))
        if len(stuck):
            raise ValueError(f"allowed has no token for the state {stuck[0][-1]}.")
        object.__setattr__(self, "allowed", allowed)
        object.__setattr__(self, "following", following.astype(np.int32))
        object.__setattr__(self, "start", start.astype(np.int32))

    def check(self, rows, vocab_size):
        """Refuse tables for another number of rows or tokens.

        Raises:
            ValueError: Naming both numbers.
        """
        if self.allowed.shape[-1] != vocab_size:
            raise ValueError(
                f"A constraint must have a column for each of the {vocab_size} tokens of the "
                f"model; got {self.allowed.shape[-1]}."
            )
        of_rows = [len(x) for x in (self.allowed, self.start) if x.ndim in (1, 3)]
        if any(count != rows for count in of_rows):
            raise ValueError(
                f"A constraint by row must have {rows} rows, as the inputs; got {of_rows[0]}."
            )

    def tables(self, first, size):
        """The `Tables` of the rows from `first` on, filled up to `size` rows.

        As the loop is compiled for each number of states, there are more of them than needed.
        """
        rows = np.arange(first, first + size)
        start = self.start if not self.start.ndim else _filled(self.start, rows)
        start = np.broadcast_to(start, size)
        allowed, following = self.allowed, self.following
        if allowed.ndim == 3:
            allowed, following = _filled(allowed, rows), _filled(following, rows)
            base = np.arange(size, dtype=np.int32) * allowed.shape[1]
            following, start = following + base[:, None, None], start + base
        count = allowed.shape[-1]
        allowed, following = allowed.reshape(-1, count), following.reshape(-1, count)
        more = ((0, padded_size(len(allowed)) - len(allowed)), (0, 0))
        return Tables(np.pad(allowed, more), np.pad(following, more), np.ascontiguousarray(start))


def checked(constraints, rows, vocab_size):
    """Constraints as a tuple, each fit for the rows and tokens.

    Args:
        constraints: A `Constraint` or a list of them, all of which hold.
        rows: Number of rows of the inputs.
        vocab_size: Number of tokens of the model.

    Raises:
        ValueError: If one is no constraint or does not fit.
    """
    constraints = (constraints,) if isinstance(constraints, Constraint) else tuple(constraints)
    for constraint in constraints:
        if not isinstance(constraint, Constraint):
            raise ValueError(f"constraints must be zoo.Constraint(...); got {constraint!r}.")
        constraint.check(rows, vocab_size)
    return constraints


def permitted(tables, places, allowed):
    """The tokens that all constraints allow, `(…, V)` bool.

    Args:
        tables: A tuple of `Tables`.
        places: A tuple of the states `(…)`.
        allowed: `(V,)` bool, the tokens that are allowed anyway.
    """
    for table, place in zip(tables, places, strict=True):
        allowed = allowed & ops.take(table.allowed, place, axis=0)
    return allowed


def moved(tables, places, tokens):
    """The states after tokens `(…)`, a tuple."""
    return tuple(
        ops.take(
            ops.reshape(table.following, (-1,)), place * table.following.shape[1] + tokens, axis=0
        )
        for table, place in zip(tables, places, strict=True)
    )


def _filled(array, rows):
    """The rows of an array, the last one again for those beyond its end."""
    return array[np.minimum(rows, len(array) - 1)]
