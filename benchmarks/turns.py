"""Sides of a benchmark that take turns: what is timed, asked for and answered.

Those with a framework each are processes: a worker calls `serve`, and then answers orders, a line
`name count` each, by a line of JSON. A pipeline and its training step share one process.
"""

import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time

PAUSE = 0.3  # seconds between turns, for OpenMP's threads to stop spinning
TURN = 1.5  # seconds of steps in a turn, about


def timed(function, count):
    """Seconds of each of so many calls."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds


def serve(steps, facts):
    """Answer orders until standard input ends.

    Args:
        steps: A function without arguments for each name that can be timed.
        facts: What is told of this side at first; `step`, the seconds of each, joins it.
    """
    step = {name: min(timed(function, 2)) for name, function in steps.items()}
    print(json.dumps({**facts, "step": step}), flush=True)
    for line in sys.stdin:
        what, count = line.rsplit(maxsplit=1)
        if what == "peak":
            answer = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        else:
            answer = timed(steps[what], int(count))
        print(json.dumps(answer), flush=True)


class Side:
    """A worker process.

    Args:
        name: What it is called.
        arguments: What follows `python -m`.
        **environment: Variables set for it.
    """

    def __init__(self, name, *arguments, **environment):
        self.name = name
        self.seconds = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if name != "torch" else None,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        )
        self.facts = self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"The worker of {self.name} ended; is its framework installed?")
        return json.loads(line)

    def ask(self, what, count=1):
        """Give an order and wait for the answer."""
        print(what, count, file=self.process.stdin, flush=True)
        return self._answer()

    def turn(self, what, least=2):
        """Time one thing for a while."""
        times = self.ask(what, max(least, round(TURN / self.facts["step"][what])))
        self.seconds.setdefault(what, []).extend(times[1:] or times)

    def close(self):
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def take_turns(sides, names, rounds):
    """Time every name on every side, in reversed order every other round."""
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            for name in names:
                time.sleep(PAUSE)
                side.turn(name)


def deliver(batches, epoch, count):
    """Seconds to bring so many batches of an epoch, from `batching.Epochs`, to the model."""
    began = time.perf_counter()
    for _ in itertools.islice(batches.endless(epoch), count):
        pass
    return time.perf_counter() - began


def consume(model, batches):
    """Seconds to train on these batches."""
    began = time.perf_counter()
    for inputs, labels, weights in batches:
        model.train_on_batch(inputs, labels, sample_weight=weights)
    return time.perf_counter() - began


def pipeline_and_training(sides_of, rounds):
    """Time a pipeline against its training step in this process, and print both and their ratio.

    Args:
        sides_of: Function of the round's number that returns two functions without arguments, of
            the pipeline and of the training, that return seconds, and how many batches they take.
        rounds: How many; the first, in which everything is compiled, does not count.

    Returns:
        A dict of both medians, in milliseconds a batch.
    """
    if rounds < 2:
        raise SystemExit("--rounds must be at least 2: the first one does not count.")
    times = {"pipeline": [], "training": []}
    for number in range(rounds):
        *sides, count = sides_of(number)
        order = list(zip(times, sides, strict=True))
        for name, side in order if number % 2 else reversed(order):
            times[name].append(side() / count * 1000)
    medians = {name: statistics.median(values[1:]) for name, values in times.items()}
    for name, median in medians.items():
        print(f"{name:<10} {median:8.2f} ms a batch (best {min(times[name][1:]):.2f})")
    print(f"the pipeline is {medians['training'] / medians['pipeline']:.1f} times faster")
    return medians


def best_and_median(side):
    """`{name: {"best", "median"}}` in seconds."""
    return {
        what: {"best": min(seconds), "median": statistics.median(seconds)}
        for what, seconds in side.seconds.items()
    }
