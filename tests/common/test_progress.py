"""Progress of long work: a bar on a terminal, a line a minute elsewhere, nothing for short work."""

import io
import itertools
import sys

import pytest

from recipes.common import progress


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (0.5, []),
        (30, ["speaking: 2 of 6, about 2 min left", "speaking: 4 of 6, about 1 min left"]),
        (1_800, [
            "speaking: 1 of 6, about 2 h 30 min left", "speaking: 2 of 6, about 2 h 0 min left",
            "speaking: 3 of 6, about 1 h 30 min left", "speaking: 4 of 6, about 1 h 0 min left",
            "speaking: 5 of 6, about 30 min left",
        ]),
    ],
)  # fmt: skip
def test_a_line_a_minute_with_the_time_left(seconds, lines, monkeypatch, capsys):
    clock = itertools.count()
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    for item, expected in zip(progress.track("abcdef", 6, "speaking"), "abcdef", strict=True):
        assert item == expected
        now[0] = next(clock) * seconds + seconds
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == lines


def test_earlier_work_and_turns_of_several_items_are_counted(monkeypatch, capsys):
    now = iter(range(0, 10_000, 61))
    monkeypatch.setattr(progress, "monotonic", lambda: next(now))
    assert list(progress.track(range(4, 10, 3), 9, "reading", done=4, step=3)) == [4, 7]
    assert capsys.readouterr().err.startswith("reading: 7 of 9, ")


@pytest.mark.parametrize("where", ["terminal", "notebook"])
def test_a_bar_where_it_can_be_drawn(where, monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    if where == "terminal":
        shown.isatty = lambda: True
    else:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
    assert list(progress.track(range(7), 7, "reading", step=2)) == list(range(7))
    assert "reading:   0%" in shown.getvalue()
