"""Clips of every kind, read at moments; damaged ones are named with the reason."""

import importlib.util
import pathlib

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.video import reading
from tests.video import clips

SIZES = [2, 3, 4, 5, 6, 7]


def frames_of(path, times, size=(16, 16), folder_fps=10):
    return np.stack(list(reading.frames_at(path, times, size, folder_fps)))


def middles(count, rate=10):
    return (np.arange(count) + 0.5) / rate


@pytest.fixture
def square():
    return clips.square(SIZES)


@pytest.mark.parametrize("kind", ["mp4", "avi", "webm", "gif", "folder"])
def test_the_frames_of_every_kind_of_clip(kind, square, tmp_path):
    path = tmp_path / f"clip.{kind}"
    if kind == "gif":
        clips.write_gif(path, square)
    elif kind == "folder":
        clips.write_folder(path, square)
    else:
        pytest.importorskip("av", reason="needs the extra video")
        codec = {"mp4": "libx264", "avi": "mpeg4", "webm": "libvpx-vp9"}[kind]
        square = square.repeat(4, 1).repeat(4, 2)  # which compresses with less blur
        clips.write_video(path, square, codec=codec)
    facts = reading.facts_of(path, 10)
    assert facts.count == 6
    assert facts.seconds == pytest.approx(0.6)
    found = frames_of(path, middles(6), square.shape[1:3])
    assert found.shape == square.shape
    # The colours of videos are a little off; the squares must be those of their moments.
    assert np.abs(found.astype(int) - square).mean() < 8
    late = frames_of(path, [0.45], square.shape[1:3])[0]
    np.testing.assert_array_equal(late, found[4])


def test_frames_are_squeezed_as_they_are_read(square, tmp_path):
    pytest.importorskip("av", reason="needs the extra video")
    large = np.full((3, 2160, 3840, 3), 90, np.uint8)
    large[:, :, 1920:] = 200
    path = clips.write_video(tmp_path / "4k.mp4", large)
    found = frames_of(path, middles(3), (8, 8))
    assert found.shape == (3, 8, 8, 3)
    assert abs(int(found[0, 4, 1].mean()) - 90) < 6
    assert abs(int(found[0, 4, 6].mean()) - 200) < 6


def test_a_long_video_is_entered_in_its_middle(tmp_path):
    pytest.importorskip("av", reason="needs the extra video")
    sizes = [2 + n // 20 for n in range(160)]
    path = clips.write_video(tmp_path / "long.mp4", clips.square(sizes, side=32))
    whole = frames_of(path, middles(160), (32, 32))
    np.testing.assert_array_equal(frames_of(path, middles(160)[120:], (32, 32)), whole[120:])


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def test_damaged_videos_are_named_with_the_reason(tmp_path):
    pytest.importorskip("av", reason="needs the extra video")
    noise = np.random.default_rng(0).integers(0, 256, (60, 64, 64, 3)).astype(np.uint8)
    whole = clips.write_video(tmp_path / "whole.mp4", noise)
    fast = clips.write_video(tmp_path / "fast.mp4", noise, movflags="faststart")
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").write_bytes(b"")
    for path, message in (
        (cut(whole, 0.6), "is no video, or damaged or cut off"),
        (tmp_path / "text.mp4", "is no video, or damaged or cut off"),
        (tmp_path / "empty.mp4", "is empty"),
    ):
        with pytest.raises(reading.BadClip, match=message):
            reading.facts_of(path, 10)
    # Its header still says 60 frames.
    assert reading.facts_of(cut(fast, 0.6), 10).count == 60
    with pytest.raises(reading.BadClip, match=r"(cut off|breaks off) after \d\.\d s"):
        frames_of(fast, middles(60))


def test_gifs_that_are_none_or_cut_off(square, tmp_path):
    path = clips.write_gif(tmp_path / "a.gif", square.repeat(8, 1).repeat(8, 2))
    with pytest.raises(reading.BadClip, match="is damaged"):
        frames_of(cut(path, 0.5), middles(6), (8, 8))
    (tmp_path / "b.gif").write_text("no GIF")
    with pytest.raises(reading.BadClip, match="is no GIF"):
        reading.facts_of(tmp_path / "b.gif", 10)
    (tmp_path / "c.gif").write_bytes(b"")
    with pytest.raises(reading.BadClip, match="is empty"):
        reading.facts_of(tmp_path / "c.gif", 10)


def test_a_gif_cut_off_anywhere_is_read_or_named(square, tmp_path):
    whole = clips.write_gif(tmp_path / "a.gif", square).read_bytes()
    for end in range(1, len(whole), 5):
        path = tmp_path / f"{end}.gif"
        path.write_bytes(whole[:end])
        try:
            found = frames_of(path, middles(reading.facts_of(path, 10).count))
        except reading.BadClip:
            continue
        assert len(found) <= len(square)


@pytest.mark.parametrize(
    ("side", "message"), [(11_000, "121,000,000 pixels"), (60_000, "100,000,000 pixels")]
)
def test_gifs_of_too_many_pixels_are_named(side, message, square, tmp_path):
    path = clips.write_gif(tmp_path / "a.gif", square)
    content = bytearray(path.read_bytes())
    content[6:10] = np.array([side, side], "<u2").tobytes()
    path.write_bytes(content)
    with pytest.raises(reading.BadClip, match=f"has frames of .*{message}"):
        reading.facts_of(path, 10)


def test_folders_of_frames_must_have_every_number_once(square, tmp_path):
    gap = clips.write_folder(tmp_path / "gap", square, [1, 2, 3, 5, 6, 7])
    with pytest.raises(reading.BadClip, match=r"lacks frame 4: frame_0005.png comes after frame_0"):
        reading.facts_of(gap, 10)
    twice = clips.write_folder(tmp_path / "twice", square)
    (twice / "frame_02.png").write_bytes((twice / "frame_0002.png").read_bytes())
    with pytest.raises(reading.BadClip, match="has two frames 2"):
        reading.facts_of(twice, 10)
    cut(clips.write_folder(tmp_path / "cut", square) / "frame_0003.png", 0.5)
    with pytest.raises(reading.BadClip, match=r"has a frame frame_0003.png that is damaged"):
        frames_of(tmp_path / "cut", middles(6))
    # By number, not by name: frame 10 is after frame 9.
    many = tmp_path / "many"
    many.mkdir()
    for number, frame in enumerate(clips.square([2] * 9 + [9]), start=1):
        clips.write_folder(many, frame[None], [number])
        (many / f"frame_{number:04d}.png").rename(many / f"f{number}.png")
    assert [path.name for path in reading.frames_in(many)][-1] == "f10.png"


def test_without_pyav_videos_end_with_one_sentence_and_gifs_do_not(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    reading.check_installed([pathlib.Path("a.gif"), pathlib.Path("frames")])
    with pytest.raises(UserError, match=r"To read videos such as b.mp4 .* pip install 'sequence-"):
        reading.check_installed([pathlib.Path("a.gif"), pathlib.Path("b.mp4")])
