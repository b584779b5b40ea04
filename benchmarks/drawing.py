"""DRAW: seconds of a training step, against the same loop in PyTorch.

    python -m benchmarks.drawing [--cases attention whole …] [--rounds 7]

Each side is a process of its own (`workers.drawing`) that trains the same network on the same
pictures from the same weights, in float32 on two threads; the sides take turns, in reversed order
every other round. Both losses are printed, which fall alike.
"""

from benchmarks import training_steps
from benchmarks.workers.drawing import CASES

if __name__ == "__main__":
    training_steps.main(__doc__, "benchmarks.workers.drawing", CASES, digits=1)
