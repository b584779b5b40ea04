"""Forecasting: seconds of a training step, against the same network in PyTorch.

    python -m benchmarks.forecasting [--cases jena lstm …] [--rounds 7]

Each side is a process of its own (`workers.forecasting`) that trains the same forecaster on the
same windows from the same weights, in float32 on two threads; the sides take turns, in reversed
order every other round. Both losses are printed, which fall alike.
"""

import argparse
import json
import statistics

from benchmarks import tables, turns
from benchmarks.workers.forecasting import CASES


def compare(case, rounds):
    """One case: the median of a step in seconds by side, and the facts of the sides."""
    sides = []
    try:
        for name in ("torch", "zoo"):
            sides.append(turns.Side(name, "benchmarks.workers.forecasting", name))
            sides[-1].build(case)
        turns.take_turns(sides, ("train",), rounds)
        return {
            side.name: {"seconds": statistics.median(side.seconds["train"]), **side.facts}
            for side in sides
        }
    finally:
        for side in sides:
            side.close()


def row(case, found):
    """A row of the table."""
    zoo, torch = found["zoo"], found["torch"]
    return [
        case,
        f"{1e3 * zoo['seconds']:.1f} ms",
        f"{1e3 * torch['seconds']:.1f} ms",
        f"{zoo['seconds'] / torch['seconds']:.2f}",
        f"{zoo['loss']:.4f}",
        f"{torch['loss']:.4f}",
    ]


def main():
    """Print the table, or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    results = {case: compare(case, arguments.rounds) for case in arguments.cases}
    header = ["case", "training step", "PyTorch", "share", "loss", "PyTorch's"]
    table = tables.markdown(header, [row(case, found) for case, found in results.items()])
    print(json.dumps(results) if arguments.json else table)


if __name__ == "__main__":
    main()
