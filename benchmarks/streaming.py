"""Time of a detector for 10 ms of sound, as LiteRT on one core.

    python -m recipes.wakeword export --run runs/wakeword --format litert
    python -m recipes.wakeword export --run runs/wakeword --format litert --quantize int8
    python -m benchmarks.streaming --run runs/wakeword

Every export of the run that is there takes turns with the others in one process, a second of noise
at a time, its state carried on. Given are the median and the 99th percentile of a step over all
rounds, with and without the loop in Python around it, and the bytes of the files.
"""

import dataclasses
import pathlib
import statistics
import time

import numpy as np
import tyro

from benchmarks import tables
from recipes.common.terminal import tell
from recipes.wakeword import exported


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of the benchmark."""

    run: str = "runs/wakeword"
    """Directory of a run with exports."""
    rounds: int = 20
    """Rounds; the first does not count."""


def inside(path):
    """Function of no arguments that runs each interpreter of an export once, and nothing else."""
    from ai_edge_litert.interpreter import Interpreter

    interpreters = [Interpreter(str(file), num_threads=1) for file in sorted(path.glob("*.tflite"))]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
        for tensor in interpreter.get_input_details():
            interpreter.set_tensor(tensor["index"], np.zeros(tensor["shape"], tensor["dtype"]))

    def step():
        for interpreter in interpreters:
            interpreter.invoke()

    return step


def main(argv=None):
    """Print a row for each export."""
    options = tyro.cli(Options, args=argv, description=__doc__)
    folders = sorted((pathlib.Path(options.run) / "export").glob("litert*"))
    if not folders:
        tell(f"There are no LiteRT exports in {options.run}; make one with the verb export.")
        raise SystemExit(2)
    sound = np.random.default_rng(0).normal(0, 0.05, (100, 160)).astype(np.float32)
    sides = {folder.name: (exported.listener(folder), inside(folder)) for folder in folders}
    times = {name: ([], []) for name in sides}
    for number in range(options.rounds):
        for name, (listener, step) in sides.items():
            for frame in sound:
                started = time.perf_counter()
                listener.push(frame)
                between = time.perf_counter()
                step()
                ended = time.perf_counter()
                if number:
                    times[name][0].append(1e6 * (between - started))
                    times[name][1].append(1e6 * (ended - between))
    rows = []
    for name, (whole, alone) in times.items():
        size = sum(
            file.stat().st_size
            for folder in folders
            if folder.name == name
            for file in folder.glob("*.tflite")
        )
        us = [f"{statistics.median(x):.0f}, {np.quantile(x, 0.99):.0f}" for x in (alone, whole)]
        rows.append([name, f"{size:,}", *us])
    header = ["export", "bytes", "step, us: median, 99 %", "with Python's loop, us: median, 99 %"]
    print(tables.markdown(header, rows))


if __name__ == "__main__":
    main()
