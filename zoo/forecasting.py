"""Many to many: numbers up to now in, those that come next out, with intervals."""

import keras
from keras import layers

from zoo.layers.checks import check_cell, check_sizes, check_whole
from zoo.layers.forecasting import (
    ForecastCell,
    ObservedFeatures,
    OrderedQuantiles,
    RecentSteps,
    WindowScaling,
    WindowUnscaling,
)
from zoo.layers.recurrent import recurrent_layer

HEADS = ("direct", "autoregressive")


def rnn_forecaster(
    num_features,
    num_targets,
    horizon,
    *,
    num_known=0,
    quantiles=(0.1, 0.5, 0.9),
    units=64,
    num_layers=1,
    cell="gru",
    head="direct",
    hidden=(64,),
    context_dim=16,
    linear_steps=6,
    residual=True,
    own_scale=False,
    noise=0.0,
    dropout=0.2,
    name="rnn_forecaster",
):
    """Forecast quantiles of series from their past and from what is known of the time to come.

    Recurrent layers read a window of the past. With `head="direct"`, the last state gives a context
    vector for each step of the horizon, and one small network turns context and known features of
    a step into its quantiles: all steps at once. With `head="autoregressive"`, recurrent layers go
    on from the states of those that read, step by step, and each step reads the forecast of the
    one before, in training too. Beside either, the last steps are added linearly, which short
    horizons mostly are.

    Reference: Wen et al. (2017), "A multi-horizon quantile recurrent forecaster",
    https://arxiv.org/abs/1711.11053, section 3, for the direct head; Salinas et al. (2020),
    "DeepAR: probabilistic forecasting with autoregressive recurrent networks",
    https://arxiv.org/abs/1704.04110, for the other; Lipton, Kale & Wetzel (2016), "Directly
    modeling missing data in sequences with RNNs", https://arxiv.org/abs/1606.04130, for the marks
    of missing values; Lai et al. (2018), "Modeling long- and short-term temporal patterns with deep
    neural networks", https://arxiv.org/abs/1703.07015, section 3.6, for the linear part; Kim et al.
    (2022), "Reversible instance normalization for accurate time-series forecasting against
    distribution shift", https://openreview.net/forum?id=cGDAkQo1C0p, for a window's own scale.

    Notes:
        The reference trains a forecast from every step of the window at once, here from its last.
        Its direct head has a context for all steps together too, which the state stands for here.
        DeepAR draws samples from a distribution; here the quantiles themselves are fed back.
        Quantiles cannot cross: those beside the middle one are steps away from it of at least 0.
        Dropout is variational over time (one mask a window), and never inside the recurrence, where
        it would rule out cuDNN.

    Size: 49,019 parameters by default, for `num_features=10, num_targets=1, horizon=24`.

    Args:
        num_features: Number of features of a step of the past, `F`; the first are the targets.
        num_targets: Number of targets.
        horizon: Steps to forecast, `H`.
        num_known: Number of features known of a step to come, `K`, such as the time of day.
        quantiles: Those to forecast, rising, between 0 and 1.
        units: Width of the state.
        num_layers: Recurrent layers, one on the other; of the decoder too.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        head: `"direct"`, all steps at once, or `"autoregressive"`, step by step.
        hidden: Width of each dense layer of the small network of the direct head.
        context_dim: Width of a step's context vector, of the direct head.
        linear_steps: Last steps of the window that are also read linearly; 0 for none.
        residual: Whether the forecast is a change from the last value observed.
        own_scale: Whether each window is read and forecast in units of its own mean and deviation:
            what was learned in one season then suits another, but warm is not told from cold.
        noise: Deviation of normal noise on what the recurrent layers read, in training alone.
        dropout: Share of features to drop between layers, from the last state and the last steps.
        name: Name of the model.

    Inputs:
        past: `(B, T, F)` float32, scaled; what stands where nothing was observed does not count.
        observed: `(B, T, F)` bool. Steps of which nothing is observed are padding and are skipped;
            a gap inside a window counts as time if, say, its time of day is a feature.
        known: `(B, H, K)` float32, if there are known features.

    Outputs:
        forecast: `(B, H, num_targets, Q)` float32 in the scale of `past`, rising along the last
            axis.

    Raises:
        ValueError: If `cell` or `head` is unknown, a size is below one, there are more targets than
            features, or the quantiles are not rising numbers between 0 and 1.
    """
    check_sizes(
        num_features=num_features,
        num_targets=num_targets,
        horizon=horizon,
        units=units,
        num_layers=num_layers,
        context_dim=context_dim,
    )
    for size in hidden:
        check_sizes(hidden=size)
    check_whole(0, num_known=num_known, linear_steps=linear_steps)
    check_cell(cell)
    quantiles = _checked(num_features, num_targets, quantiles, head)
    inputs = {
        "past": keras.Input((None, num_features), dtype="float32", name="past"),
        "observed": keras.Input((None, num_features), dtype="bool", name="observed"),
    }
    if num_known:
        inputs["known"] = keras.Input((horizon, num_known), dtype="float32", name="known")
    past, observed = inputs["past"], inputs["observed"]
    if own_scale:
        past, mean, deviation = WindowScaling(num_targets, name="own_scale")(past, observed)
    features, last, mask = ObservedFeatures(num_targets, name="features")(past, observed)
    x, states = layers.GaussianNoise(noise, name="noise")(features), []
    for number in range(1, num_layers + 1):
        if number > 1:
            x = layers.SpatialDropout1D(dropout, name=f"dropout_{number}")(x)
        x, *after = recurrent_layer(
            cell,
            units,
            return_sequences=number < num_layers,
            return_state=True,
            name=f"recurrent_{number}",
        )(x, mask=mask)
        states += after
    summary = layers.Dropout(dropout, name="dropout_state")(x)  # (B, units)

    width = num_targets * len(quantiles)
    if head == "direct":
        x = layers.Dense(horizon * context_dim, name="contexts")(summary)
        x = layers.Reshape((horizon, context_dim), name="by_step")(x)  # (B, H, context_dim)
        x = layers.Concatenate(name="with_known")([x, inputs["known"]]) if num_known else x
        for number, size in enumerate(hidden, start=1):
            x = layers.Dense(size, activation="relu", name=f"hidden_{number}")(x)
            x = layers.Dropout(dropout, name=f"dropout_hidden_{number}")(x)
        raw = layers.Dense(width, name="raw")(x)  # (B, H, targets * Q)
    else:
        x = layers.RepeatVector(horizon, name="each_step")(summary)  # (B, H, units)
        x = layers.Concatenate(name="with_known")([x, inputs["known"]]) if num_known else x
        first = layers.Dense(width, name="first")(summary)  # the forecast of now
        raw = layers.RNN(
            ForecastCell(cell, units, num_layers, width, name="step"),
            return_sequences=True,
            name="decoder",
        )(x, initial_state=[*states, first])
    middle = min(range(len(quantiles)), key=lambda index: abs(quantiles[index] - 0.5))
    ordered = OrderedQuantiles(num_targets, len(quantiles), middle, name="quantiles")
    base = [layers.Reshape((1, num_targets), dtype="float32", name="last")(last)] * residual
    if linear_steps:
        recent = RecentSteps(linear_steps, name="recent")(features, mask)
        recent = layers.Dropout(dropout, name="dropout_recent")(recent)
        linear = layers.Dense(horizon * num_targets, kernel_initializer="zeros", name="linear")
        base.append(layers.Reshape((horizon, num_targets), name="linear_steps")(linear(recent)))
    forecast = ordered(raw, base)  # (B, H, targets, Q)
    if own_scale:
        forecast = WindowUnscaling(name="forecast")(forecast, mean, deviation)
    return keras.Model(inputs, forecast, name=name)


def _checked(num_features, num_targets, quantiles, head):
    """The quantiles as a tuple, if they and the other arguments are in order."""
    if num_targets > num_features:
        raise ValueError(
            f"The targets are among the features; got num_targets={num_targets} of "
            f"num_features={num_features}."
        )
    if head not in HEADS:
        raise ValueError(f"head must be one of {', '.join(HEADS)}; got {head!r}.")
    quantiles = tuple(quantiles)
    inside = all(0 < quantile < 1 for quantile in quantiles)
    if not quantiles or not inside or list(quantiles) != sorted(set(quantiles)):
        raise ValueError(f"quantiles must be rising numbers between 0 and 1; got {quantiles!r}.")
    return quantiles
