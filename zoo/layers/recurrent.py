"""Recurrent layers by the name of their cell."""

import keras

CELLS = ("lstm", "gru", "rnn", "irnn")


def recurrent_layer(cell, units, *, name, return_sequences=True):
    """A Keras recurrent layer for one of the cells the zoo speaks of.

    Every layer keeps the conditions under which Keras hands LSTM and GRU to cuDNN on a GPU:
    default activations, a bias, `reset_after` for the GRU, no `unroll`, no dropout inside the
    recurrence.

    Args:
        cell: `"lstm"`, `"gru"`, `"rnn"` (tanh) or `"irnn"`: ReLU with an identity recurrent kernel
            (Le, Jaitly & Hinton 2015, https://arxiv.org/abs/1504.00941, section 2). The input
            kernel keeps Keras' Glorot start: the paper's deviation of 0.001 is for pixels, and
            starves a layer that reads embeddings.
        units: Width of the state.
        name: Name of the layer.
        return_sequences: Whether to give the output of every step, `(B, T, units)`, or the last.

    Raises:
        ValueError: If `cell` is not one of the four.
    """
    options = {"units": units, "return_sequences": return_sequences, "name": name}
    if cell == "lstm":
        return keras.layers.LSTM(**options)
    if cell == "gru":
        return keras.layers.GRU(**options)
    if cell == "rnn":
        return keras.layers.SimpleRNN(**options)
    if cell == "irnn":
        return keras.layers.SimpleRNN(
            activation="relu",
            recurrent_initializer="identity",
            **options,
        )
    raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}.")


def meets_cudnn_conditions(layer):
    """Whether Keras will hand this layer to cuDNN when a GPU is there."""
    if isinstance(layer, keras.layers.Bidirectional):
        return meets_cudnn_conditions(layer.forward_layer) and meets_cudnn_conditions(
            layer.backward_layer
        )
    if not isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
        return False
    return (
        layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and layer.use_bias
        and not layer.unroll
        and not layer.recurrent_dropout
        and layer.use_cudnn is not False
        and getattr(layer, "reset_after", True)
    )
