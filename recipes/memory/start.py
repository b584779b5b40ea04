"""Initial weights of the recurrent cells, the usual ones and those made for long dependencies."""

import keras
import numpy as np
import os
SMALL=float(os.environ.get("SMALL",1))


def start(model, cell, gates, distance, seed):
    """Give a new network the start of its cell.

    `irnn` keeps the identity that the builder gives it, `relu`, which is the same cell, gets
    Keras' orthogonal recurrent kernel, which `rnn` has too. The gates of LSTM and GRU are opened
    for up to `distance` steps: Tallec & Ollivier (2018), "Can recurrent neural networks warp
    time?", https://arxiv.org/abs/1804.11188, section 3, where the forget bias is the logarithm of
    a time drawn for each unit, and the input bias its negative.

    Args:
        model: A model of `zoo.rnn_language_model`.
        cell: `"rnn"`, `"relu"`, `"irnn"`, `"gru"` or `"lstm"`.
        gates: `"chrono"`, or `"usual"` for those of Keras: 1 as forget bias, else 0.
        distance: Steps of the longest dependency.
        seed: Seed of what is drawn.
    """
    for layer in model.get_layer("decoder").recurrent:
        inner, units = layer.cell, layer.units
        if cell == "relu":
            orthogonal = keras.initializers.Orthogonal(seed=seed)
            inner.recurrent_kernel.assign(orthogonal((units, units)))
        if cell == "irnn":
            inner.kernel.assign(np.array(inner.kernel) * SMALL)
        if gates == "chrono" and cell in ("gru", "lstm"):
            longest = max(2, distance - 1)
            times = np.random.default_rng(seed).uniform(1, longest, units)
            bias = np.array(inner.bias)
            if cell == "lstm":  # input, forget, candidate, output
                bias[:units], bias[units : 2 * units] = -np.log(times), np.log(times)
            else:  # of its two rows, that of the inputs; the update gate keeps the state
                bias[0, :units] = np.log(times)
            inner.bias.assign(bias)
