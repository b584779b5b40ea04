"""Export a forecaster as SavedModel or ONNX: numbers as they are measured in, quantiles out."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from recipes.common import storage
from recipes.common.export import (
    SUFFIXES,
    check_difference,
    check_installed,
    write_function,
)
from recipes.forecasting import durations
from recipes.forecasting.trained import restore
from recipes.forecasting.windows import SOLSTICE

CHECKED = 8  # windows whose forecasts are compared


def export(run, format):
    """Write a forecaster below `export/` of its run, scaling and calibration inside.

    The exported model takes `past`, `(B, T, F)` float32 in the data's units, NaN where nothing was
    measured, the columns as in `columns.json` beside it, and `time`, `(B,)` int64, seconds since
    1970 of the last step. It gives `forecast`, `(B, H, targets, Q)` in the data's units.

    Args:
        run: The finished run.
        format: `"savedmodel"` or `"onnx"`.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` on random windows, and
        lines for people.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    grid, scaling = trained.grid, trained.scaling
    serve = _served(trained)
    path = storage.make(run.exports) / format
    inputs = _random_inputs(grid, scaling)
    expected = np.asarray(serve(inputs)["forecast"])
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        write = _write_saved_model if format == "savedmodel" else _write_onnx
        apply = write(trained.model, serve, inputs, temporary)
        found = (apply(inputs) - expected) / scaling.std[: scaling.targets, None]
        difference = float(np.abs(found).max())
        check_difference(difference)
        columns = {
            "past": scaling.names,
            "targets": scaling.names[: scaling.targets],
            "quantiles": list(trained.levels),
            "step_seconds": grid.step,
            "window": grid.window,
            "horizon": grid.horizon,
        }
        storage.write_json(temporary / "columns.json", columns)
    lines = [f"{path}: its forecasts differ from the trained model's by at most {difference:.1e}"]
    return {"path": str(path), "format": format, "largest_difference": difference}, lines


def _served(trained):
    """The forecaster as a function of what is measured, with Keras operations alone."""
    grid, scaling = trained.grid, trained.scaling
    count = scaling.targets
    mean, std = scaling.mean.astype(np.float32), scaling.std.astype(np.float32)
    ahead = np.arange(1, grid.horizon + 1)
    # Where in the window the last season is that has been, seen from its end.
    before = grid.window - 1 + ahead - grid.season * (-(-ahead // grid.season))
    back = np.arange(-grid.window + 1, 1)

    middle, factors = trained.levels.index(0.5), trained.factors.astype(np.float32)

    def serve(inputs):
        past = (inputs["past"] - mean) / std
        absent = ops.isnan(past)
        # In this order: ONNX has the other one as a product, and a product with NaN is NaN.
        past, seen = ops.where(absent, 0.0, past), ops.logical_not(absent)
        last = _last(past[..., :count], seen[..., :count])
        season = ops.take(past[..., :count], before, axis=1)
        marks = ops.cast(ops.take(seen[..., :count], before, axis=1), "float32")
        phases = _calendar(scaling, inputs["time"], back * grid.step)
        coming = _calendar(scaling, inputs["time"], ahead * grid.step)
        seen = ops.concatenate([seen, ops.ones_like(phases, "bool")], -1)
        forecast = trained.model(
            {
                "past": ops.concatenate([past, phases], -1),
                "observed": seen,
                "known": ops.concatenate([(season - last) * marks, coming], -1),
            },
            training=False,
        )
        median = forecast[..., middle : middle + 1]
        forecast = ops.sort(median + factors * (forecast - median), -1)
        return {"forecast": forecast * std[:count, None] + mean[:count, None]}

    return serve


def _last(values, seen):
    """`(B, 1, targets)`, the last values that were measured."""
    step = ops.cumsum(ops.ones_like(values), axis=1)
    marks = ops.cast(seen, "float32")
    newest = ops.max(step * marks, axis=1, keepdims=True)
    return ops.sum(values * ops.cast(step == newest, "float32") * marks, axis=1, keepdims=True)


def _calendar(scaling, time, offsets):
    """`(B, n, features)` of a time and the steps around it, as `Scaling.calendar`."""
    moments = time[:, None] + np.round(offsets).astype(np.int64)
    found = []
    for cycle in scaling.cycles:
        whole = round(cycle)
        shift = SOLSTICE if cycle == durations.YEAR else 0
        phase = ops.cast(ops.mod(moments + shift, whole), "float32") * (2 * np.pi / whole)
        if cycle == durations.YEAR:
            found += [ops.cos(phase), *([ops.sin(phase)] if scaling.whole_year else [])]
        else:
            found += [ops.cos(phase), ops.sin(phase), ops.cos(2 * phase), ops.sin(2 * phase)]
    if not found:
        return ops.zeros((*ops.shape(moments), 0), "float32")
    return ops.stack(found, -1)


def _random_inputs(grid, scaling):
    generator = np.random.default_rng(0)
    shape = (CHECKED, grid.window, len(scaling.names))
    past = scaling.mean + scaling.std * generator.normal(size=shape)
    past[generator.random(shape) < 0.05] = np.nan
    time = 1_577_836_800 + generator.integers(0, 31_536_000, CHECKED)
    return {"past": past.astype(np.float32), "time": time.astype(np.int64)}


def _signature(inputs):
    return {
        name: tf.TensorSpec((None, *array.shape[1:]), array.dtype, name=name)
        for name, array in inputs.items()
    }


def _write_saved_model(model, serve, inputs, path):
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", serve, input_signature=[_signature(inputs)])
    archive.write_out(path, verbose=False)
    loaded = tf.saved_model.load(str(path))
    return lambda given: np.asarray(loaded.serve(given)["forecast"])


def _write_onnx(model, serve, inputs, path):
    import onnxruntime

    path = path / f"model{SUFFIXES['onnx']}"
    write_function(serve, model.variables, _signature(inputs), path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda given: session.run(["forecast"], given)[0]
