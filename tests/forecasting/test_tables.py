"""Tables as they come: each oddity told in a sentence, no value invented."""

import dataclasses

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.forecasting import data, series, tables
from recipes.forecasting.config import Config
from recipes.forecasting.windows import filled
from tests.forecasting import contract

USUAL = Config(target="heat (°C)", horizon="6h", step="1h", window="24h")


@pytest.fixture
def read(tmp_path, capsys):
    """Read a table of cells: the `Table`, and what was told of it."""

    def reading(rows, config=USUAL, **options):
        path = tmp_path / "table.csv"
        contract.write(path, rows, **options)
        capsys.readouterr()
        table = tables.read(path, config)
        return table, capsys.readouterr().err.replace(str(path), "FILE")

    return reading


def test_an_even_table_is_read_without_a_word(read):
    table, told = read(contract.rows())
    assert told == ""
    heat, hint = contract.numbers()
    np.testing.assert_array_equal(table.values, np.stack([heat, hint], 1))
    assert set(np.diff(table.times)) == {3600}


def test_a_time_that_comes_twice_keeps_its_first_row(read):
    rows = contract.rows()
    rows = [*rows[:10], [rows[9][0], "99", "99"], *rows[10:20], rows[19], *rows[20:]]
    table, told = read(rows)
    assert "2 times come twice (2021-03-01 09:00 first, 1 of them with other values)" in told
    np.testing.assert_array_equal(table.values[:, 0], contract.numbers()[0])


def test_time_that_runs_backwards_is_put_in_order(read):
    rows = contract.rows()
    table, told = read(rows[::-1])
    assert "the newest row comes first" in told
    np.testing.assert_array_equal(table.values[:, 0], contract.numbers()[0])
    table, told = read([*rows[:100], *rows[200:], *rows[100:200]])
    assert "time runs backwards once at line 322 (2021-03-05 04:00 after 2021-03-18 11:00)" in told
    np.testing.assert_array_equal(table.values[:, 0], contract.numbers()[0])


def test_sentinels_count_as_missing_where_they_cannot_be_values(read):
    rows = contract.rows()
    rows[5][1], rows[6][1], rows[7][2] = "-9999", "-9999.0", "-77"
    table, told = read(rows, dataclasses.replace(USUAL, missing="-77"))
    assert "column heat (°C): 2 values of -9999 taken for missing" in told
    assert "column hint: a value of -77 taken for missing" in told
    assert np.isnan(table.values[[5, 6, 7], [0, 0, 1]]).all()
    assert np.isnan(table.values).sum() == 3
    wide = [[time, f"{-20_000 + 100 * i}", "1"] for i, (time, *_) in enumerate(rows)]
    wide[3][1] = "-9999"
    table, told = read(wide)
    assert told == ""
    assert table.values[3, 0] == -9999


def test_decimal_commas_and_another_encoding_are_told(read):
    rows = [[cell.replace(".", ",") for cell in row] for row in contract.rows()]
    table, told = read(rows, encoding="cp1252", mark=";")
    assert "line 1 is not UTF-8; the file is read as cp1252" in told
    assert "the cells are separated by ';'" in told
    assert "numbers have decimal commas (heat (°C), hint)" in told
    np.testing.assert_array_equal(table.values[:, 0], contract.numbers()[0])


def test_cells_that_are_no_numbers_count_as_missing(read):
    rows = contract.rows()
    rows[4][1], rows[8][1], rows[9][2] = "broken", "NA", ""
    table, told = read(rows)
    assert "column heat (°C): 1 cells are no numbers (line 6: 'broken')" in told
    assert np.isnan(table.values[[4, 8, 9], [0, 0, 1]]).all()


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("%d.%m.%Y %H:%M", {}),
        ("%m/%d/%Y %H:%M", {}),
        ("%Y-%m-%dT%H:%M:%S+00:00", {}),
        ("%s", {}),
        ("%H:%M on %j of %Y", {"time_format": "%H:%M on %j of %Y"}),
    ],
)
def test_times_of_many_forms(read, form, options):
    rows = contract.rows()
    for i, row in enumerate(rows):
        moment = contract.START + contract.datetime.timedelta(hours=i)
        seconds = moment.replace(tzinfo=contract.datetime.UTC).timestamp()
        row[0] = f"{seconds:.0f}" if form == "%s" else moment.strftime(form)
    table, _ = read(rows, dataclasses.replace(USUAL, **options))
    expected, _ = read(contract.rows())
    np.testing.assert_array_equal(table.times, expected.times)


