"""Detections fire when they should, and belong to the phrases that they belong to."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.wakeword.detection.measures import Outcome
from recipes.wakeword.detection.triggers import RULES, Rules, Track, Trigger, detections, smoothed
from tests.wakeword.detection_tracks import outcomes, peaks

SOON = Rules(refractory=0.05)  # five frames


def kinds(places, ends, **rules):
    """What became of the phrases of a track of six seconds, and when."""
    track = Track("a track", peaks(600, dict.fromkeys(places, 1)), ends)
    return [(found.kind, found.seconds) for found in outcomes([track], 0, rules=Rules(**rules))]


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


def test_a_detector_needs_a_quarter_of_a_second():
    short, long = (peaks(200, {50: 5.0}, width) for width in (8, 24))
    assert not detections(short, 0.0)
    assert detections(long, 4.9) == [73]
    assert smoothed(long).max() == pytest.approx(5)
    assert Trigger(4.9).feed(long) == [73]
    assert Rules(smoothing=24) == RULES


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
    assert kinds([148], (2.0,)) == [("beside", 1.49), ("miss", 2.0)]
    assert kinds([149], (2.0,)) == [("hit", 1.5)]
    assert kinds([299], (2.0,)) == [("hit", 3.0)]
    assert kinds([300], (2.0,)) == [("miss", 2.0), ("beside", 3.01)]
    assert kinds([148], (2.0,), early=0.51) == [("hit", 1.49)]
    assert kinds([300], (2.0,), late=1.01) == [("hit", 3.01)]
    assert kinds([0], (0.1,)) == [("hit", 0.01)]
    assert kinds([599], np.array([6.0])) == [("hit", 6.0)]
    assert kinds([599], (6.05,), early=0) == [("hit", 6.0)]


def test_a_phrase_is_hit_once():
    scores = peaks(600, {180: 1, 290: 1, 420: 1})
    assert outcomes([Track("twice", scores, (2.0,))], 0) == [
        Outcome(0, "hit", 1.81, -0.19),
        Outcome(0, "beside", 4.21),
    ]


def test_two_phrases_close_to_each_other():
    quick = {"refractory": 0.1}
    assert kinds([200, 280], (2.0, 2.8), **quick) == [("hit", 2.01), ("hit", 2.81)]
    # A detection after the end of the first belongs to the second, unless too early for that.
    assert kinds([220], (2.0, 2.8), **quick) == [("hit", 2.21), ("miss", 2.8)]
    assert kinds([240], (2.0, 2.8), **quick) == [("miss", 2.0), ("hit", 2.41)]
    assert kinds([198], (2.0, 2.2), **quick) == [("hit", 1.99), ("miss", 2.2)]
    assert kinds([198, 215], (2.0, 2.2), **quick) == [("hit", 1.99), ("hit", 2.16)]
    # The second is said within the refractory time.
    assert kinds([200, 280], (2.0, 2.8)) == [("hit", 2.01), ("miss", 2.8)]


def test_tracks_do_not_hear_each_other():
    loud = Track("loud", np.ones(30, np.float32))
    said = Track("said", peaks(400, {199: 1}), (2.0,))
    found = outcomes([loud, said, loud, loud], 0.5)
    assert [outcome.kind for outcome in found] == ["false alarm", "hit", *["false alarm"] * 2]
    assert [outcome.seconds for outcome in found] == [0.01, 2.0, 0.01, 0.01]
    assert [outcome.track for outcome in found] == [0, 1, 2, 3]


@pytest.mark.parametrize("scores", [[], [0.0, np.nan], [np.inf], [[0.0]]])
def test_scores_that_are_none(scores):
    with pytest.raises(ValueError, match="track 'odd' needs finite scores"):
        outcomes([Track("odd", np.array(scores, np.float32))], 0)


@pytest.mark.parametrize("ends", [(-0.1,), (1.0, 1.0), (2.0, 1.0), (4.2,)])
def test_ends_that_cannot_be(ends):
    with pytest.raises(ValueError, match="track 'odd': the ends of its phrases must rise"):
        outcomes([Track("odd", np.zeros(400, np.float32), ends)], 0)


@pytest.mark.parametrize("threshold", [np.nan, -np.inf, np.inf])
def test_thresholds_that_are_none(threshold):
    with pytest.raises(ValueError, match=r"a threshold of -?(nan|inf) is none"):
        outcomes([Track("a", np.zeros(400, np.float32), (2.0,))], threshold)
