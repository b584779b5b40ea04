"""Recurrent layers: zoo against PyTorch and against stock Keras.

    python -m benchmarks.recurrent [--cases A-lstm B-gru …] [--sides torch keras zoo …] [--rounds 7]

Each side is a process of its own (`workers.recurrent`) that builds the same models with the same
weights, on a GPU if its framework sees one; the sides take turns, in reversed order every other
round. Reported are milliseconds, the best step and the median of all, ratios of both to PyTorch's,
and the share of the machine's own matrix product. Sides: torch, keras, keras-xla (whole model),
keras-jax, zoo, zoo-xla, each also with `-bfloat16` or `-float16` at its end.
"""

import argparse
import json
import sys

from benchmarks import tables, turns
from benchmarks.workers.recurrent import CASES, PRECISIONS

KINDS = ("torch", "keras", "keras-xla", "keras-jax", "zoo", "zoo-xla")
SIDES = (*KINDS, *(f"{kind}-{half}" for kind in KINDS for half in PRECISIONS[1:]))


def start(name, **options):
    """The worker of a side."""
    environment = {"KERAS_BACKEND": "jax"} if name == "keras-jax" else {}
    return turns.Side(name, "benchmarks.workers.recurrent", name, **options, **environment)


def compare(case, names, rounds):
    """One case; returns a dict of figures for each side."""
    sides = []
    try:
        for name in names:
            kind, _, precision = (name, "", "float32") if name in KINDS else name.rpartition("-")
            side = start(kind)
            sides.append(side)
            side.name = name
            side.build(case, precision)
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
    header = [
        "case",
        "side",
        "training step, ms: best, median",
        "over PyTorch: best, median",
        "forward, ms: best",
        "over PyTorch: best, median",
        "of the limit",
        "first step, s",
        "peak, MiB",
    ]
    rows = []
    for case, sides in results.items():
        base = sides.get("torch")
        for name, side in sides.items():
            train, forward = side["train"], side["forward"]
            rows.append(
                [
                    case,
                    name,
                    f"{train['best'] * 1e3:.0f}, {train['median'] * 1e3:.0f}",
                    turns.ratios(train, base and base["train"]),
                    f"{forward['best'] * 1e3:.1f}",
                    turns.ratios(forward, base and base["forward"]),
                    f"{side['share']:.0%}",
                    f"{side['first_step']:.1f}",
                    f"{side['peak_mib']:.0f}",
                ]
            )
    return tables.markdown(header, rows)


def main():
    """Print the table, or the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", nargs="+", default=list(CASES), choices=list(CASES))
    parser.add_argument("--sides", nargs="+", default=["torch", "keras", "zoo"], choices=SIDES)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object")
    arguments = parser.parse_args()
    results = {}
    for case in arguments.cases:
        try:
            results[case] = compare(case, arguments.sides, arguments.rounds)
        except turns.SideError as error:
            raise SystemExit(f"{case}: {error}") from None
        print(_table({case: results[case]}), file=sys.stderr, flush=True)
        losses = [side["loss"] for side in results[case].values()]
        if max(losses) - min(losses) > 1e-2 * max(losses):
            raise SystemExit(f"{case}: the sides do not compute the same loss: {losses}")
    print(json.dumps(results) if arguments.json else _table(results))


if __name__ == "__main__":
    main()
