"""Do kept features keep up? Batches of pictures delivered against batches consumed, side by side.

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

import tyro

from benchmarks import turns
from recipes.captioning import config as captioning_config
from recipes.captioning import features, several_captions, train
from recipes.common import devices
from recipes.common.pictures import cache
from recipes.common.writing import teacher_forcing


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    config: captioning_config.Config
    """Settings of the recipe."""
    batches: int = 20
    """Batches a round."""
    rounds: int = 7
    """Rounds; the first, in which everything is compiled, does not count."""
    pictures: int = 512
    """Pictures whose features are made anew to be timed."""


def pictures_a_second(config, part, count):
    """How many pictures a second become what the training reads."""
    recipe = features.preparation(config)
    chosen = part.captioned.take(range(min(count, len(part))))
    with tempfile.TemporaryDirectory() as folder:
        cache.array_of(chosen.pictures[:32], chosen.digests[:32], recipe, folder, "warm-up")
        began = time.perf_counter()
        cache.array_of(chosen.pictures, chosen.digests, recipe, folder, "timed")
        return len(chosen) / (time.perf_counter() - began)


def main():
    """Print both medians and their ratio, and the pictures a second."""
    default = Options(captioning_config.Config())
    options = tyro.cli(Options, default=default, config=(tyro.conf.OmitArgPrefixes,))
    config = options.config
    devices.start(config)
    with tempfile.TemporaryDirectory() as run:
        config = dataclasses.replace(config, run=f"{run}/run")
        data = train.load_data(config)
        trainer = several_captions.trainer(train.build_model(config, data.facts))
        teacher_forcing.compile_model(trainer, config, len(data.train))

        def sides_of(number):
            ready = [data.train.batch(b) for b in data.train.order(number)[: options.batches]]
            return (
                lambda: turns.deliver(data.train, number, len(ready)),
                lambda: turns.consume(trainer, ready),
                len(ready),
            )

        print(
            f"{config.data}, batches of {config.batch_size} pictures, "
            f"{config.together} captions each"
        )
        turns.pipeline_and_training(sides_of, options.rounds)
        speed = pictures_a_second(config, data.parts["train"], options.pictures)
    print(f"{speed:.0f} pictures a second become what the training reads")


if __name__ == "__main__":
    main()
