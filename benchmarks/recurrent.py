"""Recurrent layers: zoo against PyTorch and against stock Keras.

    python -m benchmarks.recurrent [--cases A-lstm B-gru …] [--sides torch keras zoo …] [--rounds 7]

Each side is a process of its own (`recurrent_worker`) that builds the same model with the same
weights; the sides take turns, in reversed order every other round. Reported are milliseconds,
the best step and the median of all, ratios of both to PyTorch's, and the share of the machine's own
matrix product. Sides: torch, keras, keras-xla (whole model), keras-jax, zoo, zoo-xla, zoo-bfloat16.
"""

import argparse
import json
import sys

from benchmarks import turns
from benchmarks.recurrent_worker import CASES


def compare(case, names, rounds):
    """One case; returns a dict of figures for each side."""
    sides = [
        turns.Side(
            name,
            "benchmarks.recurrent_worker",
            name,
            case,
            **({"KERAS_BACKEND": "jax"} if name == "keras-jax" else {}),
        )
        for name in names
    ]
    try:
        turns.take_turns(sides, ("train", "forward", "product"), rounds)
        limit = 2 * 2048**3 / min(min(side.seconds["product"]) for side in sides)
        return {side.name: _figures(side, limit) for side in sides}
    finally:
        for side in sides:
            side.close()


def _figures(side, limit):
    figures = {"limit": limit, **{name: side.facts[name] for name in ("loss", "first_step")}}
    figures["peak_mib"] = side.ask("peak")
    figures |= turns.best_and_median(side)
    figures["share"] = side.facts["operations"] / min(side.seconds["train"]) / limit
    return figures


def _table(results):
    lines = [
        "| case | side | training step, ms: best, median | over PyTorch: best, median "
        "| forward, ms: best | over PyTorch: best, median "
        "| of the limit | first step, s | peak, MiB |",
        "| --- " * 9 + "|",
    ]
    for case, sides in results.items():
        base = sides.get("torch")
        for name, side in sides.items():
            train, forward = side["train"], side["forward"]

            def over(times, what, base=base):
                if base is None:
                    return "–"
                pairs = ((times[key] / base[what][key]) for key in ("best", "median"))
                return ", ".join(f"{ratio:.2f}" for ratio in pairs)

            lines.append(
                f"| {case} | {name} | {train['best'] * 1e3:.0f}, {train['median'] * 1e3:.0f} | "
                f"{over(train, 'train')} | {forward['best'] * 1e3:.1f} | "
                f"{over(forward, 'forward')} | {side['share']:.0%} | {side['first_step']:.1f} | "
                f"{side['peak_mib']:.0f} |"
            )
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--sides", nargs="+", default=["torch", "keras", "zoo"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    results = {}
    for case in arguments.cases:
        results[case] = compare(case, arguments.sides, arguments.rounds)
        print(_table({case: results[case]}), file=sys.stderr, flush=True)
        losses = [side["loss"] for side in results[case].values()]
        if max(losses) - min(losses) > 1e-2 * max(losses):
            raise SystemExit(f"{case}: the sides do not compute the same loss: {losses}")
    print(json.dumps(results) if arguments.json else _table(results))


if __name__ == "__main__":
    main()
