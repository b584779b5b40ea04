"""The forecasting recipe: parts by time, honest comparison, intervals, what comes next."""

import dataclasses
import itertools
import json

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from recipes.common.run import Run
from recipes.forecasting import baselines, calibration, contest, data, measure, networks
from recipes.forecasting.config import Config
from recipes.forecasting.series import Grid, Series
from recipes.forecasting.trained import restore
from recipes.forecasting.windows import Scaling, Windows, filled
from tests.forecasting import contract

GRID = Grid(interval=3600.0, ratio=1, window=24, horizon=6, season=24)


def part(values, first=0):
    """A part of a series without a calendar, its first column the target."""
    values = np.asarray(values, float)
    values = values[:, None] if values.ndim == 1 else values
    names = [f"x{i}" for i in range(values.shape[1])]
    times = 3600.0 * np.arange(len(values))
    ones = np.ones(len(names))
    scaling = Scaling(names, 1, 0 * ones, ones, [], False)
    windows = Windows(Series(times, names, values, len(values)), GRID, scaling)
    return data.Part(windows, windows.origins(first, len(values) - 1))


def walk(count=3000, seed=0):
    """A random walk, of which nothing is known but where it is."""
    return np.cumsum(np.random.default_rng(seed).normal(size=count))


def test_no_part_sees_what_another_forecasts():
    folder_rows = contract.numbers()[0]
    whole = Series(3600.0 * np.arange(len(folder_rows)), ["x0"], folder_rows[:, None], 1)
    bounds = data.bounds_of(len(whole), Config(), {})
    scaling = Scaling(["x0"], 1, np.zeros(1), np.ones(1), [], False)
    parts = [data.part_of(whole, bounds[name], GRID, scaling, name) for name in data.PARTS]
    for before, after in itertools.pairwise(parts):
        assert before.origins[-1] + GRID.horizon < after.origins[0], "targets end before"
    spans = [last - first + 1 for first, last in bounds.values()]
    np.testing.assert_allclose(np.array(spans) / len(whole), [0.7, 0.15, 0.15], atol=0.01)


def test_scaling_knows_the_training_alone():
    values = np.r_[np.arange(100.0), np.full(50, 1e6)][:, None]
    whole = Series(3600.0 * np.arange(150), ["x0"], values, 150)
    scaling = data.fit_scaling(whole, 99, ["x0"], GRID, [])
    assert scaling.mean[0] == pytest.approx(49.5)
    assert scaling.std[0] == pytest.approx(np.arange(100).std())


def test_a_window_holds_what_was_and_its_labels_what_came():
    found = part(np.arange(200.0))
    origin = np.array([100])
    inputs = found.windows.inputs(origin)
    np.testing.assert_array_equal(inputs["past"][0, :, 0], np.arange(77, 101))
    np.testing.assert_array_equal(found.windows.truth(origin)[0, :, 0], np.arange(101, 107))
    np.testing.assert_array_equal(inputs["known"][0, :, 0], np.arange(77, 83) - 100)
    assert found.windows.last(origin) == 100


def test_the_last_value_is_the_last_one_measured():
    values = np.arange(200.0)
    values[98:101] = np.nan
    found = part(values).windows
    assert found.last(np.array([100])) == 97
    model = zoo.rnn_forecaster(**found.facts, units=4)
    inputs = filled(found.inputs(np.array([100])))
    features, last, mask = model.get_layer("features")(inputs["past"], inputs["observed"])
    assert float(last[0, 0]) == 97
    assert not np.asarray(mask)[0, -3:].any()
    assert np.isfinite(np.asarray(features)).all()


def test_pinball_is_that_of_its_definition_and_leaves_out_what_is_missing():
    truth = np.array([[1.0, np.nan], [3.0, 5.0]], np.float32)
    forecast = np.array([[[0, 1, 3], [9, 9, 9]], [[4, 4, 4], [4, 4, 4]]], np.float32)
    found = networks.pinball(keras.ops.convert_to_tensor(truth), forecast, (0.1, 0.5, 0.9))
    first = (0.1 * 1 + 0 + 0.1 * 2) / 3
    second = ((0.9 + 0.5 + 0.1) / 3 + (0.1 + 0.5 + 0.9) / 3) / 2
    np.testing.assert_allclose(np.asarray(found), [first, second], rtol=1e-6)


