"""Seconds of a training step of cases, the zoo's beside PyTorch's, as a table or as JSON."""

import argparse
import json
import statistics

from benchmarks import tables, turns

HEADER = ["case", "training step", "PyTorch", "share", "loss", "PyTorch's"]


def compare(worker, case, rounds):
    """One case: the median of a step in seconds by side, and the facts of the sides."""
    sides = []
    try:
        for name in ("torch", "zoo"):
            sides.append(turns.Side(name, worker, name))
            sides[-1].build(case)
        turns.take_turns(sides, ("train",), rounds)
        return {
            side.name: {"seconds": statistics.median(side.seconds["train"]), **side.facts}
            for side in sides
        }
    finally:
        for side in sides:
            side.close()


def row(case, found, digits):
    """A row of the table, with so many digits after the point of the losses."""
    zoo, torch = found["zoo"], found["torch"]
    return [
        case,
        f"{1e3 * zoo['seconds']:.1f} ms",
        f"{1e3 * torch['seconds']:.1f} ms",
        f"{zoo['seconds'] / torch['seconds']:.2f}",
        f"{zoo['loss']:.{digits}f}",
        f"{torch['loss']:.{digits}f}",
    ]


def main(description, worker, cases, digits):
    """Compare the cases of a command line, and print the table, or the figures as JSON.

    Args:
        description: The docstring of the benchmark; its first line is the help.
        worker: Name of the module that is a side, as `turns.Side` takes it.
        cases: Names of its cases.
        digits: Digits of the losses after the point.
    """
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    parser.add_argument("--cases", nargs="+", default=list(cases), choices=list(cases))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    found = {case: compare(worker, case, arguments.rounds) for case in arguments.cases}
    table = tables.markdown(HEADER, [row(case, each, digits) for case, each in found.items()])
    print(json.dumps(found) if arguments.json else table)
