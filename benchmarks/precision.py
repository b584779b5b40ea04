"""Does a training under mixed_bfloat16 go as one in float32 does? Losses side by side.

    python -m benchmarks.precision [--steps 500] [--windows 10]

The recipe `translation` on its embedded pairs: float32 with two seeds and mixed_bfloat16 with the
first, the same batches in the same order. Shown are the mean losses of windows of steps; the
difference that the number format makes is set beside the one that another seed makes.
"""

import argparse
import dataclasses
import pathlib
import tempfile

import numpy as np

from recipes.common import devices
from recipes.common.writing import teacher_forcing
from recipes.translation import config as translation_config
from recipes.translation import train

RUNS = (("float32", 0), ("float32", 1), ("mixed_bfloat16", 0))


def losses(config, data, steps):
    """The loss of each of the first steps."""
    devices.start(config)
    import keras

    model = train.build_model(config, data.facts)
    teacher_forcing.compile_model(model, config, len(data.train))
    found = []

    class Remember(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.reset_metrics()  # or each loss would be a mean over all before it

        def on_train_batch_end(self, batch, logs=None):
            found.append(logs["loss"])

    model.fit(
        data.train.endless(), steps_per_epoch=steps, verbose=0, callbacks=[Remember()], epochs=1
    )
    return np.array(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--windows", type=int, default=10)
    arguments = parser.parse_args()
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        base = dataclasses.replace(translation_config.Config.embedded(), run=f"{folder}/run")
        (pathlib.Path(folder) / "run").mkdir()
        data = train.load_data(base)
        for precision, seed in RUNS:
            config = dataclasses.replace(base, precision=precision, seed=seed)
            curve = losses(config, data, arguments.steps)
            curves[precision, seed] = [
                window.mean() for window in np.array_split(curve, arguments.windows)
            ]
    header = ["steps", *(f"{precision}, seed {seed}" for precision, seed in RUNS)]
    print("| " + " | ".join(header) + " |\n" + "| --- " * len(header) + "|")
    ends = [part[-1] + 1 for part in np.array_split(range(arguments.steps), arguments.windows)]
    for number, end in enumerate(ends):
        row = [f"… {end}", *(f"{curve[number]:.4f}" for curve in curves.values())]
        print("| " + " | ".join(row) + " |")
    one, other_seed, other_format = (np.array(curve) for curve in curves.values())
    print(
        f"mean difference of windows: number format {np.abs(one - other_format).mean():.4f}, "
        f"seed {np.abs(one - other_seed).mean():.4f}"
    )


if __name__ == "__main__":
    main()
