"""Arrays of pictures are made once, gone on with after a kill, and never mistaken for others."""

import json
import threading
import time

import numpy as np
import pytest
from PIL import Image

from recipes.common.pictures import cache, decode
from tests.common.pictures import plain

SIZE = (32, 32)


@pytest.fixture
def made(tmp_path):
    """Twelve pictures, and a function that makes their array."""
    pictures, digests = plain.pictures(tmp_path)

    def array(preparation=None):
        preparation = preparation or cache.pixels(SIZE)
        return cache.array_of(pictures, digests, preparation, tmp_path / "cache", "pixels")

    return pictures, digests, array


def test_an_array_is_kept_and_never_mistaken(made, tmp_path, monkeypatch):
    _, digests, array = made
    first = array()
    seen = []
    monkeypatch.setattr(
        cache, "decode", lambda content, size: seen.append(size) or decode.decode(content, size)
    )
    np.testing.assert_array_equal(array().arrays, first.arrays)
    assert not seen
    array(cache.pixels((48, 48)))
    assert seen == [(48, 48)] * 12
    digests[0] = "another picture"
    array()
    assert len(seen) == 24


def test_rows_are_pixels_or_what_is_made_of_them(made):
    pictures, _, array = made
    image = decode.decode(pictures[4].read(), SIZE)
    np.testing.assert_array_equal(array().arrays[4], image)
    means = cache.Preparation(SIZE, (3,), "float32", "means", lambda x: x.mean((1, 2)))
    np.testing.assert_allclose(array(means).arrays[4], image.mean((0, 1)), rtol=1e-6)


def test_mirrored_pixels_are_other_pixels(tmp_path):
    """A picture of one colour looks the same in a mirror; this one does not."""
    pixels = np.arange(32 * 32 * 3).astype(np.uint8).reshape(32, 32, 3)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    picture, mirrored = decode.Picture(str(tmp_path / "x.png")), cache.mirrored(cache.pixels(SIZE))
    kept = cache.array_of([picture], ["x"], mirrored, tmp_path / "cache", "pixels")
    np.testing.assert_array_equal(kept.arrays[0], pixels[:, ::-1])


def stop_after(monkeypatch, count):
    """Let a process be interrupted after so many pictures; gives the list of those."""
    seen = []

    def interrupted(content, size):
        if len(seen) == count:
            raise KeyboardInterrupt
        seen.append(content)
        return decode.decode(content, size)

    monkeypatch.setattr(cache, "decode", interrupted)
    return seen


@pytest.fixture
def noted(monkeypatch):
    """Four pictures at once, and progress noted after each four."""
    monkeypatch.setattr(cache, "BATCH", 4)
    monkeypatch.setattr(cache, "NOTED", 1)


@pytest.mark.parametrize("damage", [None, "cut off", "no array", "other array"])
def test_a_killed_process_is_gone_on_from(made, noted, tmp_path, monkeypatch, damage):
    pictures, _, array = made
    (tmp_path / "p1.jpg").write_text("no picture")
    stop_after(monkeypatch, 9)
    with pytest.raises(KeyboardInterrupt):
        array()
    (partial,) = (tmp_path / "cache").glob("*.partial.npy")
    progress = partial.with_suffix(".json")
    assert json.loads(progress.read_text())["done"] == 8
    if damage == "cut off":
        progress.write_text(progress.read_text()[:12])
    elif damage == "no array":
        partial.unlink()
    elif damage == "other array":
        np.save(partial, np.zeros(3))
    if damage:  # a second one that is stopped at once leaves nothing that is taken for done
        stop_after(monkeypatch, 0)
        with pytest.raises(KeyboardInterrupt):
            array()
    seen = stop_after(monkeypatch, 99)
    found = array()
    assert len(seen) == (12 if damage else 4)
    assert found.bad == [(1, "is no picture")]
    for i, row in enumerate(found.arrays):
        whole = np.zeros((32, 32, 3)) if i == 1 else decode.decode(pictures[i].read(), SIZE)
        np.testing.assert_array_equal(row, whole)
    assert not list((tmp_path / "cache").glob("*.partial.*"))


def test_two_processes_do_not_write_the_same_file(made, tmp_path, monkeypatch, capsys):
    _, _, array = made
    begun, go_on, results, seen = threading.Event(), threading.Event(), [], []

    def waiting(content, size):
        seen.append(size)
        begun.set()
        assert go_on.wait(30)
        return decode.decode(content, size)

    monkeypatch.setattr(cache, "decode", waiting)
    # Locks are of open files, so that two threads stand for two processes.
    threads = [threading.Thread(target=lambda: results.append(array())) for _ in range(2)]
    threads[0].start()
    assert begun.wait(30)
    threads[1].start()
    told = ""
    for _ in range(3000):
        told += capsys.readouterr().err
        if "Another process is making the pixels; waiting for it." in told:
            break
        time.sleep(0.01)
    else:
        pytest.fail("the second did not wait")
    assert len(list((tmp_path / "cache").glob("*.partial.npy"))) == 1
    go_on.set()
    for thread in threads:
        thread.join()
    assert len(seen) == 12, "the second has made again what the first had made"
    np.testing.assert_array_equal(results[0].arrays, results[1].arrays)


def test_clips_keep_how_many_frames_are_real_also_after_a_kill(tmp_path, noted):
    seen = []

    def read(clip):
        seen.append(clip)
        if clip == stop_at[0]:
            raise KeyboardInterrupt
        if clip == 2:
            raise decode.BadPicture("breaks off")
        return np.full((3, 4, 4, 3), clip, np.uint8), 1 + clip % 3

    preparation = cache.Preparation((4, 4), (3, 4, 4, 3), "uint8", "clips", read=read, frames=3)
    digests = [str(number) for number in range(12)]
    stop_at = [9]
    with pytest.raises(KeyboardInterrupt):
        cache.array_of(range(12), digests, preparation, tmp_path, "frames")
    stop_at[0], seen[:] = None, []
    for _ in range(2):  # made, then found
        found = cache.array_of(range(12), digests, preparation, tmp_path, "frames")
        assert found.counts == [1 if n == 2 else 1 + n % 3 for n in range(12)]
        assert found.bad == [(2, "breaks off")]
        expected = [0 if n == 2 else n for n in range(12)]
        assert found.arrays[:, 2, 1, 1, 0].tolist() == expected
    assert seen == [8, 9, 10, 11]
