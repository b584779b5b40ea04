"""Character models: characters a second, against PyTorch, in training and in writing.

    python -m benchmarks.characters [--cases 1x256 2x256 …] [--rounds 7] [--precision bfloat16]

Each side is a process of its own (`workers.characters`) that trains the same network on the same
text, states carried; the sides take turns, in reversed order every other round. Writing is one text
of 256 characters: by `zoo.generate`, by a Python loop over the compiled model, and by one over
PyTorch's. With `--precision bfloat16` both sides train in it, the zoo by the policy
`mixed_bfloat16` and PyTorch by `torch.autocast`.
"""

import argparse
import json
import statistics

from benchmarks import tables, turns
from benchmarks.workers.characters import CASES, WRITTEN


def compare(case, rounds, precision):
    """One case: medians in seconds by side and by what was timed, and the facts of the sides."""
    sides = []
    try:
        for name in ("torch", "zoo"):
            side = turns.Side(name, "benchmarks.workers.characters", name, precision)
            sides.append(side)
            side.build(case)
        turns.take_turns(sides, ("train", "sample", "loop"), rounds)
        medians = {
            side.name: {what: statistics.median(times) for what, times in side.seconds.items()}
            for side in sides
        }
        return {"seconds": medians, **{side.name: side.facts for side in sides}}
    finally:
        for side in sides:
            side.close()


def row(case, found):
    """A row of the table."""
    zoo, torch = found["seconds"]["zoo"], found["seconds"]["torch"]
    count = found["zoo"]["characters"]
    return [
        case,
        f"{count / zoo['train']:,.0f}",
        f"{count / torch['train']:,.0f}",
        f"{torch['train'] / zoo['train']:.2f}",
        f"{WRITTEN / zoo['sample']:,.0f}",
        f"{zoo['loop'] / zoo['sample']:.1f}",
        f"{torch['loop'] / zoo['sample']:.1f}",
    ]


def main():
    """Print the table, or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--precision", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    results = {}
    for case in arguments.cases:
        results[case] = compare(case, arguments.rounds, arguments.precision)
        losses = [results[case][side]["loss"] for side in ("zoo", "torch")]
        if max(losses) > 1.1 * min(losses):
            raise SystemExit(f"{case}: the sides do not learn alike: {losses}")
    header = [
        "case", "training, characters/s", "PyTorch", "ratio", "writing, characters/s",
        "over a loop", "over PyTorch's loop",
    ]  # fmt: skip
    table = tables.markdown(header, [row(case, found) for case, found in results.items()])
    print(json.dumps(results) if arguments.json else table)


if __name__ == "__main__":
    main()
