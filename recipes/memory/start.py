"""Initial weights of the recurrent cells, the usual ones and those made for long dependencies."""

import keras
import numpy as np

SMALL = 0.001  # deviation of the IRNN's input weights
OPEN = 2.0  # bias of the LSTM's output gate, which at 0 would halve all that is remembered


def start(model, cell, gates, distance, seed):
    """Give a new network the start of its cell.

    - `rnn` and `relu` have Keras' own, an orthogonal recurrent kernel.
    - `irnn` has the identity and small input weights: Le, Jaitly & Hinton (2015), "A simple way to
      initialize recurrent networks of rectified linear units", https://arxiv.org/abs/1504.00941,
      section 2. It is `relu` otherwise.
    - The gates of `gru` and `lstm` keep the state for up to `distance` steps: Tallec & Ollivier
      (2018), "Can recurrent neural networks warp time?", https://arxiv.org/abs/1804.11188,
      section 3: the forget bias is the logarithm of a time drawn for each unit, the input bias its
      negative. The LSTM's output gate begins open too.

    Args:
        model: A model of `zoo.rnn_language_model`.
        cell: `"rnn"`, `"relu"`, `"irnn"`, `"gru"` or `"lstm"`.
        gates: `"chrono"`, or `"usual"` for those of Keras: 1 as the LSTM's forget bias, else 0.
        distance: Steps of the longest dependency.
        seed: Seed of what is drawn.
    """
    for layer in model.get_layer("decoder").recurrent:
        inner, units = layer.cell, layer.units
        if cell == "relu":
            orthogonal = keras.initializers.Orthogonal(seed=seed)
            inner.recurrent_kernel.assign(orthogonal((units, units)))
        elif cell == "irnn":
            small = keras.initializers.RandomNormal(stddev=SMALL, seed=seed)
            inner.kernel.assign(small(inner.kernel.shape))
        elif cell in ("gru", "lstm") and gates == "chrono":
            times = np.random.default_rng(seed).uniform(1, max(2, distance - 1), units)
            inner.bias.assign(_lasting(np.array(inner.bias), cell, np.log(times)))


def _lasting(bias, cell, keep):
    """The bias of a cell whose gates keep the state, from the bias that does so for each unit."""
    units = len(keep)
    if cell == "gru":
        bias[0, :units] = keep  # of the update gate; the second row is the recurrent kernel's
        return bias
    inputs, forget, candidate = -keep, keep, bias[2 * units : 3 * units]
    return np.concatenate([inputs, forget, candidate, np.full(units, OPEN)])
