"""Speed of the mixing of sound beside that of the training step it feeds.

    python -m benchmarks.sound_pipeline --phrase alexa

In every round both sides are run in turn in one process, the order reversed every other round: the
pipeline alone (drawing utterances, decoding, varying and mixing them, rooms, noise, tf.data) over a
number of batches, and the training step over as many batches that are already there. The ratio of
the medians says how many times faster the pipeline is. When a training begins, all utterances are
decoded once to be hashed; how many seconds of sound a second that gives is printed too.
"""

import dataclasses
import itertools
import time

from benchmarks import pipelines
from recipes.wakeword.config import Config


@dataclasses.dataclass(frozen=True)
class Options(pipelines.Options):
    """Options of the benchmark."""

    config: Config = dataclasses.field(default_factory=Config)
    """Settings of the recipe."""


def main():
    """Print both medians and their ratio, and how much sound a second is decoded and mixed."""
    options = Options.parse(__doc__)
    with pipelines.run_of("wakeword", options.config) as run:
        from recipes.common.sound import samples
        from recipes.wakeword import data, loss, sources, training

        config = run.config
        sounds = data.load(run)
        began = time.perf_counter()
        clips, _, _ = sources.load(config)  # once more, as by now all has been spoken
        reading = time.perf_counter() - began
        seconds = sum(part.lengths.sum() for part in clips.values()) / samples.SAMPLE_RATE
        del clips  # large
        model = training.build_model(config)
        loss.compile_model(model, config, len(sounds.train))

        def sides_of(number):
            indices = itertools.islice(sounds.train.order(number), options.batches)
            ready = [sounds.train.batch(batch) for batch in indices]
            return (
                lambda: pipelines.deliver(sounds.train, number, len(ready)),
                lambda: pipelines.consume(model, ready),
                len(ready),
            )

        length = sounds.train.length / samples.SAMPLE_RATE
        print(f"batches of {config.batch_size} clips of {length:g} s")
        medians = pipelines.compare(sides_of, options.rounds)
        mixing = 1000 * config.batch_size * length / medians["pipeline"]
        print(f"{mixing:,.0f} seconds of sound are mixed a second")
        print(f"{seconds / reading:,.0f} seconds of sound are read, decoded and hashed a second")


if __name__ == "__main__":
    main()
