"""Training under mixed_bfloat16 beside training in float32: losses.

    python -m benchmarks.precision [--steps 500] [--windows 10]

The recipe `translation` on its embedded pairs: float32 with two seeds and mixed_bfloat16 with the
first, the same batches in the same order. Shown are the mean losses of windows of steps; the
difference that the number format makes is set beside the one that another seed makes.
"""

import argparse
import dataclasses

import numpy as np

from benchmarks import pipelines, tables
from recipes.common import devices
from recipes.translation.config import Config

RUNS = (("float32", 0), ("float32", 1), ("mixed_bfloat16", 0))


def losses(config, pairs, steps):
    """The loss of each of the first steps."""
    devices.start(config)
    import keras

    from recipes.common.writing import teacher_forcing
    from recipes.translation import training

    model = training.build_model(config, pairs.facts)
    teacher_forcing.compile_model(model, config, len(pairs.train))
    found = []

    class Remember(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.reset_metrics()  # or each loss would be a mean over all before it

        def on_train_batch_end(self, batch, logs=None):
            found.append(logs["loss"])

    model.fit(
        pairs.train.endless(), steps_per_epoch=steps, verbose=0, callbacks=[Remember()], epochs=1
    )
    return np.array(found)


def main():
    """Print a row for each window of steps, and the mean differences."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--windows", type=int, default=10)
    arguments = parser.parse_args()
    curves = {}
    with pipelines.run_of("translation", Config.embedded()) as run:
        from recipes.translation import data

        pairs = data.load(run)
        for precision, seed in RUNS:
            config = dataclasses.replace(run.config, precision=precision, seed=seed)
            curve = losses(config, pairs, arguments.steps)
            curves[precision, seed] = [
                window.mean() for window in np.array_split(curve, arguments.windows)
            ]
    ends = [part[-1] + 1 for part in np.array_split(range(arguments.steps), arguments.windows)]
    rows = [
        [f"… {end}", *(f"{curve[number]:.4f}" for curve in curves.values())]
        for number, end in enumerate(ends)
    ]
    header = ["steps", *(f"{precision}, seed {seed}" for precision, seed in RUNS)]
    print(tables.markdown(header, rows))
    one, other_seed, other_format = (np.array(curve) for curve in curves.values())
    print(
        f"mean difference of windows: number format {np.abs(one - other_format).mean():.4f}, "
        f"seed {np.abs(one - other_seed).mean():.4f}"
    )


if __name__ == "__main__":
    main()
