"""The curve is that of a count by hand, and its operating points keep to their false alarms."""

import time

import numpy as np
import pytest

from recipes.wakeword.detection.curve import miss_rate_at, operating_point, operating_rows
from recipes.wakeword.detection.triggers import Rules, Track
from tests.wakeword.detection_tracks import (
    curve,
    measure,
    naive,
    negative,
    outcomes,
    positive,
    wandering,
)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rules", [Rules(), Rules(0.2, 4, 0.3, 0.6), Rules(0.0, 1, 0.0, 0.5)])
def test_the_curve_is_that_of_a_loop_over_thresholds(seed, rules):
    tracks = wandering(seed)
    found = curve(tracks, np.linspace(-8, 8, 17), rules=rules)
    assert (np.diff(found.thresholds) < 0).all()
    for row, threshold in enumerate(found.thresholds):
        counts = naive(tracks, threshold, rules)
        assert found.alarms[row] == counts["false alarm"]
        assert found.beside[row] == counts["beside"]
        assert found.hits[row].sum() == counts["hit"]
        assert found.miss_rate[row] == pytest.approx(counts["miss"] / 6)
        figures = measure(tracks, threshold, rules=rules)
        assert figures["false_alarms"] == counts["false alarm"]
        assert figures["alarms_beside_phrases"] == counts["beside"]
        assert figures["misses"] == counts["miss"]
    assert found.alarms_per_hour == pytest.approx(found.alarms / (23 / 3600))


def test_the_curve_finds_all_thresholds_that_matter():
    spoken = [positive(f"{height}", height) for height in (9, 7, 5, 3, 1)]
    found = curve([*spoken, negative("a", [8, 6]), negative("b", [4, 2])])
    assert found.hours == pytest.approx(0.2)
    counts = list(zip(found.alarms.tolist(), found.hits.sum(axis=1).tolist(), strict=True))
    assert counts[:10] == [
        (0, 0),
        (0, 1),
        (1, 1),
        (1, 2),
        (2, 2),
        (2, 3),
        (3, 3),
        (3, 4),
        (4, 4),
        (4, 5),
    ]
    # Halfway between the peaks, so that rounding cannot turn a detection into none.
    assert found.thresholds[1:9].tolist() == [8.5, 7.5, 6.5, 5.5, 4.5, 3.5, 2.5, 1.5]
    assert found.owners.tolist() == [0, 1, 2, 3, 4]


def test_operating_points_count_false_alarms():
    spoken = [positive(f"{height}", height) for height in (9, 7, 5, 3, 1)]
    found = curve([*spoken, negative("a", [8, 6]), negative("b", [4, 2])])  # 0.2 h
    for rate, threshold in ((0.1, 8.5), (4.9, 8.5), (5, 6.5), (9.9, 6.5), (10, 4.5), (15, 2.5)):
        assert operating_point(found, rate) == threshold
    assert found.miss_rate[operating_rows(found)].tolist() == pytest.approx(
        [0.8, 0.6, 0.4, 0.2, 0.0]
    )
    between = miss_rate_at(found, [0, 2.5, 5, 12.5, 1000])  # 0, half of one, 1, 2.5, all alarms
    assert between.tolist() == pytest.approx([0.8, 0.7, 0.6, 0.3, 0.0])
    low = curve([*spoken, negative("a", [8, 6])], thresholds=[5.0, 7.0])
    with pytest.raises(ValueError, match="more false alarms"):
        operating_point(low, 5)


def test_a_score_that_is_always_up_is_no_operating_point():
    # At the level of the silence all tracks fire once, at their first frames, and never again.
    found = curve([positive("a", 3), negative("b", [4, 2]), negative("c", [1, 0])])  # 0.2 h
    assert found.thresholds.tolist() == [9, 3.5, 2.5, 1.5, 0.5, -2.5, -5]
    assert found.alarms.tolist() == [0, 1, 1, 2, 3, 4, 2]
    assert found.miss_rate.tolist() == [1, 1, 0, 0, 0, 0, 1]
    assert [operating_point(found, rate) for rate in (0, 5, 10, 20, 100)] == [
        9,
        2.5,
        1.5,
        -2.5,
        -2.5,
    ]


def test_five_hours_take_seconds():
    rng = np.random.default_rng(0)
    noise = np.convolve(rng.normal(size=1_800_000), np.ones(6), "same").astype(np.float32)
    tracks = [Track("five hours", noise)]
    tracks += [positive(f"{i}", height) for i, height in enumerate(rng.normal(9, 2, size=300))]
    started = time.perf_counter()
    found = curve(tracks)
    assert time.perf_counter() - started < 10  # a third of a second where nothing else runs
    assert found.hours == pytest.approx(5)
    assert len(found.thresholds) > 200
    assert 50 < found.alarms_per_hour[-1] < 80
    line = outcomes(tracks, found.thresholds[-1])
    assert sum(outcome.kind == "false alarm" for outcome in line) == found.alarms[-1]
