"""Recurrent layers: zoo against PyTorch and against stock Keras.

    python -m benchmarks.recurrent [--cases A-lstm B-gru …] [--sides torch keras zoo …] [--rounds 7]

Each side is a process of its own (`recurrent_worker`) that builds the same model with the same
weights; the sides take turns, in reversed order every other round. Reported are milliseconds,
the best step and the median of all, ratios of both to PyTorch's, and the share of the machine's own
matrix product. Sides: torch, keras, keras-xla (whole model), keras-jax, zoo, zoo-xla, zoo-bfloat16.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from benchmarks.recurrent_worker import CASES

PAUSE = 0.3  # seconds between turns, for OpenMP's threads to stop spinning
TURN = 1.5  # seconds of steps in a turn, about


class Side:
    """A worker process that trains one model of one framework when told to."""

    def __init__(self, name, case):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        if name == "keras-jax":
            environment["KERAS_BACKEND"] = "jax"
        self.name = name
        self.seconds = {"train": [], "forward": []}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.recurrent_worker", name, case],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if name != "torch" else None,
            text=True,
            env=environment,
        )
        self.facts = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The worker of {self.name} ended; is its framework installed?")
        return json.loads(line)

    def ask(self, what, count=1):
        print(what, count, file=self.process.stdin, flush=True)
        return self._answer()

    def turn(self, what):
        times = self.ask(what, max(2, round(TURN / self.facts["step"][what])))
        self.seconds[what] += times[1:]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(case, names, rounds):
    """One case; returns a dict of figures for each side."""
    sides = [Side(name, case) for name in names]
    try:
        products = []
        for number in range(rounds):
            for side in sides if number % 2 == 0 else reversed(sides):
                for what in ("train", "forward"):
                    time.sleep(PAUSE)
                    side.turn(what)
                products.append(side.ask("product"))
        return {side.name: _figures(side, max(products)) for side in sides}
    finally:
        for side in sides:
            side.close()


def _figures(side, limit):
    figures = {"limit": limit, **{name: side.facts[name] for name in ("loss", "first_step")}}
    figures["peak_mib"] = side.ask("peak")
    for what, seconds in side.seconds.items():
        figures[what] = {"best": min(seconds), "median": statistics.median(seconds)}
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
