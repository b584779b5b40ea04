"""Many to many in step: each frame of a piano roll in, a logit for each key of the next one out."""

import keras
from keras import layers

from zoo.layers.checks import check_cell, check_sizes
from zoo.layers.recurrent import recurrent_layer


def rnn_frame_model(
    num_keys,
    *,
    units=256,
    num_layers=1,
    cell="lstm",
    dropout=0.5,
    input_dropout=0.0,
    name="rnn_frame_model",
):
    """Predict each frame of a piano roll from all frames before it, a sigmoid for each key.

    A frame, the keys that sound together, passes through `num_layers` recurrent layers; a dense
    layer reads a logit for each key of the next frame from the state and from the frame itself, as
    most notes go on. Given the frames before, the keys of a frame are taken for independent: the
    model knows which keys are likely, not which of them go together. `rnn_language_model` over
    notes, from low to high, knows that too.

    Reference: Boulanger-Lewandowski, Bengio & Vincent (2012), "Modeling temporal dependencies in
    high-dimensional sequences", https://arxiv.org/abs/1206.6392, section 2, for the task and the
    network; Bai, Kolter & Koltun (2018), "An empirical evaluation of generic convolutional and
    recurrent networks", https://arxiv.org/abs/1803.01271, section 4, for figures.

    Notes:
        Dropout is variational over time (one mask a row), and never inside the recurrence, where it
        would rule out cuDNN. The published networks have no connection from the frame to the
        logits.

    Size: 383,640 parameters by default, for `num_keys=88`.

    Args:
        num_keys: Number of keys.
        units: Width of the state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        dropout: Share of features to drop from the output of each recurrent layer.
        input_dropout: Share of keys to drop from the frames that are read.
        name: Name of the model.

    Inputs:
        roll: `(B, T, num_keys)` float32, 1 for keys that sound and 0 for others; a frame of zeros
            stands before the first one. What follows the end is read like any frame, after all that
            counts.

    Outputs:
        logits: `(B, T, num_keys)` float32, of the frame after each.

    Raises:
        ValueError: If `cell` is unknown or a size is below one.
    """
    check_sizes(num_keys=num_keys, units=units, num_layers=num_layers)
    check_cell(cell)
    roll = keras.Input((None, num_keys), name="roll")
    frames = layers.SpatialDropout1D(input_dropout, name="dropout_0")(roll)
    x = frames
    for number in range(1, num_layers + 1):
        x = recurrent_layer(cell, units, return_sequences=True, name=f"recurrent_{number}")(x)
        x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)  # (B, T, units)
    x = layers.Concatenate(name="state_and_frame")([x, frames])
    logits = layers.Dense(num_keys, dtype="float32", name="logits")(x)
    return keras.Model({"roll": roll}, logits, name=name)
