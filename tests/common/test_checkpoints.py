"""A damaged checkpoint is never taken for a good one."""

import contextlib
import random

import numpy as np
import pytest

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.training import checkpoints


def write(directory, step):
    arrays = {"weights/0": np.full((40, 3), step, np.float32), "best/0": np.arange(step)}
    checkpoints.save(directory, step, arrays, {"step": step, "note": "ü" * step})


def test_newest_is_loaded_and_two_are_kept(tmp_path):
    assert checkpoints.load(tmp_path / "none") is None
    for step in (1, 2, 30):
        write(tmp_path, step)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-000000002", "step-000000030",
    ]  # fmt: skip
    arrays, state = checkpoints.load(tmp_path)
    assert state["step"] == 30
    np.testing.assert_array_equal(arrays["weights/0"], np.full((40, 3), 30, np.float32))


def damages():
    drawn = random.Random(0)
    for number in range(100):
        name = drawn.choice([checkpoints.ARRAYS, checkpoints.STATE, checkpoints.SUMS])
        yield number, name, drawn.choice(["flip", "truncate"]), drawn.random()


@pytest.mark.parametrize(("number", "name", "kind", "place"), list(damages()))
def test_truncated_and_flipped_checkpoints_give_way_to_the_one_before(
    tmp_path, capsys, number, name, kind, place
):
    write(tmp_path, 7)
    write(tmp_path, 8)
    path = tmp_path / "step-000000008" / name
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    if kind == "flip":
        content[at] ^= 1 << number % 8
    else:
        del content[at:]
    path.write_bytes(content)
    _, state = checkpoints.load(tmp_path)
    assert state["step"] == 7
    assert "step-000000008 is damaged" in capsys.readouterr().err


def test_a_missing_file_is_damage_too_and_two_damaged_ones_stop_the_run(tmp_path):
    write(tmp_path, 7)
    write(tmp_path, 8)
    for step in (7, 8):
        (tmp_path / f"step-00000000{step}" / checkpoints.STATE).unlink()
    with pytest.raises(UserError, match=r"Every checkpoint in .* is damaged"):
        checkpoints.load(tmp_path)


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    write(tmp_path, 1)
    with pytest.raises(TypeError):
        checkpoints.save(tmp_path, 2, {}, {"not json": object()})
    assert [path.name for path in tmp_path.iterdir()] == ["step-000000001"]
    storage.write_text(tmp_path / "a.txt", "old")
    with contextlib.suppress(ZeroDivisionError), storage.replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert (tmp_path / "a.txt").read_text() == "old"


def test_leftovers_of_a_killed_save_are_swept_away(tmp_path):
    write(tmp_path, 1)
    (tmp_path / ".123.step-000000002").mkdir()
    write(tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000001", "step-000000003"]
