"""Speed of the parking recipe's simulator: steps a second on one core, sensors included.

    python -m benchmarks.parking_simulator

Cars drive at random in as many scenes as `--scenes` says, without ever leaving them: what has ended
begins anew. The processor's time counts, not the clock's, so that other work on the machine changes
little. The expert's speed is printed too: states for which it says what to do, a second.
"""

import dataclasses
import os
import time

import tyro

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"  # one core; before NumPy is imported


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    scenes: int = 1_000
    """Cars side by side."""
    steps: int = 300
    """Steps of each round."""
    rounds: int = 5
    """Rounds, of which the median counts."""


def main():
    """Print steps a second of the simulator, and of the expert."""
    import numpy as np

    from recipes.parking import scenes, simulator
    from recipes.parking.expert import Expert

    options = tyro.cli(Options, description=__doc__)
    streets = scenes.drawn("train", 0, options.scenes)
    generator = np.random.default_rng(0)

    def seconds_of(round_, act):
        sim = simulator.Simulator(streets, round_)
        began = time.process_time()
        for _ in range(options.steps):
            sim.sense()
            sim.step(*act(sim))
            sim.outcome[:] = simulator.RUNNING
        return time.process_time() - began

    def at_random(sim):
        return [generator.integers(0, count, len(streets)) for count in (6, 5)]

    count = options.scenes * options.steps
    own = np.median([seconds_of(number, at_random) for number in range(options.rounds)])
    print(f"simulator: {count / own:,.0f} steps a second on one core")
    expert = Expert()

    def advised(sim):
        return expert.act(sim.cars, streets, sim.direction)

    both = np.median([seconds_of(number, advised) for number in range(options.rounds)])
    print(f"with the expert's advice: {count / both:,.0f} steps a second on one core")


if __name__ == "__main__":
    main()
