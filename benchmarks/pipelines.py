"""Pipelines beside the training steps they feed, in one process, in turn."""

import contextlib
import dataclasses
import itertools
import statistics
import tempfile
import time

import tyro

from recipes.common import devices
from recipes.common.errors import UserError
from recipes.common.run import Run


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of every benchmark of a pipeline; a subclass adds `config`, the recipe's settings."""

    batches: int = 20
    """Batches a round."""
    rounds: int = 7
    """Rounds; the first, in which everything is compiled, does not count."""

    @classmethod
    def parse(cls, description):
        """The options of the command line."""
        return tyro.cli(cls, description=description, config=(tyro.conf.OmitArgPrefixes,))


@contextlib.contextmanager
def run_of(recipe, config):
    """A run in a folder that is deleted at the end; TensorFlow is started for it.

    What imports Keras is to be imported within it, as the start decides how Keras finds TensorFlow.
    """
    try:
        config.check()
        devices.start(config)
        with tempfile.TemporaryDirectory() as folder:
            yield Run(recipe, dataclasses.replace(config, run=f"{folder}/run"))
    except UserError as error:
        raise SystemExit(str(error)) from None


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


def compare(sides_of, rounds):
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
