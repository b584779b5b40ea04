"""Hourly weather of a place, simulated: fronts, clouds, sun and wind over three years."""

import math

import numpy as np
import tensorflow_datasets as tfds

from recipes.datasets.draw import Draw

YEARS, START = 3, 1_483_228_800  # the first hour of 2017, in seconds since 1970
HOURS = YEARS * 365 * 24
COLUMNS = (
    "temperature (degC)", "pressure (hPa)", "humidity (%)", "wind speed (m/s)",
    "wind direction (deg)", "radiation (W/m2)",
)  # fmt: skip
LATITUDE = math.radians(50)
DIGITS = 1


class SimulatedClimate(tfds.core.GeneratorBasedBuilder):
    """Temperature, pressure, humidity, wind and radiation of each hour of three years.

    Lows pass every few days: pressure falls, wind turns from south to north-west and brings the air
    of where it comes from, clouds come and go. The ground is warmed by the sun through the clouds
    and cools under a clear sky, so a day's range depends on them. None of this is linear, and the
    next days are predictable in part. All values are rounded as a station would.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        columns = {name: tfds.features.Scalar(np.float32) for name in COLUMNS}
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {"time": tfds.features.Scalar(np.int64), **columns}
            ),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for hour, row in enumerate(weather()):
            values = dict(zip(COLUMNS, row, strict=True))
            yield hour, {"time": START + 3600 * hour, **values}


def weather():
    """The values of each hour in the order of `COLUMNS`, always the same ones."""
    draw = Draw("simulated climate")
    air, ground, moisture, cloud = 0.0, 0.0, 0.6, 0.5
    phase, depth, deepest, gust, veer = 0.0, 12.0, 12.0, 0.0, 0.0
    speed_of_low = 2 * math.pi / 96
    for hour in range(HOURS):
        day = hour / 24
        year = 2 * math.pi * (day + 9) / 365  # from the winter solstice on
        # A low passes with each turn of the phase, each with a depth and a pace of its own.
        phase += speed_of_low * (1 + 0.9 * normal(draw))
        if phase > 2 * math.pi:
            phase -= 2 * math.pi
            deepest = 5 + 15 * draw.random() * (1 + 0.4 * math.cos(year))
            speed_of_low = 2 * math.pi / (60 + 90 * draw.random())
        depth += (deepest - depth) * 0.08
        gust += -gust / 6 + 0.35 * normal(draw)
        veer += -veer / 20 + 8 * normal(draw)
        pressure = 1016 - depth * math.cos(phase - math.pi) + 0.2 * normal(draw)
        # South before the low, north-west behind it, east in the high between two.
        direction = (110 + 220 * smooth((phase % (2 * math.pi)) / (2 * math.pi)) + veer) % 360
        speed = max(0.2, 2.2 + 0.16 * depth * (1 - math.cos(phase)) / 2 + gust)
        season = 9.5 - 10 * math.cos(year)
        source = 9 * math.cos(math.radians(direction - 190)) * min(1.5, speed / 4)
        air += (source - air) * 0.035 + 0.16 * normal(draw)
        wet = 0.55 + 0.3 * math.cos(math.radians(direction - 250)) - 0.012 * (pressure - 1012)
        moisture += (wet - moisture) * 0.06 + 0.012 * normal(draw)
        cloud += (logistic(12 * (moisture - 0.62)) - cloud) * 0.25 + 0.09 * normal(draw)
        cloud = min(1.0, max(0.0, cloud))
        elevation = sun(hour, year)
        radiation = 1000 * max(0.0, elevation) * (1 - 0.75 * cloud)
        ground += (
            radiation / 260
            - 0.85 * (1 - 0.75 * cloud) * (1 - 0.4 * min(1, speed / 8))
            - 0.13 * ground * (1 + 0.12 * speed)
            + 0.06 * normal(draw)
        )
        temperature = season + air + ground
        humidity = 100 * min(1.0, max(0.15, moisture + 0.2 - 0.022 * ground))
        row = (temperature, pressure, humidity, speed, direction, radiation)
        yield tuple(round(value, DIGITS) for value in row)


def sun(hour, year):
    """Sine of the sun's elevation in the middle of an hour."""
    declination = -math.radians(23.4) * math.cos(year)
    turn = 2 * math.pi * ((hour + 0.5) % 24 - 12) / 24
    return math.sin(LATITUDE) * math.sin(declination) + math.cos(LATITUDE) * math.cos(
        declination
    ) * math.cos(turn)


def smooth(share):
    """A step from 0 to 1 that is steepest in the middle."""
    return logistic(14 * (share - 0.5))


def logistic(value):
    """The logistic function."""
    return 1 / (1 + math.exp(-value))


def normal(draw):
    """A number of nearly normal distribution, deviation 1, from twelve even ones."""
    return sum(draw.random() for _ in range(12)) - 6