def test_a_forecast_in_a_windows_own_scale_moves_with_its_units():
    model = zoo.rnn_forecaster(3, 2, 4, units=5, own_scale=True, linear_steps=2)
    for weight in model.trainable_variables:  # the linear part starts at zeros
        weight.assign(np.random.default_rng(weight.shape[0]).normal(size=weight.shape) / 2)
    generator = np.random.default_rng(0)
    past = 50 * generator.normal(size=(3, 12, 3)).astype("float32")
    observed = generator.random(past.shape) < 0.8
    forecast = np.asarray(model({"past": past, "observed": observed}))
    past = np.where(observed, past, 1e6)
    moved = model({"past": 3 * past + [40, -20, 7], "observed": observed})
    expected = 3 * forecast + np.array([40, -20])[:, None]
    np.testing.assert_allclose(np.asarray(moved), expected, rtol=1e-3, atol=0.1)
    assert np.ptp(forecast, axis=0).min() > 1
    alone = model({"past": past[1:2], "observed": observed[1:2]})
    np.testing.assert_allclose(np.asarray(alone)[0], forecast[1], rtol=1e-4, atol=1e-3)


def test_calibration_covers_its_share():
    generator = np.random.default_rng(0)
    truth = generator.normal(size=(8000, 3, 1)) * np.array([1, 2, 4])[None, :, None]
    found = np.zeros((8000, 3, 1, 3)) + np.array([-0.1, 0, 0.1])
    factors = calibration.fit(found[:4000], truth[:4000], (0.1, 0.5, 0.9))
    moved = calibration.apply(found[4000:], factors, (0.1, 0.5, 0.9))
    inside = (moved[..., 0] <= truth[4000:]) & (truth[4000:] <= moved[..., 2])
    np.testing.assert_allclose(inside.mean(0)[:, 0], 0.8, atol=0.03)
    np.testing.assert_array_equal(moved[..., 1], found[4000:, ..., 1])


def test_naive_forecasts_repeat_what_was():
    wave = np.tile(np.arange(24.0), 20)
    found = part(wave)
    assert np.abs(measure.errors(found, baselines.seasonal(found))).max() == 0
    last = baselines.persistence(found)
    np.testing.assert_array_equal(last[0, :, 0], np.full(6, wave[found.origins[0]]))


def test_ridge_finds_a_linear_law_from_its_window():
    generator = np.random.default_rng(0)
    hint = generator.normal(size=1200)
    target = np.r_[np.zeros(6), hint[:-6]] + 0.01 * generator.normal(size=1200)
    values = np.stack([target, hint], 1)
    train, valid, test = part(values[:600]), part(values[600:900]), part(values[900:])
    ridge = baselines.Ridge(train, valid)
    assert measure.mean(measure.errors(test, ridge.forecast(test))) < 0.1
    assert measure.mean(measure.errors(test, baselines.persistence(test))) > 0.5


def test_a_random_walk_is_told_to_be_one():
    found = part(walk())
    last = baselines.persistence(found)
    generator = np.random.default_rng(1)
    guess = last + 0.05 * generator.normal(size=last.shape)
    forecasts = np.stack([guess - 1, guess, guess + 1], -1)
    medians = {"persistence": last}
    signs = contest.verdicts(found, forecasts, (0.1, 0.5, 0.9), medians)["x0"]["persistence"]
    assert -1 not in signs
    told = sentences(found, forecasts, medians, signs)
    assert told.startswith("NOT better than persistence (the last value stays) at any step")


def test_a_better_forecast_is_told_to_be_one():
    found = part(walk())
    truth = found.windows.truth(found.origins)
    last = baselines.persistence(found)
    guess = last + 0.3 * (truth - last)
    guess[:, 0] = last[:, 0]
    forecasts = np.stack([guess - 1, guess, guess + 1], -1)
    medians = {"persistence": last}
    signs = contest.verdicts(found, forecasts, (0.1, 0.5, 0.9), medians)["x0"]["persistence"]
    assert signs == [0, -1, -1, -1, -1, -1]
    told = sentences(found, forecasts, medians, signs)
    assert "better at 2 h to 6 h, not surely better at 1 h" in told


def sentences(found, forecasts, medians, signs):
    metrics = {
        "test": measure.measure(found, forecasts, (0.1, 0.5, 0.9)),
        "baselines": {name: measure.of_baseline(found, x) for name, x in medians.items()},
        "verdicts": {"x0": {"persistence": signs}},
        "step_seconds": 3600,
    }
    return contest.sentences(metrics)["x0"][0]


