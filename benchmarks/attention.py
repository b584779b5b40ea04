"""A decoder with attention inside its step: zoo against the plain loop in PyTorch.

    python -m benchmarks.attention [--task translation|captioning] [--rounds 5]

Each side is a process (`workers.attention`) with the same weights; the sides take turns, in
reversed order every other round. Reported are milliseconds, best and median, and their ratios, of a
training step and of writing 30 tokens, greedily and with a beam of 5, for one sentence and for 64.
"""

import argparse
import itertools
import json

from benchmarks import tables, turns
from benchmarks.workers.attention import DECODING, TASKS

SIDES = ("torch", "zoo", "zoo-xla")


def main():
    """Print a row for each side and each thing that is timed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sides", nargs="+", default=["torch", "zoo"], choices=SIDES)
    parser.add_argument("--task", choices=TASKS, default="translation")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    sides = []
    try:
        for name in arguments.sides:
            sides.append(turns.Side(name, "benchmarks.workers.attention", name, arguments.task))
            sides[-1].build()
        check(sides)
        turns.take_turns(sides, ["train", *DECODING], arguments.rounds)
        figures = {side.name: turns.best_and_median(side) for side in sides}
    except turns.SideError as error:
        raise SystemExit(str(error)) from None
    finally:
        for side in sides:
            side.close()
    if arguments.json:
        print(json.dumps(figures))
        return
    base = figures.get("torch")
    rows = []
    for name, whats in figures.items():
        for what, times in whats.items():
            best, median = (f"{times[kind] * 1e3:.0f}" for kind in ("best", "median"))
            ratios = turns.ratios(times, base and base[what])
            rows.append([name, what, f"{best}, {median}", ratios])
    header = ["side", "what", "ms: best, median", "over PyTorch: best, median"]
    print(tables.markdown(header, rows))


def check(sides):
    """Refuse sides unless they compute the same losses and write the same."""
    for one, other in itertools.pairwise(side.facts for side in sides):
        pairs = zip(one["losses"], other["losses"], strict=True)
        if max(abs(a - b) for a, b in pairs) > 1e-3 or one["written"] != other["written"]:
            raise SystemExit(f"The sides do not compute the same: {one} {other}")


if __name__ == "__main__":
    main()