def on_grid(table, config=USUAL):
    """A table on its grid."""
    grid = series.grid_of(table, config)
    return grid, series.of(table, grid, ["heat (°C)"], ["heat (°C)", "hint"], [])


def test_gaps_stay_gaps(read, capsys):
    rows = contract.rows()
    table, _ = read([*rows[:50], *rows[60:]])
    grid, found = on_grid(table)
    assert "a gap of 11 h from 2021-03-03 01:00 on" in capsys.readouterr().err
    assert len(found) == len(rows)
    assert np.isnan(found.values[50:60]).all()
    assert np.isfinite(np.delete(found.values, np.arange(50, 60), 0)).all()
    scaling = data.fit_scaling(found, 200, ["heat (°C)"], grid, ["day"])
    inputs = filled(data.part_of(found, (0, 300), grid, scaling, "test").windows.inputs(
        np.array([62])
    ))  # fmt: skip
    assert not inputs["observed"][0, -13:-3, :2].any(), "the gap is marked"
    assert not inputs["past"][0, -13:-3, :2].any(), "and nothing stands there"
    assert inputs["observed"][0, :, 2:].all(), "the time of day is known of it"


def test_another_sampling_rate_is_told_and_averaged(read, capsys):
    fast = contract.rows(1200, 10)
    slow = [[time, *row[1:]] for time, row in zip(contract.moments(400), fast[:400], strict=True)]
    table, _ = read([*fast, *slow[200:]])
    grid, found = on_grid(table)
    told = capsys.readouterr().err
    assert "the sampling rate changes: rows come every 10 min, but 199 of them every 1 h" in told
    assert grid.ratio == 6
    values = [float(row[1]) for row in fast]
    np.testing.assert_allclose(found.values[5, 0], np.mean(values[:6]))
    np.testing.assert_allclose(found.values[-1, 0], float(slow[-1][1]))


def test_directions_are_averaged_as_vectors(read):
    rows = contract.rows(600, 10)
    for i, row in enumerate(rows):
        row[2] = "350" if i % 2 else "10"
    table, _ = read(rows)
    grid = series.grid_of(table, USUAL)
    found = series.of(table, grid, ["heat (°C)"], ["hint"], ["hint"])
    assert found.names == ["heat (°C)", "cos hint", "sin hint"]
    expected = [np.cos(np.deg2rad(10)), 0]
    np.testing.assert_allclose(found.values[10, 1:], expected, atol=1e-12)


def test_working_days_follow_each_other(read, capsys):
    day, rows = contract.START, []
    while len(rows) < 200:
        if day.weekday() < 5:
            rows.append([day.date().isoformat(), f"{len(rows)}", "1"])
        day += contract.datetime.timedelta(days=1)
    table, _ = read(rows)
    config = dataclasses.replace(USUAL, horizon="3d", step="", window="")
    grid, found = on_grid(table, config)
    assert "rows come on working days alone" in capsys.readouterr().err
    assert len(found) == 200
    friday = next(t for t in found.times if (t // 86_400 + 3) % 7 == 4)
    np.testing.assert_array_equal(
        grid.ahead(np.array([friday]))[0] - friday, [259200, 345600, 432000]
    )


def test_rows_far_apart_are_refused(read):
    rows = contract.rows()
    rows[0][0] = "1971-01-01 00:00:00"
    table, _ = read(rows)
    with pytest.raises(UserError, match="the widest gap is from 1971-01-01 00:00 to 2021-03-01"):
        on_grid(table)


def test_rows_rarer_than_the_steps_of_the_training_are_refused(read):
    table, _ = read(contract.rows())
    grid, _ = on_grid(table)
    daily, _ = read(contract.rows(60, 1440))
    with pytest.raises(UserError, match="rows come every 1 d, but steps are of 1 h"):
        series.of(daily, grid, ["heat (°C)"], ["hint"], [])


def test_infinite_numbers_are_told_and_count_as_missing(read):
    for word in ("inf", "-Infinity"):
        for also in ("2", "x"):
            rows = contract.rows()
            rows[5][1], rows[9][1] = word, also
            table, told = read(rows)
            count = "1 cells are" if also == "2" else "2 cells are"
            assert f"column heat (°C): {count} no numbers (line 7: '{word}')" in told
            assert np.isnan(table.values[5, 0])


def test_numbers_too_large_to_learn_from_are_refused(read):
    rows = contract.rows()
    for number, row in enumerate(rows):
        row[1] = f"{number}e250"
    table, _ = read(rows)
    grid, found = on_grid(table)
    with pytest.raises(UserError, match="divide the column by a number"):
        data.fit_scaling(found, len(found) - 1, ["heat (°C)"], grid, ["day"])
