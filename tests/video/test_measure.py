"""Measures of labels of frames, and batches of clips."""

import numpy as np

from recipes.video import baselines, features, measure, moments
from recipes.video.batches import ClipBatches


def test_runs_of_labels_are_events():
    assert moments.runs([0, 1, 1, 2, 0, 2], 0) == [(1, 3, 1), (3, 4, 2), (5, 6, 2)]
    assert moments.runs([], 0) == []


def test_events_are_found_whose_onset_is_off_by_a_frame_at_most():
    truth = np.array([[0, 1, 1, 0, 2, 2, 2, 0], [0, 0, 1, 1, 1, 0, 9, 9]])
    found = np.array([[1, 1, 1, 0, 0, 0, 2, 0], [0, 0, 1, 1, 0, 2, 1, 1]])
    truth[1, 6:] = 0
    metrics = measure.of_frames(np.eye(3)[found], truth, np.array([8, 6]))
    assert metrics["events"] == 3
    assert metrics["onsets"] == 2 / 3  # 2 begins two frames late
    assert metrics["ends"] == 1.0
    assert metrics["false_events"] == 1 / 3  # of frames beyond the length nothing counts
    assert metrics["accuracy"] == 9 / 14
    one, two = 2 * 4 / (5 + 5), 2 * 1 / (3 + 2)
    assert np.isclose(metrics["f1"], (one + two) / 2)


def part(count=5, steps=4):
    arrays = np.random.default_rng(0).integers(0, 256, (count, steps, 6, 6, 3)).astype(np.uint8)
    counts = np.array([4, 2, 1, 3, 4], np.int32)[:count]
    labels = np.arange(count * steps, dtype=np.int32).reshape(count, steps) % 3
    return features.Part(None, arrays, counts, np.arange(count), labels)


def test_frames_beyond_a_clip_and_rows_that_fill_up_weigh_nothing():
    batches = ClipBatches(part(), 3, ["frames", "lengths"])
    given, labels, weights = batches.batch(batches.order()[1])
    assert given["frames"].shape == (3, 4, 6, 6, 3)
    assert labels.shape == weights.shape == (3, 4)
    np.testing.assert_array_equal(given["lengths"], [3, 4, 3])
    np.testing.assert_array_equal(weights, [[1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 0]])


def test_all_frames_of_a_clip_move_alike_and_the_same_at_each_start():
    still = part()
    still.arrays[:] = still.arrays[:, :1]
    batches = ClipBatches(still, 5, ["frames"], seed=1, augment_share=0.3)
    first, second = (batches.batch(batches.order(epoch)[0])[0]["frames"] for epoch in (0, 1))
    assert (first == first[:, :1]).all()
    assert (first != still.arrays[batches.order(0)[0]]).any()
    again = batches.batch(batches.order(0)[0])[0]["frames"]
    np.testing.assert_array_equal(first, again)
    assert (first != second).any()


def test_a_linear_model_of_a_single_label_gives_that_one():
    model = baselines._fitted(np.random.default_rng(0).normal(size=(6, 3)), np.full(6, 2))
    found = baselines._probabilities(model, np.zeros((4, 3)), 3)
    np.testing.assert_array_equal(found, np.eye(3)[[2] * 4])
