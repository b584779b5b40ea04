"""Weights and layouts that all steps of writing share.

A loop that chooses its tokens as it goes multiplies a few rows at a time by the same weights. What
it reads from memory is then most of its cost, so everything constant is done once: the memory is
multiplied by the weights that its mean would be multiplied by, and kernels get another layout.
"""

from typing import Any, NamedTuple

import keras
from keras import ops

DEEP = 512  # rows of a kernel from which another layout pays; measured with XLA on a CPU


class StepWeights(NamedTuple):
    """The weights of a decoder and the source, prepared once for all its steps.

    cells: A `CellStep` for each recurrent layer.
    readout: The `Product` with the readout's kernel, but for its rows that read the context; None
        where there is no readout.
    memory: `(B, S, P)`, the memory times the kernels that its mean would be multiplied by: that of
        the first layer's gates, if it attends, then that of the readout. None without attention.
    keys: `(B, S, A)`, compared with the queries, or None.
    mask: `(B, S)` bool, True where the memory is, or None.
    first: `(B,)` ids that the first step reads, or None for the begin token.
    """

    cells: list
    readout: Any
    memory: Any = None
    keys: Any = None
    mask: Any = None
    first: Any = None


class Product:
    """The product of rows with a kernel, laid out so that XLA on a CPU is fast for few rows.

    Args:
        kernel: `(K, N)`.
    """

    def __init__(self, kernel):
        self.kernel = kernel
        self.transposed = ops.transpose(kernel)  # left out of compiled loops that have no use of it

    def __call__(self, x):
        """`(B, K)` to `(B, N)`."""
        if x.shape[0] in (None, 1) or self.kernel.shape[0] < DEEP:
            return ops.matmul(x, self.kernel)
        return ops.einsum("bk,nk->bn", x, self.transposed)  # XLA reads it as it lies


class Sums(NamedTuple):
    """The inputs of a step, multiplied by the weights.

    gates: `(B, gates * U)`, of input and state; of a GRU, of the input alone.
    inner: `(B, 3 * U)`, of a GRU's state, or None.
    query: `(B, A)`, of the state, for an attention, or None.
    """

    gates: Any
    inner: Any
    query: Any


class CellStep:
    """One step of a recurrent layer in two parts, between which an attention adds its share.

    Args:
        layer: A layer of `recurrent_layer`.
        features: Width of the part of the input that each step brings; the product of the rest
            with the kernel's other rows is added to the gates as a share.
        dtype: Precision to compute in.
        query: `(U, A)`, the kernel by which an attention multiplies the state, or None.
    """

    def __init__(self, layer, features, dtype, query=None):
        cell = self.cell = layer.cell
        kernel = ops.cast(cell.kernel[:features], dtype)
        recurrent_kernel = ops.cast(cell.recurrent_kernel, dtype)
        self.width = kernel.shape[1]
        self.bias = ops.cast(cell.bias, dtype)
        if query is not None:
            recurrent_kernel = ops.concatenate([recurrent_kernel, ops.cast(query, dtype)], 1)
        self.queries = query is not None
        self.is_gru = isinstance(layer, keras.layers.GRU)  # with `reset_after`
        self.is_lstm = isinstance(layer, keras.layers.LSTM)
        if self.is_gru:
            self.of_input, self.of_state = Product(kernel), Product(recurrent_kernel)
        else:  # one product of both, which are added anyway: the larger, the faster
            kernel = ops.pad(kernel, ((0, 0), (0, recurrent_kernel.shape[1] - self.width)))
            self.of_both = Product(ops.concatenate([kernel, recurrent_kernel], 0))

    def multiply(self, x, states):
        """The `Sums` of an input `(B, features)` and states, each `(B, U)`."""
        if self.is_gru:
            sums = self.of_state(states[0])
            gates, inner = self.of_input(x), sums[:, : self.width]
        else:
            sums = self.of_both(ops.concatenate([x, states[0]], -1))
            gates, inner = sums[:, : self.width], None
        return Sums(gates, inner, sums[:, self.width :] if self.queries else None)

    def apply_gates(self, sums, states, share=0.0):
        """The output and the list of new states; `share` `(B, gates * U)` is added to the gates."""
        gates = sums.gates + share
        if self.is_gru:
            return _gru(self.cell, gates + self.bias[0], sums.inner + self.bias[1], *states)
        return (_lstm if self.is_lstm else _rnn)(self.cell, gates + self.bias, *states)


def _lstm(cell, gates, h, c):
    z_i, z_f, z_c, z_o = ops.split(gates, 4, -1)
    c = cell.recurrent_activation(z_f) * c + cell.recurrent_activation(z_i) * cell.activation(z_c)
    h = cell.recurrent_activation(z_o) * cell.activation(c)
    return h, [h, c]


def _gru(cell, gates, inner, h):
    x_z, x_r, x_h = ops.split(gates, 3, -1)
    h_z, h_r, h_h = ops.split(inner, 3, -1)
    z, r = cell.recurrent_activation(x_z + h_z), cell.recurrent_activation(x_r + h_r)
    h = z * h + (1 - z) * cell.activation(x_h + r * h_h)
    return h, [h]


def _rnn(cell, gates, h):
    h = cell.activation(gates)
    return h, [h]
