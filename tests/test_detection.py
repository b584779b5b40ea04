"""Detections fire when they should; misses and false alarms are those of a count by hand."""

import itertools
import json
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.detection import (
    Outcome,
    Rules,
    Track,
    Trigger,
    alarms_interval,
    band,
    curve,
    detections,
    measure,
    miss_rates,
    misses_within,
    operating_point,
    outcomes,
    selection_score,
)

SOON = Rules(refractory=0.05)  # five frames


def peaks(frames, places, width=3):
    """Scores of -5 with rectangular peaks: `places` is height by first frame."""
    scores = np.full(frames, -5, np.float32)
    for place, height in places.items():
        scores[place : place + width] = height
    return scores


def positive(name, height, end=2.0, frames=400):
    """A track whose phrase ends at `end` and has its peak there."""
    return Track(name, peaks(frames, {round(end * 100) - 1: height}), (end,), "phrase")


def negative(name, heights, frames=36_000):
    """Six minutes, unless told, with a peak of each height, well apart."""
    places = {1_000 * (i + 1): height for i, height in enumerate(heights)}
    return Track(name, peaks(frames, places), (), "speech")


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ("..........", []),
        ("..#.......", [2]),
        ("#.........", [0]),
        ("..########", [2]),  # it stays above, and never fires again
        ("..#......#", [2, 9]),
        ("..#...#...", [2]),  # within the refractory time
        ("..#....#..", [2, 7]),  # just over
        ("..#...####", [2, 7]),  # it came back within the refractory time, and was still there
        ("..#####...", [2]),  # still there, but never gone
        ("..#.#.#.#.", [2, 8]),
        ("#.#.######", [0, 5]),
    ],
)
def test_firing(scores, expected):
    scores = [float(mark == "#") for mark in scores]
    assert detections(scores, 1.0, SOON) == expected
    assert Trigger(1.0, SOON).feed(scores) == expected


def test_smoothing_is_causal_and_a_mean_of_what_was_heard():
    scores = [0, 0, 3, 3, 3, 0, 0]  # means of up to three: 0 0 1 2 3 2 1
    for threshold, expected in ((1, [2]), (2, [3]), (2.5, [4]), (3.1, [])):
        assert detections(scores, threshold, Rules(smoothing=3)) == expected
    assert detections([3, 0, 0], 3, Rules(smoothing=3)) == [0]
    changed = detections([0, 0, 3, 3, 0, 9, 9], 2, Rules(smoothing=3))
    assert changed == [3], "what comes later changes nothing"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-2, 2), max_size=60),
    st.lists(st.integers(1, 59), max_size=6),
    st.integers(1, 12),
    st.integers(0, 9),
)
def test_listening_in_pieces_is_hearing_it_all(scores, cuts, smoothing, gap):
    scores = np.array(scores, np.float32) / 3
    rules = Rules(refractory=gap / 100, smoothing=smoothing)
    for threshold in (-0.2, 0.0, 1 / 9, 0.4):
        trigger = Trigger(threshold, rules)
        pieces = [trigger.feed(piece) for piece in np.split(scores, sorted(cuts))]
        assert list(itertools.chain(*pieces)) == detections(scores, threshold, rules)


def test_windows_around_the_end_of_a_phrase():
    # Frame t is over at (t + 1) / 100 s, so frames 149 to 299 are those from 1.5 to 3 seconds.
    for frame, kind in ((148, "beside"), (149, "hit"), (299, "hit"), (300, "beside")):
        track = Track("a", peaks(500, {frame: 1}), (2.0,))
        kinds = [outcome.kind for outcome in outcomes([track], 0)]
        assert kinds == (["hit"] if kind == "hit" else sorted(["miss", kind], reverse=frame > 200))


def test_a_phrase_is_hit_once():
    track = Track("twice", peaks(600, {180: 1, 290: 1, 420: 1}), (2.0,))
    assert outcomes([track], 0) == [
        Outcome(0, "hit", 1.81, pytest.approx(-0.19)),
        Outcome(0, "beside", 4.21),
    ]


