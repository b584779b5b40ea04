"""Lengths of time such as 24h, 10min or 3d."""

import re

from recipes.common.errors import UserError

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
DAY, YEAR = 86_400, 365.2425 * 86_400


def parse(option, text):
    """Seconds of a length of time.

    Args:
        option: The option that names it, for the message.
        text: A number and a unit: s, min, h, d or w.

    Raises:
        UserError: If it is none, or not above 0.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h|d|w)\s*", text)
    if not found or not float(found[1]):
        raise UserError(
            f"--{option} takes a length of time such as 10min, 24h, 3d or 2w; got {text!r}."
        )
    return float(found[1]) * SECONDS[found[2]]


def brief(seconds):
    """A length of time for people, in the largest unit of which it is a whole number, if any."""
    for unit in ("w", "d", "h", "min", "s"):
        value = seconds / SECONDS[unit]
        if 1 <= value < 1000 and abs(value - round(value)) < 1e-6:
            return f"{value:.0f} {unit}"
    unit = next((unit for unit in ("d", "h", "min", "s") if seconds >= SECONDS[unit]), "s")
    return f"{seconds / SECONDS[unit]:,.1f} {unit}" if unit != "s" else f"{seconds:.3g} s"
