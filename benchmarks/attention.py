"""A decoder with attention inside its step: zoo against an equal loop in PyTorch.

    python -m benchmarks.attention [--rounds 5]

Each side is a process of its own (`attention_worker`) with the same weights; the sides take turns,
in reversed order every other round. Reported are milliseconds of a training step, best and median,
and their ratios.
"""

import argparse
import itertools
import json

from benchmarks import turns


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sides", nargs="+", default=["torch", "zoo"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    sides = [turns.Side(name, "benchmarks.attention_worker", name) for name in arguments.sides]
    try:
        losses = [side.facts["losses"] for side in sides]
        for one, other in itertools.pairwise(losses):
            if max(abs(a - b) for a, b in zip(one, other, strict=True)) > 1e-3:
                raise SystemExit(f"The sides do not compute the same losses: {losses}")
        turns.take_turns(sides, ["train"], arguments.rounds)
        figures = {side.name: turns.best_and_median(side)["train"] for side in sides}
    finally:
        for side in sides:
            side.close()
    if arguments.json:
        print(json.dumps(figures))
        return
    base = figures.get("torch")
    print("| side | training step, ms: best, median | over PyTorch: best, median |")
    print("| --- " * 3 + "|")
    for name, times in figures.items():
        ratios = [f"{times[key] / base[key]:.2f}" if base else "–" for key in ("best", "median")]
        best, median = (f"{times[key] * 1e3:.0f}" for key in ("best", "median"))
        print(f"| {name} | {best}, {median} | {', '.join(ratios)} |")


if __name__ == "__main__":
    main()
