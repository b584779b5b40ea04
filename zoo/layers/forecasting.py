"""Layers of forecasters: what was observed, a decoder that reads its own forecast, quantiles."""

import keras
from keras import ops

from zoo.layers.recurrent import CELLS

KERAS_CELLS = {
    "lstm": keras.layers.LSTMCell,
    "gru": keras.layers.GRUCell,
    "rnn": keras.layers.SimpleRNNCell,
    "irnn": keras.layers.SimpleRNNCell,
}


@keras.saving.register_keras_serializable(package="zoo")
class ObservedFeatures(keras.layers.Layer):
    """Features of a window with marks of those that are missing, and the last values of targets.

    A missing value is read as 0 with a mark of 0. Each feature comes a second time as its
    difference from the last value observed. Always float32, in which small differences of large
    values survive.

    Args:
        num_targets: Number of targets, which are the first features.

    Inputs:
        past: `(B, T, F)`; what stands where nothing was observed counts for nothing.
        observed: `(B, T, F)` bool.

    Outputs:
        features: `(B, T, 3 * F)` float32: values, differences, marks.
        last: `(B, num_targets)` float32, the last value observed of each, 0 if there is none.
        mask: `(B, T)` bool, False where nothing at all was observed.
    """

    def __init__(self, num_targets, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.num_targets = num_targets

    def call(self, past, observed):
        seen = ops.cast(observed, "bool")
        marks = ops.cast(seen, self.compute_dtype)  # (B, T, F)
        values = ops.where(seen, ops.cast(past, self.compute_dtype), 0)
        step = ops.cumsum(ops.ones_like(marks), axis=1)  # (B, T, F), counted from 1
        latest = ops.max(marks * step, axis=1, keepdims=True, initial=0)
        is_latest = ops.cast(step == latest, self.compute_dtype) * marks
        last = ops.sum(values * is_latest, axis=1)  # (B, F)
        changes = (values - last[:, None]) * marks
        features = ops.concatenate([values, changes, marks], -1)
        return features, last[:, : self.num_targets], ops.any(seen, axis=-1)

    def compute_output_spec(self, past, observed):
        batch, steps, width = past.shape
        return (
            keras.KerasTensor((batch, steps, 3 * width), self.compute_dtype),
            keras.KerasTensor((batch, self.num_targets), self.compute_dtype),
            keras.KerasTensor((batch, steps), "bool"),
        )

    def get_config(self):
        return {**super().get_config(), "num_targets": self.num_targets}


@keras.saving.register_keras_serializable(package="zoo")
class WindowScaling(keras.layers.Layer):
    """Features of a window by their mean and deviation in it, and these two of the targets.

    Always float32.

    Reference: Kim et al. (2022), "Reversible instance normalization for accurate time-series
    forecasting against distribution shift", https://openreview.net/forum?id=cGDAkQo1C0p, section 2,
    without its learned scale.

    Args:
        num_targets: Number of targets, which are the first features.
        floor: Least deviation, for features that hardly vary in a window.

    Inputs:
        past: `(B, T, F)`; what stands where nothing was observed counts for nothing.
        observed: `(B, T, F)` bool.

    Outputs:
        scaled: `(B, T, F)` float32.
        mean, deviation: `(B, num_targets)` float32 each.
    """

    def __init__(self, num_targets, floor=0.1, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.num_targets, self.floor = num_targets, floor

    def call(self, past, observed):
        seen = ops.cast(observed, self.compute_dtype)
        count = ops.maximum(ops.sum(seen, axis=1, keepdims=True), 1)
        values = ops.where(observed, ops.cast(past, self.compute_dtype), 0)
        mean = ops.sum(values, axis=1, keepdims=True) / count  # (B, 1, F)
        centred = (values - mean) * seen
        variance = ops.sum(centred**2, axis=1, keepdims=True) / count
        deviation = ops.sqrt(variance + self.floor**2)
        targets = (part[:, 0, : self.num_targets] for part in (mean, deviation))
        return centred / deviation, *targets

    def compute_output_spec(self, past, observed):
        of_targets = (past.shape[0], self.num_targets)
        shapes = (past.shape, of_targets, of_targets)
        return tuple(keras.KerasTensor(shape, self.compute_dtype) for shape in shapes)

    def get_config(self):
        return {**super().get_config(), "num_targets": self.num_targets, "floor": self.floor}


@keras.saving.register_keras_serializable(package="zoo")
class WindowUnscaling(keras.layers.Layer):
    """Forecasts in the units of the data, from those in units of a window. Always float32.

    Inputs:
        forecast: `(B, H, num_targets, Q)`.
        mean, deviation: `(B, num_targets)` each, as from `WindowScaling`.

    Outputs:
        forecast: `(B, H, num_targets, Q)` float32.
    """

    def __init__(self, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)

    def call(self, forecast, mean, deviation):
        shape = (-1, 1, forecast.shape[2], 1)
        return forecast * ops.reshape(deviation, shape) + ops.reshape(mean, shape)

    def compute_output_spec(self, forecast, mean, deviation):
        return keras.KerasTensor(forecast.shape, self.compute_dtype)


@keras.saving.register_keras_serializable(package="zoo")
class RecentSteps(keras.layers.Layer):
    """The features of the last steps that were observed, side by side; zeros before the window.

    Args:
        steps: Number of steps.

    Inputs:
        features: `(B, T, D)`.
        mask: `(B, T)` bool, False where nothing was observed.

    Outputs:
        recent: `(B, steps * D)`.
    """

    def __init__(self, steps, **kwargs):
        super().__init__(**kwargs)
        self.steps = steps
        self.supports_masking = True

    def call(self, features, mask):
        place = ops.cumsum(ops.ones_like(mask, "int32"), axis=1)  # (B, T), counted from 1
        last = ops.max(place * ops.cast(mask, "int32"), axis=1, keepdims=True, initial=0)  # (B, 1)
        wanted = last - ops.arange(self.steps - 1, -1, -1, dtype="int32")  # (B, steps)
        chosen = ops.cast(wanted[:, :, None] == place[:, None], features.dtype)  # (B, steps, T)
        recent = ops.matmul(chosen, features)  # (B, steps, D)
        return ops.reshape(recent, (-1, self.steps * features.shape[-1]))

    def compute_output_spec(self, features, mask):
        shape = (features.shape[0], self.steps * features.shape[-1])
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def compute_mask(self, features, previous_mask):
        return None

    def get_config(self):
        return {**super().get_config(), "steps": self.steps}


@keras.saving.register_keras_serializable(package="zoo")
class ForecastCell(keras.layers.Layer):
    """One step of a decoder that reads the known features of a step and its forecast of the last.

    Args:
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        units: Width of the state of each layer.
        num_layers: Recurrent layers, one on the other.
        width: Numbers that a step forecasts, and the next one reads.
    """

    def __init__(self, cell, units, num_layers, width, **kwargs):
        super().__init__(**kwargs)
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}.")
        self.cell, self.units, self.num_layers, self.width = cell, units, num_layers, width
        options = {"activation": "relu", "recurrent_initializer": "identity"}
        options = options if cell == "irnn" else {}
        self.cells = [
            KERAS_CELLS[cell](units, dtype=self.dtype_policy, name=f"step_{number}", **options)
            for number in range(1, num_layers + 1)
        ]
        self.states_each = 2 if cell == "lstm" else 1
        self.state_size = [units] * (self.states_each * num_layers) + [width]
        self.output_size = width

    def build(self, input_shape):
        read = input_shape[-1] + self.width
        for cell in self.cells:
            cell.build((None, read))
            read = self.units
        self.readout = self.add_weight((self.units, self.width), "glorot_uniform", name="readout")
        self.readout_bias = self.add_weight((self.width,), "zeros", name="readout_bias")

    def call(self, inputs, states, training=False):
        *states, forecast = states
        x, new = ops.concatenate([inputs, forecast], -1), []
        for number, cell in enumerate(self.cells):
            first = number * self.states_each
            x, state = cell(x, states[first : first + self.states_each], training=training)
            new += state if isinstance(state, list | tuple) else [state]
        forecast = ops.matmul(x, ops.cast(self.readout, x.dtype)) + ops.cast(
            self.readout_bias, x.dtype
        )
        return forecast, [*new, forecast]

    def get_config(self):
        sizes = {name: getattr(self, name) for name in ("cell", "units", "num_layers", "width")}
        return {**super().get_config(), **sizes}


@keras.saving.register_keras_serializable(package="zoo")
class OrderedQuantiles(keras.layers.Layer):
    """Quantiles that cannot cross: the middle one, and steps of at least 0 away from it.

    Always float32.

    Args:
        num_targets: Number of targets.
        num_quantiles: Number of quantiles.
        middle: Index of the one from which the others are counted.

    Inputs:
        raw: `(B, H, num_targets * num_quantiles)`.
        base: A list of what is added to all quantiles, `(B, 1 or H, num_targets)` each.

    Outputs:
        quantiles: `(B, H, num_targets, num_quantiles)` float32, rising along the last axis.
    """

    def __init__(self, num_targets, num_quantiles, middle, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.num_targets, self.num_quantiles, self.middle = num_targets, num_quantiles, middle

    def call(self, raw, base=()):
        shape = (-1, raw.shape[1], self.num_targets, self.num_quantiles)
        raw = ops.reshape(ops.cast(raw, self.compute_dtype), shape)
        centre = raw[..., self.middle : self.middle + 1]  # (B, H, targets, 1)
        for added in base:
            centre = centre + ops.cast(added, self.compute_dtype)[..., None]
        below = ops.softplus(ops.flip(raw[..., : self.middle], -1))
        above = ops.softplus(raw[..., self.middle + 1 :])
        found = [centre]
        if self.middle:
            found.insert(0, centre - ops.flip(ops.cumsum(below, axis=-1), -1))
        if self.middle + 1 < self.num_quantiles:
            found.append(centre + ops.cumsum(above, axis=-1))
        return ops.concatenate(found, -1)

    def compute_output_spec(self, raw, base=()):
        shape = (*raw.shape[:2], self.num_targets, self.num_quantiles)
        return keras.KerasTensor(shape, self.compute_dtype)

    def get_config(self):
        names = ("num_targets", "num_quantiles", "middle")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
