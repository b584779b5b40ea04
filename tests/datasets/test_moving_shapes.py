"""The embedded clips: distinct, held-out combinations, labels that only the order tells."""

import collections
import hashlib
import time

import pytest

from recipes.common.data import catalog
from recipes.datasets import moving_shapes


@pytest.fixture(scope="module")
def scenes():
    return {split: list(moving_shapes.scenes(split)) for split in moving_shapes.SIZES}


def test_sizes_lengths_and_distinctness(scenes):
    assert {split: len(rows) for split, rows in scenes.items()} == moving_shapes.SIZES
    texts = [repr(scene) for rows in scenes.values() for scene in rows]
    assert len(set(texts)) == len(texts)
    for rows in scenes.values():
        lengths = collections.Counter(len(moving_shapes.events_of(scene)) for scene in rows)
        assert set(lengths) == {16, 17, 18, 19, 20}
        labels = collections.Counter("-".join(scene["order"]) for scene in rows)
        assert set(labels) == set(moving_shapes.ORDERS)
        assert min(labels.values()) > 0.7 * len(rows) / 6


def test_held_out_combinations_stay_out_of_training(scenes):
    held_out = {
        split: {
            moving_shapes.is_held_out(scene["shape"], scene["colour"], scene["direction"])
            for scene in rows
        }
        for split, rows in scenes.items()
    }
    assert held_out == {"train": {False}, "validation": {False}, "test": {True}}
    pairs = [("shape", "colour"), ("shape", "direction"), ("colour", "direction")]
    for one, other in pairs:
        known = {(scene[one], scene[other]) for scene in scenes["train"]}
        assert {(scene[one], scene[other]) for scene in scenes["test"]} <= known


def frames_as_bytes(scene):
    return [frame.tobytes() for frame in moving_shapes.frames_of(scene)]


def test_the_six_orders_of_a_test_scene_have_the_very_same_frames(scenes):
    rows = scenes["test"]
    for start in range(0, 60, 6):
        six = rows[start : start + 6]
        assert len({"-".join(scene["order"]) for scene in six}) == 6
        found = {tuple(sorted(frames_as_bytes(scene))) for scene in six}
        assert len(found) == 1
        assert len({tuple(frames_as_bytes(scene)) for scene in six}) == 6


def test_a_clip_backwards_has_the_opposite_label(scenes):
    for scene in scenes["train"][:20]:
        back = {**scene, "order": scene["order"][::-1], "rests": scene["rests"][::-1]}
        assert frames_as_bytes(scene)[::-1] == frames_as_bytes(back)
        assert back["order"] != scene["order"]


def test_frames_differ_from_rest_exactly_while_something_happens(scenes):
    for scene in scenes["train"][:50]:
        frames, events = frames_as_bytes(scene), moving_shapes.events_of(scene)
        assert events[0] == events[-1] == moving_shapes.NOTHING
        for frame, event in zip(frames, events, strict=True):
            assert (frame == frames[0]) == (event == moving_shapes.NOTHING)


def test_prepared_in_seconds_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        started = time.process_time()
        builder = catalog.builder_of("moving_shapes", str(tmp_path / name))
        catalog.ensure_prepared(builder, "moving_shapes")
        assert time.process_time() - started < 20  # 10 s is asked of a quiet machine
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
    batch = next(iter(catalog.as_numpy(builder, "moving_shapes")["validation"]))
    drawn = {moving_shapes.frames_of(s).tobytes() for s in moving_shapes.scenes("validation")}
    kept = zip(batch["frames"], batch["length"], strict=True)
    assert {clip[:length].tobytes() for clip, length in kept} == drawn
