"""Progress without a terminal: a line a minute with the time left; the best epoch and patience."""

import io
import sys
import types

import pytest

from recipes.common import progress
from recipes.common.training.callbacks import Patience
from recipes.common.training.history import History, ranking


def test_a_line_a_minute_says_what_is_left(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    shown = progress.Progress(100, "epoch 1/2", "step", done=10)
    for _ in range(45):
        now[0] += 2
        shown.update(note="loss 1.0")
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["epoch 1/2: 40 of 100 steps, loss 1.0, about 2 min left"]
    for item in progress.track(range(4, 10, 3), 9, "reading", done=4, step=3):
        now[0] += 61
        assert item in (4, 7)
    assert capsys.readouterr().err == "reading: 7 of 9, about 41 s left\n"
    assert list(progress.track(range(3), 3, "mixing")) == [0, 1, 2]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("where", ["terminal", "notebook"])
def test_a_bar_where_it_can_be_drawn(where, monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    if where == "terminal":
        shown.isatty = lambda: True
    else:
        shell = types.SimpleNamespace(kernel=None)
        ipython = types.SimpleNamespace(get_ipython=lambda: shell)
        monkeypatch.setitem(sys.modules, "IPython", ipython)
    assert list(progress.track(range(7), 7, "reading", step=2)) == list(range(7))
    assert "reading:   0%" in shown.getvalue()


def test_durations_are_for_people():
    assert [progress.duration(x) for x in (3.2, 150, 9000)] == ["3 s", "2 min", "2.5 h"]


ROWS = [
    {"epoch": 1, "val_bleu": 0.0, "val_crossentropy": 5.0},
    {"epoch": 2, "val_bleu": 0.0, "val_crossentropy": 4.0},
    {"epoch": 3, "val_bleu": 0.0, "val_crossentropy": 4.5},
]


def test_of_epochs_that_tie_the_one_with_the_lowest_crossentropy_is_the_best():
    assert History(ROWS, "val_bleu", "max").best["epoch"] == 2
    assert History([*ROWS, {"epoch": 4, "val_bleu": 1, "val_crossentropy": 9}], "val_bleu",
                   "max").best["epoch"] == 4  # fmt: skip


def test_a_tie_does_not_use_up_patience():
    session = types.SimpleNamespace(rank=ranking("val_bleu", "max"), best=None)
    patience = Patience(session, 2)
    patience.set_model(types.SimpleNamespace(stop_training=False))

    def end(epoch, score):
        row = {"val_bleu": score, "val_crossentropy": 1.0}
        patience.on_epoch_end(epoch, row)
        session.best = max(filter(None, (session.best, session.rank(row))))
        return patience.wait, patience.model.stop_training

    waits = [end(epoch, score) for epoch, score in enumerate([0, 0, 0, 3, 2, 3, 2])]
    assert waits == [(0, False)] * 4 + [(1, False), (1, False), (2, True)]
