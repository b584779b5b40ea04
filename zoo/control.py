"""Synced many to many: a controller, from what sensors measure to what is done, step by step."""

import keras
from keras import layers

from zoo.layers.checks import check_cell, check_sizes
from zoo.layers.recurrent import recurrent_layer


def controller(
    num_sensors,
    num_actions,
    *,
    embedding_dim=64,
    units=128,
    num_layers=1,
    cell="lstm",
    memory=True,
    dropout=0.0,
    name="controller",
):
    """Control something by its sensors: at each step the readings so far decide on the action.

    The readings of a step pass a dense layer and `num_layers` recurrent layers, whose states carry
    what was seen and is no longer in view; a dense layer gives the action. The model is causal, so
    `zoo.streaming` makes of it a controller that runs in the loop, a step a call.

    Reference: Heess et al. (2015), "Memory-based control with recurrent neural networks",
    https://arxiv.org/abs/1512.04455, section 3, for recurrent policies where the state is seen in
    part; Ross et al. (2011), "A reduction of imitation learning and structured prediction to
    no-regret online learning", https://arxiv.org/abs/1011.0686, for learning one from an expert.

    Notes:
        Actions are given as they leave the last layer: as numbers, or as logits of choices. The
        paper's are bounded by tanh and learned from a reward.
        Without memory, each recurrent layer is replaced by two dense ones, with as many parameters
        as a whole width of the hidden one allows: a network to compare with.

    Size: 103,518 parameters by default, for `num_sensors=12, num_actions=30`.

    Args:
        num_sensors: Readings of a step, scaled to about -1 to 1.
        num_actions: Numbers of an action, or choices of all its parts together.
        embedding_dim: Width of the vector made of a step's readings.
        units: Width of the recurrent state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        memory: Whether there are recurrent layers; False for a network that sees the present step
            alone, of as many parameters.
        dropout: Share of features to drop before each recurrent layer and before the actions.
        name: Name of the model.

    Inputs:
        sensors: `(B, T, num_sensors)` float32, right padded with anything: no step sees later ones.

    Outputs:
        actions: `(B, T, num_actions)` float32.

    Raises:
        ValueError: If `cell` is unknown, or a size is below one.
    """
    check_cell(cell)
    check_sizes(
        num_sensors=num_sensors,
        num_actions=num_actions,
        embedding_dim=embedding_dim,
        units=units,
        num_layers=num_layers,
    )
    sensors = keras.Input((None, num_sensors), dtype="float32", name="sensors")
    x = layers.Dense(embedding_dim, activation="relu", name="embed")(sensors)  # (B, T, D)
    for number in range(1, num_layers + 1):
        x = layers.Dropout(dropout, name=f"dropout_{number}")(x)
        if memory:
            x = recurrent_layer(cell, units, name=f"recurrent_{number}")(x)  # (B, T, units)
        else:
            width = hidden_width(cell, x.shape[-1], units)
            x = layers.Dense(width, activation="relu", name=f"hidden_{number}")(x)
            x = layers.Dense(units, activation="relu", name=f"dense_{number}")(x)  # (B, T, units)
    x = layers.Dropout(dropout, name="dropout")(x)
    actions = layers.Dense(num_actions, dtype="float32", name="actions")(x)
    return keras.Model({"sensors": sensors}, actions, name=name)


def hidden_width(cell, features, units):
    """Width of a dense layer that, with one of `units` after it, has a recurrent one's parameters.

    Args:
        cell: The cell of the recurrent layer.
        features: Width of its input.
        units: Width of its state.
    """
    gates, biases = {"lstm": (4, 1), "gru": (3, 2)}.get(cell, (1, 1))
    parameters = gates * units * (features + units + biases)
    return max(1, round((parameters - units) / (features + units + 1)))
