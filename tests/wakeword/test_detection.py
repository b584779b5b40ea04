"""Figures of detectors: thresholds come from dev tracks, intervals hold what they promise."""

import json
import math

import numpy as np
import pytest

from recipes.wakeword.detection.measures import alarms_interval, band
from recipes.wakeword.detection.triggers import Track
from tests.wakeword.detection_tracks import (
    curve,
    measure,
    miss_rates,
    negative,
    peaks,
    positive,
    selection_score,
    wandering,
)


def test_the_figures_of_one_threshold():
    tracks = [
        positive("said", 3),
        Track("late", peaks(400, {229: 3}), (2.0,), "phrase"),
        positive("missed", -1),
        Track("twice", peaks(900, {50: 1, 199: 1, 729: 1}), (2.0, 7.0), "noisy"),
        negative("talk", [2, -1, 1]),
        Track("near", peaks(18_000, {77: 1}), (), "near_miss"),
    ]
    figures = measure(tracks, 0.0)
    assert json.loads(json.dumps(figures)) == figures
    assert figures["phrases"] == 5
    assert figures["misses"] == 1
    assert figures["miss_rate"] == pytest.approx(0.2)
    assert figures["alarms_beside_phrases"] == 1
    assert figures["phrase_hours"] == pytest.approx(21 / 3600)
    assert figures["hours"] == pytest.approx(0.15)
    assert figures["false_alarms"] == 3
    assert figures["false_alarms_per_hour"] == pytest.approx(20)
    assert figures["alarms_interval"] == alarms_interval(3, 0.15)
    # Detected 0, 0, 300 and 300 ms after the end.
    assert figures["latency_ms"] == {"median": 150.0, "p95": 300.0}
    assert figures["groups"] == {
        "phrase": {"phrases": 3, "misses": 1, "hours": 0, "false_alarms": 0},
        "noisy": {"phrases": 2, "misses": 0, "hours": 0, "false_alarms": 0},
        "speech": {"phrases": 0, "misses": 0, "hours": pytest.approx(0.1), "false_alarms": 2},
        "near_miss": {"phrases": 0, "misses": 0, "hours": pytest.approx(0.05), "false_alarms": 1},
    }


def test_figures_of_tracks_of_one_kind():
    figures = measure([negative("a", [1])], 2)
    assert figures["miss_rate"] is figures["interval"] is figures["latency_ms"]["median"] is None
    assert figures["false_alarms_per_hour"] == 0
    figures = measure([positive("a", 1)], 0)
    assert figures["miss_rate"] == figures["false_alarms"] == 0
    assert figures["false_alarms_per_hour"] is figures["alarms_interval"] is None


def test_poisson_intervals_are_those_of_the_tables():
    assert alarms_interval(0, 1) == pytest.approx([0, 3.689], abs=1e-3)
    assert alarms_interval(1, 1) == pytest.approx([0.0253, 5.572], abs=1e-3)
    assert alarms_interval(10, 2) == pytest.approx([4.795 / 2, 18.39 / 2], abs=1e-3)


def test_intervals_of_misses():
    def interval(heights):
        tracks = [positive(f"{i}", height) for i, height in enumerate(heights)]
        return measure(tracks, 0)["interval"]

    # The bootstrap is near 1.96 standard deviations of a share.
    deviation = 1.96 * math.sqrt(0.2 * 0.8 / 100)
    expected = [0.2 - deviation, 0.2 + deviation]
    assert interval([1, 1, 1, 1, -1] * 20) == pytest.approx(expected, abs=0.015)
    assert interval([1, 1, 1, 1, -1] * 20) == interval([1, 1, 1, 1, -1] * 20)
    # With no miss in n trials the exact upper end p has (1 - p)^n = 0.025.
    assert interval([1] * 50) == pytest.approx([0, 1 - 0.025 ** (1 / 50)])
    assert interval([-1] * 50) == pytest.approx([0.025 ** (1 / 50), 1])