def test_the_report_has_errors_by_horizon_words_and_pictures(finished):
    run = finished("forecasting")
    page = (run / "report.md").read_text(encoding="utf-8")
    for words in (
        "persistence (the last value stays)", "the same time a season before",
        "ridge (linear, on the same window)", "| 6 h |", "The 80% interval holds",
    ):  # fmt: skip
        assert words in page
    for name in ("error_by_horizon.png", "forecasts.png"):
        assert name in page
        with Image.open(run / name) as picture:
            assert picture.size[0] > 800


def test_a_forecast_goes_on_after_the_last_row(finished, contract, once, tmp_path, run_recipe):
    folder = once("forecasting_data", contract("forecasting").data)
    picture = tmp_path / "next.png"
    status, out, err = run_recipe(
        "predict", "--run", finished("forecasting"), "--plot", picture, "--json",
        folder / "newest.csv", folder / "series.csv.gz", recipe="forecasting",
    )  # fmt: skip
    assert status == 0, err
    short, whole = json.loads(out.splitlines()[-1])["predictions"]
    assert short["last_row"] == "2021-03-18 11:00"
    rows = short["forecast"]["heat (°C)"]
    assert [row["time"] for row in rows] == [f"2021-03-18 {hour}:00" for hour in range(12, 18)]
    for row in rows:
        assert row["q0.1"] <= row["q0.5"] <= row["q0.9"]
    assert short["forecast"] == whole["forecast"], "the window is all that counts"
    assert picture.stat().st_size


def test_a_few_rows_are_enough_to_go_on_from_and_the_rest_is_masked(finished, tmp_path, run_recipe):
    path = tmp_path / "few.csv"
    contract.write(path, contract.rows()[:5])
    status, out, err = run_recipe(
        "predict", "--run", finished("forecasting"), path, recipe="forecasting"
    )
    assert status == 0, err
    assert "5 rows are less than a window of 24 steps; what is before them is masked" in err
    assert len(out.splitlines()) == 8
    contract.write(path, [row[:2] for row in contract.rows()[:5]], header=("time", "heat (°C)"))
    status, _, err = run_recipe(
        "predict", "--run", finished("forecasting"), path, recipe="forecasting"
    )
    assert status == 2
    assert "lacks the column 'hint' that the training has; it has heat (°C)." in err


@pytest.mark.parametrize("format", ["savedmodel", "onnx"])
def test_an_export_takes_numbers_as_they_are_measured(finished, format, run_recipe):
    run = finished("forecasting")
    status, out, err = run_recipe(
        "export", "--run", run, "--format", format, "--json", recipe="forecasting"
    )
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["largest_difference"] < 1e-4
    trained = restore(Run.reopen(run, "forecasting", Config))
    parts, _, _ = data.divided(trained.run.config)
    test = parts["test"]
    chosen = dataclasses.replace(test, origins=test.origins[:3])
    expected = trained.forecasts(chosen)
    expected = expected * trained.scaling.std[0] + trained.scaling.mean[0]
    windows, back = test.windows, np.arange(-23, 1)
    past = windows.series.values[chosen.origins[:, None] + back].astype(np.float32)
    given = {"past": past, "time": chosen.times.astype(np.int64)}
    path = run / "export" / format
    if format == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path / "model.onnx"))
        found = session.run(["forecast"], given)[0]
    else:
        import tensorflow as tf

        loaded = tf.saved_model.load(str(path))
        found = np.asarray(loaded.serve(given)["forecast"])
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_a_backtest_trains_at_earlier_origins(contract, once, tmp_path, run_recipe):
    folder = once("forecasting_data", contract("forecasting").data)
    options = [*contract("forecasting").options(folder), *contract("forecasting").OPTIONS]
    run = tmp_path / "run"
    status, _, err = run_recipe(
        "train", *options, "--epochs", "1", "--members", "1", "--backtest", "1", "--head",
        "autoregressive", "--run", run, recipe="forecasting",
    )  # fmt: skip
    assert status == 0, err
    metrics = json.loads((run / "metrics.json").read_text())
    (fold,) = metrics["backtest"]
    assert fold["to"] < "2021-03-16"
    assert set(fold["baselines"]) == {"persistence", "season", "ridge"}
    assert "## Backtest" in (run / "report.md").read_text(encoding="utf-8")
