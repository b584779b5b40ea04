"""The network of a configuration, one forecaster or several side by side, and its loss."""

import keras
import numpy as np
from keras import ops

import zoo


def build_model(config, facts):
    """The forecasters of a configuration side by side, not yet compiled.

    Its output is `(B, members, H, targets, Q)`; `averaged` makes one forecast of it.
    """
    own = round(config.own_scale * config.members)  # the first so many
    members = [
        zoo.rnn_forecaster(
            **facts,
            quantiles=config.levels,
            units=config.units,
            num_layers=config.num_layers,
            cell=config.cell,
            head=config.head,
            hidden=(config.hidden,),
            linear_steps=config.linear_steps,
            residual=config.residual,
            own_scale=number <= own,
            noise=config.noise,
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


def pinball(truth, forecast, levels, weights=1.0):
    """Mean pinball loss of each row over what was measured.

    Reference: Koenker & Bassett (1978), "Regression quantiles", https://doi.org/10.2307/1913643.

    Args:
        truth: `(B, …)`, NaN where nothing was measured.
        forecast: `(B, …, Q)`.
        levels: The Q quantiles.
        weights: Of each number, broadcast to `(B, …)`.

    Returns:
        `(B,)`.
    """
    seen = ops.isfinite(truth)
    error = ops.where(seen, truth, 0)[..., None] - forecast
    levels = ops.convert_to_tensor(levels, "float32")
    losses = ops.maximum(levels * error, (levels - 1) * error)
    seen = ops.cast(seen, "float32") * weights
    axes = tuple(range(1, len(truth.shape)))
    total = ops.sum(ops.mean(losses, -1) * seen, axes)
    return total / ops.maximum(ops.sum(seen, axes), 1e-6)


class Pinball(keras.losses.Loss):
    """Pinball loss of the forecasts of several networks, each by itself.

    Args:
        levels: The quantiles.
        weights: `(H, targets)`, of the steps of the horizon.

    Inputs:
        y_true: `(B, H, targets, 2)`, what came and the last value before.
        y_pred: `(B, members, H, targets, Q)`.
    """

    def __init__(self, levels, weights, **kwargs):
        super().__init__(**kwargs)
        self.levels, self.weights = list(levels), np.asarray(weights, np.float32)

    def call(self, y_true, y_pred):
        truth = ops.broadcast_to(y_true[:, None, ..., 0], ops.shape(y_pred)[:-1])
        return pinball(truth, y_pred, self.levels, self.weights)


class _Mean(keras.metrics.Metric):
    """Base of metrics of the mean forecast of the members."""

    def __init__(self, levels, **kwargs):
        super().__init__(**kwargs)
        self.levels = list(levels)
        self.total = self.add_weight(initializer="zeros", name="total")
        self.scale = self.add_weight(initializer="zeros", name="scale")

    def parts(self, y_true, forecast):
        """`(B,)` each: what is added up, and what it is divided by."""
        raise NotImplementedError

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.cast(y_true, "float32")
        total, scale = self.parts(y_true, ops.mean(ops.cast(y_pred, "float32"), 1))
        if sample_weight is not None:
            weights = ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
            total, scale = total * weights, scale * weights
        self.total.assign_add(ops.sum(total))
        self.scale.assign_add(ops.sum(scale))


class MeanPinball(_Mean):
    """Pinball loss of the mean forecast of the members."""

    def parts(self, y_true, forecast):
        losses = pinball(y_true[..., 0], forecast, self.levels)
        return losses, ops.ones_like(losses)

    def result(self):
        return self.total / ops.maximum(self.scale, 1e-9)


class Skill(_Mean):
    """Share of the absolute error of persistence that the median forecast does without."""

    def parts(self, y_true, forecast):
        truth, last = y_true[..., 0], y_true[..., 1]
        seen = ops.isfinite(truth)
        truth = ops.where(seen, truth, 0)
        median = forecast[..., self.levels.index(0.5)]
        seen = ops.cast(seen, "float32")
        axes = tuple(range(1, len(truth.shape)))
        error = ops.sum(ops.abs(truth - median) * seen, axes)
        return error, ops.sum(ops.abs(truth - last) * seen, axes)

    def result(self):
        return 1 - self.total / ops.maximum(self.scale, 1e-9)