def test_phrases_of_a_track_are_drawn_together_if_there_are_enough_tracks():
    def width(tracks, phrases):
        ends = tuple(2.0 + 4.0 * i for i in range(phrases))
        places = {round(end * 100) - 1: 1 for end in ends}
        said = peaks(400 * phrases + 200, places)
        silent = np.full_like(said, -5)
        low, high = measure(
            [Track(f"{i}", said if i % 2 else silent, ends) for i in range(tracks)], 0
        )["interval"]
        return high - low

    assert width(20, 10) == pytest.approx(width(20, 1), abs=0.05)
    assert width(20, 10) > 2 * width(200, 1)
    assert width(4, 50) == pytest.approx(width(200, 1), abs=0.03)


def test_the_band_is_the_interval_at_every_threshold():
    tracks = wandering(3)
    found = curve(tracks)
    low, high = band(found, seed=4)
    for row in range(0, len(found.thresholds), 7):
        interval = measure(tracks, found.thresholds[row], seed=4)["interval"]
        assert interval == pytest.approx([low[row], high[row]])
    assert (low <= found.miss_rate + 1e-9).all()
    assert (found.miss_rate <= high + 1e-9).all()


def test_thresholds_are_chosen_on_dev_alone():
    dev = [positive(f"{i}", height) for i, height in enumerate((9, 7, 5, 3))]
    dev += [negative("quiet", [8, 6, 4]), negative("silence", [], 324_000)]  # 1 h in all
    test = [positive(f"{i}", height) for i, height in enumerate((10, 8, 7, 6.6))]
    test += [negative("loud", [9.5, 7.5, 6.2])]
    figures = miss_rates(dev, test)
    assert json.loads(json.dumps(figures)) == figures
    chosen = figures["chosen_on_dev"]
    assert list(chosen) == list(figures["read_off_test"]) == ["0.1", "0.5", "1"]
    assert [chosen[rate]["threshold"] for rate in chosen] == [8.5, 8.5, 6.5]
    assert [chosen[rate]["misses"] for rate in chosen] == [3, 3, 0]
    assert [chosen[rate]["false_alarms"] for rate in chosen] == [1, 1, 2]
    assert chosen["1"]["dev"] == {"hours": 1, "false_alarms": 1, "miss_rate": 0.5}
    assert chosen["1"]["interval"] == measure(test, 6.5)["interval"]
    # A tenth of an hour of test cannot show one an hour: no false alarm.
    assert figures["read_off_test"]["1"]["threshold"] == 9.75
    assert figures["read_off_test"]["1"]["misses"] == 3

    other = [positive("a", 1), negative("b", [50, 40, 30], 360_000)]
    elsewhere = miss_rates(dev, other)["chosen_on_dev"]
    for rate, row in elsewhere.items():
        assert row["threshold"] == chosen[rate]["threshold"]
        assert row["dev"] == chosen[rate]["dev"]


def test_a_better_detector_has_a_lower_selection_score():
    rng = np.random.default_rng(5)
    spoken, heard = rng.normal(size=60), rng.normal(size=(2, 90))

    def score(strength, scale=1.0, hours=0.2):
        frames = round(hours * 360_000 / 2)
        tracks = [positive(f"{i}", scale * (s + strength)) for i, s in enumerate(spoken)]
        places = range(0, frames - 3, frames // 90)
        for row in heard:
            heights = dict(zip(places, scale * row, strict=False))
            tracks.append(Track("a", peaks(frames, heights)))
        return selection_score(tracks)

    scores = [score(strength) for strength in (-3, -1, 0, 1, 2, 3, 4, 6, 10, 20)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores), "it tells those apart that miss all or nothing, too"
    assert 0 < scores[-1] < 0.001
    assert 1 < scores[0] <= 1.01
    assert score(2, scale=3) == pytest.approx(score(2), rel=0.02)
    # A minute of negatives, and scores that say nothing.
    assert 0 < score(2, hours=1 / 60) < 1
    flat = selection_score([positive("a", -5), negative("b", [])])
    assert flat == pytest.approx(1.005)


@pytest.mark.parametrize("of", [curve, selection_score])
def test_both_kinds_of_tracks_are_needed(of):
    for tracks in ([positive("a", 1)], [negative("b", [1])]):
        with pytest.raises(ValueError, match="tracks with a phrase and tracks without"):
            of(tracks)


@pytest.mark.parametrize("of", [curve, selection_score, lambda tracks: measure(tracks, 0.0)])
def test_no_tracks_at_all(of):
    with pytest.raises(ValueError, match="there is no track"):
        of([])
