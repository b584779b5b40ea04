"""Folders of clips: labels, events, parts that share no source, and faults that are counted."""

import dataclasses

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.video import event_files, groups, moments, reading, sources
from recipes.video.config import Config
from tests.video import clips

CONFIG = Config(frames=4, test_share=0.2, validation_share=0.2)


def write_sources(folder, labels=("jump", "wave"), count=8, name="v_{}_g{:02d}_c{:02d}.gif"):
    """Three clips of each of several sources of each label, no two alike."""
    seed = 0
    for label in labels:
        for source in range(1, count + 1):
            for clip in range(1, 4):
                seed += 1
                frames = clips.square([2, 3, 2 + seed % 5], color=(seed, 200 - seed, 40), seed=seed)
                clips.write_gif(folder / label / name.format(label, source, clip), frames)


def load(folder, job="clip", **settings):
    config = dataclasses.replace(CONFIG, data=str(folder), **settings)
    return sources.load(config, job)[0]


def sources_in(parts):
    return {name: set(part.groups) for name, part in parts.items()}


@pytest.mark.parametrize(
    ("name", "group"),
    [("v_{}_g{:02d}_c{:02d}.gif", ""), ("{}_person{}_{}.gif", r"(person\d+)_")],
)
def test_no_source_stands_in_two_parts(name, group, tmp_path):
    write_sources(tmp_path, name=name)
    parts = load(tmp_path, group=group)
    found = sources_in(parts)
    assert sum(map(len, found.values())) == len(set().union(*found.values()))
    assert sum(map(len, parts.values())) == 48
    for part in parts.values():
        assert len(part) == 3 * len(set(part.groups)) * (2 if group else 1)
        assert set(part.labels) == {"jump", "wave"}


def test_the_pattern_of_ucf_101():
    group_of = groups.finder("")
    assert group_of("Archery/v_Archery_g07_c03.avi") == "Archery_g07"
    assert group_of("Archery/v_Archery_g17_c03.avi") == "Archery_g17"
    assert group_of("Archery/clip7.avi") == ""


def test_files_of_the_same_content_stay_together(tmp_path):
    for number in range(20):
        frames = clips.square([2, 3, 4], color=(10 * number, 90, 40), seed=number)
        for copy in ("a", "b", "c"):
            clips.write_gif(tmp_path / ("jump", "wave")[number % 2] / f"{number}{copy}.gif", frames)
    parts = load(tmp_path)
    digests = {name: set(part.digests) for name, part in parts.items()}
    assert sum(map(len, digests.values())) == len(set().union(*digests.values())) == 20


def test_a_label_of_one_source_stays_in_the_training(tmp_path):
    write_sources(tmp_path, count=6)
    write_sources(tmp_path, labels=("rare",), count=1)
    parts = load(tmp_path)
    assert "rare" in parts["train"].labels
    assert "rare" not in parts["test"].labels


def test_bad_clips_are_named_and_counted_and_the_others_kept(tmp_path, capsys):
    write_sources(tmp_path)
    (tmp_path / "wave" / "bad.gif").write_text("no GIF")
    clips.write_folder(tmp_path / "wave" / "gap", clips.square([2, 3]), [1, 3])
    clips.write_gif(tmp_path / "alone.gif", clips.square([2, 9, 4]))
    clips.write_gif(tmp_path / "wave" / "still.gif", clips.square([9]))
    parts = load(tmp_path, bad_share=0.06)
    said = capsys.readouterr().err
    assert sum(map(len, parts.values())) == 49
    for reason in ("is no GIF", "lacks frame 2", "lies in no folder of a label"):
        assert reason in said
    assert "3 of 52 clips of" in said
    assert "Clips of a single frame, in which nothing moves: 1 (" in said
    with pytest.raises(UserError, match=r"3 of 52 clips .* with --bad-share"):
        load(tmp_path, bad_share=0.02)


def test_a_limit_keeps_the_labels(tmp_path):
    write_sources(tmp_path, labels=("jump", "run", "sit", "wave"), count=3)
    config = dataclasses.replace(CONFIG, data=str(tmp_path), limit=2)
    parts, _, labels = sources.load(config, "clip")
    assert labels == ["jump", "run", "sit", "wave"]
    assert [len(part) for part in parts.values()] == [2, 2, 2]