def test_two_phrases_close_to_each_other():
    def kinds(places, ends, rules):
        track = Track("close", peaks(600, places), ends)
        return [(found.kind, found.seconds) for found in outcomes([track], 0, rules)]

    rules = Rules(refractory=0.1)
    assert kinds({200: 1, 280: 1}, (2.0, 2.8), rules) == [("hit", 2.01), ("hit", 2.81)]
    # A detection after the end of the first belongs to the second, unless too early for that.
    assert kinds({220: 1}, (2.0, 2.8), rules) == [("hit", 2.21), ("miss", 2.8)]
    assert kinds({240: 1}, (2.0, 2.8), rules) == [("miss", 2.0), ("hit", 2.41)]
    assert kinds({198: 1}, (2.0, 2.2), rules) == [("hit", 1.99), ("miss", 2.2)]
    assert kinds({198: 1, 215: 1}, (2.0, 2.2), rules) == [("hit", 1.99), ("hit", 2.16)]
    # The second is said within the refractory time.
    assert kinds({200: 1, 280: 1}, (2.0, 2.8), Rules()) == [("hit", 2.01), ("miss", 2.8)]


def test_tracks_do_not_hear_each_other():
    loud = Track("loud", np.ones(30, np.float32))
    assert len(outcomes([loud] * 3, 0.5)) == 3
    found = outcomes([loud, positive("a", 3), loud], 0.5)
    assert [outcome.kind for outcome in found] == ["false alarm", "hit", "false alarm"]
    assert [outcome.seconds for outcome in found] == [0.01, 2.0, 0.01]


def naive(tracks, threshold, rules):
    """Hits, misses, false alarms and detections beside phrases, frame by frame."""
    counts = {"hit": 0, "miss": 0, "false alarm": 0, "beside": 0}
    for track in tracks:
        scores = track.scores.tolist()
        hit, armed, quiet_until = set(), True, -1.0
        for frame in range(len(scores)):
            heard = scores[max(0, frame + 1 - rules.smoothing) : frame + 1]
            if math.fsum(heard) / len(heard) < threshold:
                armed = True
                continue
            if not armed or frame < quiet_until:
                continue
            armed, quiet_until = False, frame + round(rules.refractory * 100)
            at = (frame + 1) / 100
            right = None
            for number, end in enumerate(track.ends):
                inside = end - rules.early - 1e-9 <= at <= end + rules.late + 1e-9
                if inside and (number == 0 or at > track.ends[number - 1] + 1e-9):
                    right = number  # the latest that it may belong to
            if right is not None:
                hit.add(right)
            else:
                counts["beside" if track.ends else "false alarm"] += 1
        counts["hit"] += len(hit)
        counts["miss"] += len(track.ends) - len(hit)
    return counts


def wandering(seed, sizes=(900, 1400, 700, 600, 500)):
    """Tracks of random walks, the last three with phrases, close to each other in one."""
    rng = np.random.default_rng(seed)
    ends = [(), (), (1.5, 2.2, 4.0), (3.0,), (2.0, 4.5)]
    return [
        Track(f"{i}", np.convolve(rng.normal(size=size), np.ones(9), "same"), phrases)
        for i, (size, phrases) in enumerate(zip(sizes, ends, strict=True))
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("rules", [Rules(), Rules(0.2, 4, 0.3, 0.6), Rules(0.0, 1, 0.0, 0.5)])
def test_the_curve_is_that_of_a_loop_over_thresholds(seed, rules):
    tracks = wandering(seed)
    found = curve(tracks, np.linspace(-8, 8, 17), rules)
    assert (np.diff(found.thresholds) < 0).all()
    for row, threshold in enumerate(found.thresholds):
        counts = naive(tracks, threshold, rules)
        assert found.alarms[row] == counts["false alarm"]
        assert found.beside[row] == counts["beside"]
        assert found.hits[row].sum() == counts["hit"]
        assert found.miss_rate[row] == pytest.approx(counts["miss"] / 6)
        figures = measure(tracks, threshold, rules)
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
    assert misses_within(found).tolist() == pytest.approx([0.8, 0.6, 0.4, 0.2, 0.0])
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
    def interval(heights, ends=None):
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
def test_tracks_that_make_no_sense(of):
    fine = [positive("a", 1), negative("b", [1])]
    with pytest.raises(ValueError, match="there is no track"):
        of([])
    for scores in ([], [0.0, np.nan], [np.inf], [[0.0]]):
        with pytest.raises(ValueError, match="track 'odd' needs finite scores"):
            of([*fine, Track("odd", np.array(scores, np.float32))])
    for ends in ((-0.1,), (1.0, 1.0), (2.0, 1.0), (4.2,)):
        with pytest.raises(ValueError, match="track 'odd': the ends of its phrases must rise"):
            of([*fine, Track("odd", np.zeros(400, np.float32), ends)])


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
