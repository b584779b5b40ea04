"""Does the mixing of sound keep up? Clips delivered against clips consumed, side by side.

    python -m benchmarks.sound_pipeline --phrase alexa

In every round both sides are run in turn in one process, the order reversed every other round: the
pipeline alone (drawing utterances, varying and mixing them, rooms, noise, tf.data) over a number of
batches, and the training step over as many batches that are already there. The ratio of the medians
says how many times faster the pipeline is. Utterances are decoded once, when a training begins; how
many seconds of sound a second that gives is printed too.
"""

import dataclasses
import itertools
import tempfile
import time

import tyro

from benchmarks import turns
from recipes.common import devices
from recipes.common.sound import samples
from recipes.wakeword import config as wakeword_config
from recipes.wakeword import sources, train


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    config: wakeword_config.Config
    """Settings of the recipe."""
    batches: int = 20
    """Batches a round."""
    rounds: int = 7
    """Rounds; the first, in which everything is compiled, does not count."""


def main():
    """Print both medians and their ratio, and how much sound a second is decoded and mixed."""
    options = tyro.cli(
        Options, default=Options(wakeword_config.Config()), config=(tyro.conf.OmitArgPrefixes,)
    )
    config = options.config
    devices.start(config)
    from recipes.wakeword import fit  # imports Keras, and so after the start

    with tempfile.TemporaryDirectory() as run:
        config = dataclasses.replace(config, run=f"{run}/run")
        data = train.load_data(config)
        began = time.perf_counter()
        clips, _, _ = sources.load(config)  # once more, as by now all has been spoken
        reading = time.perf_counter() - began
        seconds = sum(part.lengths.sum() for part in clips.values()) / samples.SAMPLE_RATE
        del clips  # gigabytes
        model = train.build_model(config)
        fit.compile_model(model, config, len(data.train))

        def sides_of(number):
            indices = itertools.islice(data.train.order(number), options.batches)
            ready = [data.train.batch(batch) for batch in indices]
            return (
                lambda: turns.deliver(data.train, number, len(ready)),
                lambda: turns.consume(model, ready),
                len(ready),
            )

        length = data.train.length / samples.SAMPLE_RATE
        print(f"batches of {config.batch_size} clips of {length:g} s")
        medians = turns.pipeline_and_training(sides_of, options.rounds)
        mixing = 1000 * config.batch_size * length / medians["pipeline"]
        print(f"{mixing:,.0f} seconds of sound are mixed a second")
        print(f"{seconds / reading:,.0f} seconds of sound are read, decoded and hashed a second")


if __name__ == "__main__":
    main()
