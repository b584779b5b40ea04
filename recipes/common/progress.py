"""Progress of long work: a bar on a terminal and in a notebook, elsewhere a line a minute."""

import sys
import time

from tqdm import tqdm

from recipes.common.terminal import tell

SECONDS_BETWEEN_LINES = 60


def is_notebook():
    """True in the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return hasattr(shell, "kernel")


class Progress:
    """The progress of one piece of work.

    Args:
        total: Number of units.
        what: Name of the work.
        unit: Name of a unit, such as `"step"`; none if it goes without saying.
        done: Units that were done earlier.
    """

    def __init__(self, total, what, unit="", done=0):
        self.total, self.what, self.unit, self.done = total, what, unit, done
        self._first, self._note = done, ""
        self._started = self._told = time.monotonic()
        self._bar = None
        if is_notebook() or sys.stderr.isatty():
            self._bar = tqdm(
                total=total,
                initial=done,
                desc=what,
                unit=unit or "it",
                leave=False,
                dynamic_ncols=True,
                file=sys.stderr,
            )

    def update(self, count=1, note=""):
        """Count units as done.

        Args:
            count: Their number.
            note: Something to show, such as the loss.
        """
        self.done += count
        self._note = note
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(count)
        elif self.done < self.total and time.monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            self._told = time.monotonic()
            tell(self.line())

    def line(self):
        """Units done and the time left, for people."""
        units = f" {self.unit}s" if self.unit else ""
        parts = [f"{self.what}: {self.done:,} of {self.total:,}{units}", self._note]
        if self.done > self._first:
            spent = time.monotonic() - self._started
            seconds = spent / (self.done - self._first) * (self.total - self.done)
            parts.append(f"about {duration(seconds)} left")
        return ", ".join(filter(None, parts))

    def close(self):
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def track(iterable, total, what, done=0, step=1):
    """The items of an iterable, while their progress is shown.

    Args:
        iterable: What is worked through.
        total: Number of units in all.
        what: Name of the work, as "reading negatives".
        done: Units that earlier work has done.
        step: Units that each item counts for.
    """
    with Progress(total, what, done=done) as progress:
        for item in iterable:
            yield item
            progress.update(min(step, total - progress.done))


def duration(seconds):
    """A time for people, such as `40 s`, `12 min` or `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
