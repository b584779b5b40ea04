"""A training step of every builder with XLA for the whole model and without, in turn.

    python -m benchmarks.jit [--rounds 5] [--builders wakeword_detector ...]

What `jit_compile` is set to in the recipes is decided by this, not by `"auto"`. Both models of a
builder have the same weights and live in one process, in which their steps take turns, in reversed
order every other round. Captions are written of features of pictures.
"""

import argparse
import statistics

from benchmarks import builders, tables, turns


def steps_of(name):
    """A training step without XLA for the whole model, and one with it."""
    steps = []
    for jit in (False, True):
        model = builders.build(name, builders.FEATURES)
        inputs = builders.inputs(model, builders.FEATURES)
        labels = builders.labels(model, inputs)
        builders.compile_model(model, jit)
        steps.append(
            lambda model=model, inputs=inputs, labels=labels: float(
                model.train_on_batch(inputs, labels)
            )
        )
    return steps


def main():
    """Print a row for each builder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--builders", nargs="*", default=[], help="only these; all by default")
    arguments = parser.parse_args()
    names = builders.names()
    if unknown := sorted(set(arguments.builders) - set(names)):
        parser.error(f"there is no builder {', '.join(unknown)}; known are {', '.join(names)}")
    rows = []
    for name in arguments.builders or names:
        steps = steps_of(name)
        counts = [max(1, round(1 / min(turns.timed(step, 2)))) for step in steps]
        seconds = [[], []]
        for number in range(arguments.rounds):
            for side in (0, 1) if number % 2 == 0 else (1, 0):
                seconds[side] += turns.timed(steps[side], counts[side])
        off, on = (statistics.median(times) for times in seconds)
        rows.append([f"`{name}`", f"{off * 1e3:.1f}", f"{on * 1e3:.1f}", f"{on / off:.2f}"])
    header = ["builder", "off, ms: median", "on, ms: median", "on over off"]
    print(tables.markdown(header, rows))


if __name__ == "__main__":
    main()
