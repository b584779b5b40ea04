"""The embedded climate: the same bytes each time, in order, small, and such as weather is."""

import hashlib
import time

import numpy as np
import pytest

from recipes.datasets import simulated_climate
from recipes.forecasting import sources
from recipes.forecasting.config import Config


@pytest.fixture(scope="module")
def weather():
    return np.array(list(simulated_climate.weather()))


def test_prepared_in_seconds_small_and_byte_identical(tmp_path, weather):
    digests = []
    for name in ("first", "second"):
        started = time.process_time()
        config = Config(data_dir=str(tmp_path / name))
        table = sources.table(config.data, config)
        assert time.process_time() - started < 30  # 10 s is asked of a quiet machine
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
    assert table.names == list(simulated_climate.COLUMNS)
    assert set(np.diff(table.times)) == {3600}
    np.testing.assert_allclose(table.values, weather, atol=1e-4)


def test_days_and_years_come_again_and_values_are_possible(weather):
    temperature, pressure, humidity, speed, direction, radiation = weather.T
    by_hour = temperature.reshape(-1, 24).mean(0)
    assert by_hour.argmax() in range(13, 18), "the afternoon is the warmest"
    by_month = temperature[: 360 * 24].reshape(12, -1).mean(1)
    assert by_month[5:8].min() > by_month[[0, 1, 11]].max() + 10
    assert (radiation.reshape(-1, 24)[:, :3] == 0).all(), "the nights are dark"
    assert 960 < pressure.min() < pressure.max() < 1060
    assert 0 <= humidity.min() < humidity.max() <= 100
    assert speed.min() > 0
    assert 0 <= direction.min() < direction.max() <= 360
