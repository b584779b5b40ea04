"""Progress of long work on standard error: a bar where it can be drawn, else a line a minute."""

import sys
from time import monotonic

from tqdm import tqdm

from recipes.common.terminal import tell

EVERY = 60.0  # seconds between two lines


def track(iterable, total, what, done=0, step=1):
    """The items of an iterable, while their progress is told.

    A terminal and a notebook get a bar, which goes when the work is over. Elsewhere a line with
    the count and the time left follows once a minute, and none if all is over before.

    Args:
        iterable: What is worked through.
        total: Number of items.
        what: Name of the work, as "reading negatives".
        done: Number of items that earlier work has done.
        step: Items that each turn counts for.
    """
    if sys.stderr.isatty() or "ipykernel" in sys.modules:
        with tqdm(
            total=total, initial=done, desc=what, dynamic_ncols=True, leave=False, file=sys.stderr
        ) as bar:
            for item in iterable:
                yield item
                bar.update(min(step, total - bar.n))
        return
    begun, told, first = monotonic(), monotonic(), done
    for item in iterable:
        yield item
        done, now = min(done + step, total), monotonic()
        if now - told >= EVERY and done < total:
            told = now
            left = (now - begun) / (done - first) * (total - done)
            tell(f"{what}: {done:,} of {total:,}, {duration(left)} left")


def duration(seconds):
    """A length of time for people, such as "about 3 min"."""
    if seconds < 50:
        return "less than a minute"
    minutes = max(1, round(seconds / 60))
    hours, minutes = divmod(minutes, 60)
    return f"about {hours} h {minutes} min" if hours else f"about {minutes} min"
