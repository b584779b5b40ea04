"""Logits as the probabilities that people are shown, and thresholds that they give as such."""

import math

import numpy as np

from recipes.common.errors import UserError

LEAST = 1e-6  # nearer to 0 or 1, only that is shown


def probability(logit):
    """The probability of a logit."""
    return float(1 / (1 + np.exp(-np.clip(np.float64(logit), -500, 500))))


def shown(logit):
    """The probability of a logit as text, to two digits of its distance from 0 or 1."""
    found = probability(logit)
    distance = min(found, probability(-logit))
    if distance < LEAST:
        return f"above {1 - LEAST:.6f}" if found > 0.5 else f"below {LEAST:.6f}"
    return f"{found:.{1 - math.floor(math.log10(distance))}f}"


def rounded(logit):
    """The probability of a logit as results have it."""
    return round(probability(logit), 6)


def threshold(logit, given):
    """The threshold that a user asks for, as a logit; None if they do not.

    Args:
        logit: `--threshold`.
        given: `--probability`.

    Raises:
        UserError: If both are given, or one is no such number.
    """
    if logit is not None and given is not None:
        raise UserError("--threshold and --probability both say what counts; give one of them.")
    if logit is not None and not math.isfinite(logit):
        raise UserError(f"--threshold must be a finite number; got {logit}.")
    if given is None:
        return logit
    if not 0 < given < 1:
        hint = " A logit is given with --threshold." if math.isfinite(given) else ""
        raise UserError(f"--probability must be above 0 and below 1; got {given:g}.{hint}")
    return math.log(given) - math.log1p(-given)
