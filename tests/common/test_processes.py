"""Jobs in worker processes: results, errors, and workers that end."""

import operator
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from recipes.common import processes
from recipes.common.errors import Interrupted, UserError


def failing(job):
    """A job for a worker that goes wrong."""
    if job == "user":
        raise UserError("There is no such file.")
    if job == "bug":
        raise ZeroDivisionError(job)
    if job == "group":
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getppid(), signal.SIGTERM)
        os._exit(3)
    if job == "end":
        time.sleep(1)  # until the result before has left the process
        os._exit(3)
    time.sleep(job)
    return os.getpid()


def test_each_job_has_its_result_once():
    found = processes.spread(operator.neg, list(range(7)), 3)
    assert sorted(found) == [-6, -5, -4, -3, -2, -1, 0]


@pytest.mark.parametrize(
    ("job", "kind", "message"),
    [
        ("user", UserError, "There is no such file."),
        ("bug", RuntimeError, "ZeroDivisionError: bug"),
        ("end", RuntimeError, "ended early \\(exit status 3\\)"),
    ],
)
def test_errors_of_a_worker_reach_the_parent_and_end_the_others(job, kind, message):
    found = processes.spread(failing, [0, 60, job], 2)
    pid = next(found)
    started = time.monotonic()
    with pytest.raises(kind, match=message):
        list(found)
    assert time.monotonic() - started < 30
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_signal_to_the_whole_group_is_an_interruption_and_no_failure():
    with pytest.raises(Interrupted, match="The same command goes on"):
        list(processes.spread(failing, ["group"], 1))


def test_a_script_needs_no_guard_against_its_own_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import operator\n"
        "from recipes.common import processes\n"
        "print(sorted(processes.spread(operator.neg, [1, 2], 2)))\n"
    )
    root = pathlib.Path(processes.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "[-2, -1]\n"), done.stderr
