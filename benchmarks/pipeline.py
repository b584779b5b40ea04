"""Speed of the data pipeline beside that of the training step it feeds.

    python -m benchmarks.pipeline
    python -m benchmarks.pipeline --data reviews.csv.gz --batch-size 32 --max-length 800

In every round both sides are run in turn in one process, the order reversed every other round: the
pipeline alone (tokenising the texts, bucketing, padding, tf.data) over a number of batches, and the
training step of the recipe's model over as many batches that are already there. The ratio of the
medians says how many times faster the pipeline is.
"""

import dataclasses
import itertools
import time

import numpy as np

from benchmarks import pipelines
from recipes.sentiment.config import Config


@dataclasses.dataclass(frozen=True)
class Options(pipelines.Options):
    """Options of the benchmark."""

    config: Config = dataclasses.field(default_factory=Config.embedded)
    """Settings of the recipe."""
    batches: int = 40
    """Batches a round."""


def main():
    """Print both medians and their ratio."""
    options = Options.parse(__doc__)
    with pipelines.run_of("sentiment", options.config) as run:
        from recipes.common.data import batching
        from recipes.sentiment import data, training
        from recipes.sentiment.sources import Split

        texts = data.load(run)
        config = run.config
        model = training.build_model(config, texts.facts)
        training.compile_model(model, config, len(texts.train))

        def deliver(indices):
            """Seconds to bring the texts of these batches to the model, tokenising included."""
            part, chosen = texts.parts["train"], np.concatenate(indices)
            split = Split([part.texts[i] for i in chosen], [part.labels[i] for i in chosen], [])
            began = time.perf_counter()
            sequences = data.encode(split, texts.tokenizer, texts.labels, config)
            boundaries = batching.bucket_boundaries(sequences.lengths, config.buckets)
            delivered = batching.Batches(sequences, config.batch_size, boundaries, config.seed)
            for _ in itertools.islice(delivered.endless(), len(indices)):
                pass
            return time.perf_counter() - began

        def sides_of(number):
            indices = texts.train.order(epoch=number)[: options.batches]
            ready = [texts.train.batch(batch) for batch in indices]
            if number == 0:  # every shape once
                for boundary in texts.train.boundaries:
                    shape = (config.batch_size, boundary)
                    batch = ({"tokens": np.ones(shape, np.int32)}, *ready[0][1:])
                    pipelines.consume(model, [batch])
            return (
                lambda: deliver(indices),
                lambda: pipelines.consume(model, ready),
                len(indices),
            )

        print(f"{config.data}, batches of {config.batch_size}, {config.max_length} tokens at most")
        pipelines.compare(sides_of, options.rounds)


if __name__ == "__main__":
    main()
