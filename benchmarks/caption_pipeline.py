"""Speed of kept features beside that of the training step that reads them.

    python -m benchmarks.caption_pipeline --data folder/ --cnn MobileNetV2 --cnn-weights FILE

In every round both sides are run in turn in one process, the order reversed every other round: the
pipeline alone (drawing captions, reading features or pixels from the disk, padding, tf.data) over a
number of batches, and the training step over as many batches that are already there. The ratio of
the medians says how many times faster the pipeline is. Features that are not kept yet are made
first, and how many pictures a second that took is printed.
"""

import dataclasses
import tempfile
import time

from benchmarks import pipelines
from recipes.captioning.config import Config


@dataclasses.dataclass(frozen=True)
class Options(pipelines.Options):
    """Options of the benchmark."""

    config: Config = dataclasses.field(default_factory=Config)
    """Settings of the recipe."""
    pictures: int = 512
    """Pictures whose features are made anew to be timed."""


def pictures_a_second(config, part, count):
    """Pictures that become what the training reads, in a second."""
    from recipes.captioning import features
    from recipes.common.pictures import cache

    preparation = features.preparation(config)
    chosen = part.rows.take(range(min(count, len(part))))
    with tempfile.TemporaryDirectory() as folder:
        warm_up = chosen.pictures[:32], chosen.digests[:32]
        cache.array_of(*warm_up, preparation, folder, "warm-up")
        began = time.perf_counter()
        cache.array_of(chosen.pictures, chosen.digests, preparation, folder, "timed")
        return len(chosen) / (time.perf_counter() - began)


def main():
    """Print both medians and their ratio, and the pictures a second."""
    options = Options.parse(__doc__)
    with pipelines.run_of("captioning", options.config) as run:
        from recipes.captioning import data, several_captions, training
        from recipes.common.writing import teacher_forcing

        config = run.config
        pictures = data.load(run)
        trainer = several_captions.trainer(training.build_model(config, pictures.facts))
        teacher_forcing.compile_model(trainer, config, len(pictures.train))

        def sides_of(number):
            chosen = pictures.train.order(number)[: options.batches]
            ready = [pictures.train.batch(batch) for batch in chosen]
            return (
                lambda: pipelines.deliver(pictures.train, number, len(ready)),
                lambda: pipelines.consume(trainer, ready),
                len(ready),
            )

        print(
            f"{config.data}, batches of {config.batch_size} pictures, "
            f"{config.captions_per_row} captions each"
        )
        pipelines.compare(sides_of, options.rounds)
        speed = pictures_a_second(config, pictures.parts["train"], options.pictures)
    print(f"{speed:.0f} pictures a second become what the training reads")


if __name__ == "__main__":
    main()
