"""Does the data pipeline keep up? Batches delivered against batches consumed, side by side.

    python -m benchmarks.pipeline
    python -m benchmarks.pipeline --data reviews.csv.gz --batch-size 32 --max-length 800

In every round both sides are run in turn in one process, the order reversed every other round: the
pipeline alone (tokenising the texts, bucketing, padding, tf.data) over a number of batches, and the
training step of the recipe's model over as many batches that are already there. The ratio of the
medians says how many times faster the pipeline is.
"""

import dataclasses
import itertools
import tempfile
import time

import numpy as np
import tyro

from benchmarks import turns
from recipes.common import devices
from recipes.common.data import batching
from recipes.sentiment import config as sentiment_config
from recipes.sentiment import data as sentiment_data
from recipes.sentiment import measure, train


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    config: sentiment_config.Config
    """Settings of the recipe."""
    batches: int = 40
    """Batches a round."""
    rounds: int = 7
    """Rounds; the first, in which everything is compiled, does not count."""


def deliver(config, data, indices):
    """Seconds to bring the texts of these batches to the model, tokenising included."""
    from recipes.sentiment.sources import Split

    part = data.parts["train"]
    chosen = np.concatenate(indices)
    texts = Split([part.texts[i] for i in chosen], [part.labels[i] for i in chosen], [])
    began = time.perf_counter()
    sequences = sentiment_data.encode(texts, data.tokenizer, data.labels, config)
    boundaries = batching.bucket_boundaries(sequences.lengths, config.buckets)
    delivered = batching.Batches(sequences, config.batch_size, boundaries, config.seed)
    for _ in itertools.islice(delivered.endless(), len(indices)):
        pass
    return time.perf_counter() - began


def main():
    """Print both medians and their ratio."""
    options = tyro.cli(
        Options, default=Options(sentiment_config.Config()), config=(tyro.conf.OmitArgPrefixes,)
    )
    config = options.config
    devices.start(config)
    with tempfile.TemporaryDirectory() as run:
        config = dataclasses.replace(config, run=f"{run}/run")
        data = train.load_data(config)
        model = train.build_model(config, data.facts)
        measure.compile_model(model, config, len(data.train))

        def sides_of(number):
            indices = data.train.order(epoch=number)[: options.batches]
            ready = [data.train.batch(batch) for batch in indices]
            if number == 0:  # every shape once
                for boundary in data.train.boundaries:
                    shape = (config.batch_size, boundary)
                    turns.consume(model, [({"tokens": np.ones(shape, np.int32)}, *ready[0][1:])])
            return (
                lambda: deliver(config, data, indices),
                lambda: turns.consume(model, ready),
                len(indices),
            )

        print(f"{config.data}, batches of {config.batch_size}, {config.max_length} tokens at most")
        turns.pipeline_and_training(sides_of, options.rounds)


if __name__ == "__main__":
    main()
