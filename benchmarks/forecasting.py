"""Forecasting: seconds of a training step, against the same network in PyTorch.

    python -m benchmarks.forecasting [--cases jena lstm …] [--rounds 7]

Each side is a process of its own (`workers.forecasting`) that trains the same forecaster on the
same windows from the same weights, in float32 on two threads; the sides take turns, in reversed
order every other round. Both losses are printed, which fall alike.
"""

from benchmarks import training_steps
from benchmarks.workers.forecasting import CASES

if __name__ == "__main__":
    training_steps.main(__doc__, "benchmarks.workers.forecasting", CASES, digits=4)
