"""The part of `benchmarks.gpu` that sets recurrent layers beside PyTorch's, on the same card."""

import itertools
import subprocess
import sys

from benchmarks import recurrent, turns
from benchmarks.workers import recurrent as recurrent_worker

TURN = 0.3  # seconds of steps in a turn of one side; a GPU needs no more


class LeftOut(Exception):
    """A part that this machine cannot run, with the reason."""


def measure(options, tell):
    """A training step of the cases of `benchmarks.recurrent`, zoo and PyTorch in turn."""
    torch = [options.torch_python, "-c", "import torch; print(torch.cuda.is_available())"]
    found = subprocess.run(torch, capture_output=True, text=True)
    if found.returncode:
        raise LeftOut("PyTorch is not installed here; the extra `torch` brings it.")
    if not options.tiny and found.stdout.split()[-1:] != ["True"]:
        raise LeftOut("PyTorch is installed here, but sees no GPU.")
    pythons = {"torch": options.torch_python, "zoo": sys.executable}
    sides, errors = {}, []
    try:
        for case, precision in cases(options):
            for name, python in pythons.items():
                if name not in sides:
                    sides[name] = recurrent.start(name, python=python)
            try:
                tell(f"{case}, {precision}", **side_by_side(options, sides, case, precision))
            except turns.SideError as error:
                tell(f"{case}, {precision}", error=str(error))
                errors.append(error)
                for name in [n for n, side in sides.items() if side.process.poll() is not None]:
                    sides.pop(name).close()
    finally:
        for side in sides.values():
            side.close()
    if errors:
        raise errors[-1]


def cases(options):
    """Names of cases and number formats; in the tiny run one format each, and one of a letter."""
    names, precisions = list(recurrent_worker.CASES), recurrent_worker.PRECISIONS
    if not options.tiny:
        return list(itertools.product(names, precisions))
    letters = {name[0]: name for name in reversed(names)}
    return list(zip(sorted(letters.values()), itertools.cycle(precisions), strict=False))


def side_by_side(options, sides, case, precision):
    """Figures of both sides for one case in one number format."""
    found = {}
    for name, side in sides.items():
        found[name] = side.build(case, precision, options.tiny)
    seconds, pause = (0.01, 0) if options.tiny else (TURN, 0.02)
    turns.take_turns(list(sides.values()), ["train"], 2, seconds, pause)
    for name, side in sides.items():
        found[name] |= {**turns.best_and_median(side)["train"], "peak_mib": side.ask("peak")}
    return {**found, "ratio": found["zoo"]["median"] / found["torch"]["median"]}
