"""The network of a configuration: one forecaster, or several side by side."""

import keras
from keras import ops

import zoo


def build_model(config, facts):
    """The forecasters of a configuration side by side, not yet compiled.

    Its output is `(B, members, H, targets, Q)`; `averaged` makes one forecast of it.
    """
    members = [
        zoo.rnn_forecaster(
            **facts,
            quantiles=config.levels,
            units=config.units,
            num_layers=config.num_layers,
            cell=config.cell,
            head=config.head,
            hidden=(config.hidden,),
            residual=config.residual,
            dropout=config.dropout,
            name=f"member_{number}",
        )
        for number in range(1, config.members + 1)
    ]
    inputs = {
        name: keras.Input(array.shape[1:], dtype=array.dtype, name=name)
        for name, array in members[0].input.items()
    }
    each = ops.stack([member(inputs) for member in members], 1)
    return keras.Model(inputs, each, name="forecaster")


def averaged(model):
    """The model of one forecast, `(B, H, targets, Q)`: the mean of those of its members."""
    return keras.Model(model.input, ops.mean(model.output, 1), name="forecaster")