def test_labels_of_other_parts_must_be_known(tmp_path):
    write_sources(tmp_path / "train", count=3)
    clips.write_gif(tmp_path / "test" / "run" / "1.gif", clips.square([9, 9]))
    with pytest.raises(UserError, match="has the label 'run', which the training part does not"):
        load(tmp_path / "train", test=str(tmp_path / "test"))


def write_events(path, *rows):
    path.write_text("\n".join(["start,end,label", *rows]) + "\n")
    return path


def test_events_become_labels_of_frames_in_stretches(tmp_path):
    for number in range(12):
        path = tmp_path / f"{number}.gif"
        clips.write_gif(path, clips.square([2, 3, 4, 5, 6, 7], color=(9 * number, 9, 9), seed=1))
        write_events(path.with_suffix(".csv"), "0.2,0.5,up")
    parts = load(tmp_path, "frames")
    # Six frames in stretches of at most four; both of a clip in the same part.
    rows = parts["train"]
    assert rows.labels[:2] == [["none", "none", "up", "up"], ["up", "none"]]
    assert sources.labels_of(rows, "frames") == ["none", "up"]
    np.testing.assert_allclose(rows.times[1], [0.45, 0.55])
    found = sources_in(parts)
    assert sum(map(len, found.values())) == 12


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1.5,0.5,up", "has an event that ends at 0.5 s, not after its start 1.5 s, in line 2 of"),
        ("0.1,0.2,fly", r"has the unknown label 'fly' in line 2 of a.csv \(known are up, down\)"),
        ("a,0.2,up", "has 'a', '0.2' for seconds in line 2"),
        ("-1,0.2,up", "has an event from -1 s to 0.2 s in line 2"),
        ("0.1,0.2", "has events with 2 fields instead of 3 in line 2"),
        ("0.1,0.2,", "has an event without a label in line 2"),
        ("0.1,0.4,up\n0.3,0.5,down", "has events that overlap in a.csv: up until 0.4 s and down"),
    ],
)
def test_faults_of_event_files_name_the_line(row, message, tmp_path):
    path = write_events(tmp_path / "a.csv", row)
    with pytest.raises(reading.BadClip, match=message):
        event_files.read(path, "utf-8", ["up", "down"])


def test_event_files_without_names_of_columns_or_in_another_order(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1,2,up\n0,0.5,down\n")
    assert event_files.read(path, "utf-8") == [(0.0, 0.5, "down"), (1.0, 2.0, "up")]
    path.write_text("label,start,end\nup,1,2\n")
    assert event_files.read(path, "utf-8") == [(1.0, 2.0, "up")]
    path.write_text("start,end,label\n")
    assert event_files.read(path, "utf-8") == []


def test_clips_with_wrong_events_are_counted(tmp_path, capsys):
    for number in range(30):
        path = tmp_path / f"{number}.gif"
        clips.write_gif(path, clips.square([2, 3, 4], color=(5 * number, 9, 9), seed=1))
        write_events(path.with_suffix(".csv"), "0.1,0.2,up")
    write_events(tmp_path / "3.csv", "0.2,0.1,up")
    write_events(tmp_path / "4.csv", "7,8,up")
    (tmp_path / "5.csv").unlink()
    parts = load(tmp_path, "frames", bad_share=0.1)
    said = capsys.readouterr().err
    assert sum(map(len, parts.values())) == 27
    assert "has an event from 7 s on, and lasts 0.3 s" in said
    assert "has no events 5.csv beside it" in said
    assert "3 of 30 clips" in said


def test_moments_of_a_clip():
    facts = reading.Facts(10.0, 40)  # four seconds
    np.testing.assert_allclose(moments.of_clip(facts, 4, 0), [0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(moments.of_clip(facts, 4, 2), [1.25, 1.75, 2.25, 2.75])
    np.testing.assert_allclose(moments.of_clip(facts, 9, 1), [0.5, 1.5, 2.5, 3.5])
    np.testing.assert_allclose(moments.of_clip(reading.Facts(10.0, 3), 5, 0), [0.05, 0.15, 0.25])
    stretches = moments.of_stretches(facts, 3, 1)
    assert [list(times) for times in stretches] == [[0.5, 1.5, 2.5], [3.5]]
