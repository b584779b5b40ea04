"""Kill a training at random moments, resume it, and compare with one that was left alone.

    python -m benchmarks.resume --kills 20

Each trial trains the same run in a directory of its own, is sent SIGKILL at a random moment of the
training (a random step, and up to 0.3 s later, so that validations and savings are hit too) and is
then given the same command, which runs to its end.
Weights, optimizer, metrics and the best epoch's weights in the last checkpoint, `history.csv` and
the weights in `model.keras` must be byte-equal to those of a run that was left alone.
"""

import argparse
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy as np

ROOT = pathlib.Path(__file__).parent.parent
SETTINGS = (
    "--embedding-dim 16 --units 16 --epochs 6 --batch-size 32 --vocab-size 300 --buckets 4 "
    "--dropout 0.3 --word-dropout 0.2 --checkpoint-every 2 --patience 9"
).split()


def write_reviews(path, count=600):
    """A CSV file of embedded reviews."""
    from recipes.datasets.grammar_reviews import reviews

    rows = ["text,label"]
    for _, (text, label) in zip(range(count), reviews("train"), strict=False):
        rows.append(f'"{text}",{"positive" if label else "negative"}')
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def start(data, run, *options):
    """Start the training in a process of its own."""
    command = [sys.executable, "-m", "recipes.sentiment", "train", "--data", data, "--run", run]
    return subprocess.Popen(
        [*map(str, command), *SETTINGS, *options], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=_heed_interrupts,
    )  # fmt: skip


def _heed_interrupts():
    """Take Ctrl-C as a program in the foreground does; children of one in the background do not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def state(run):
    """Everything that must come out the same: a dict of bytes by name."""
    last = sorted((run / "checkpoints").glob("step-*"))[-1]
    found = {"step": last.name.encode(), "history": (run / "history.csv").read_bytes()}
    with np.load(last / "arrays.npz") as arrays:
        found |= {name: arrays[name].tobytes() for name in arrays}
    with zipfile.ZipFile(run / "model.keras") as model:
        found["model.keras"] = model.read("model.weights.h5")
    found["tokenizer"] = (run / "tokenizer.model").read_bytes()
    return found


def checkpoint_names(run):
    """The checkpoints a run has at this moment."""
    return sorted(path.name for path in (run / "checkpoints").glob("step-*"))


def kill_and_resume(data, run, step, delay):
    """Kill a training a delay after it has saved a checkpoint of a step, then resume it.

    Returns:
        The newest checkpoint that the killed process left, or None if it was not killed in time.
    """
    process = start(data, run)
    while process.poll() is None and not any(int(n[5:]) >= step for n in checkpoint_names(run)):
        time.sleep(0.005)
    time.sleep(delay)
    killed = process.poll() is None
    process.kill()
    process.communicate(timeout=300)
    left = checkpoint_names(run)[-1] if killed else None
    resumed = start(data, run)
    _, errors = resumed.communicate(timeout=300)
    if resumed.returncode:
        raise RuntimeError(f"The resumed run ended with {resumed.returncode}: {errors}")
    return left


def differences(reference, other):
    """Names of what is not byte-equal."""
    return [name for name in reference | other if reference.get(name) != other.get(name)]


def main():
    """Print one line a kill and the count of equal results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    drawn = random.Random(arguments.seed)
    equal = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data = folder / "reviews.csv"
        write_reviews(data)
        process = start(data, folder / "alone")
        _, errors = process.communicate()
        if process.returncode:
            raise RuntimeError(errors)
        reference = state(folder / "alone")
        steps = int(checkpoint_names(folder / "alone")[-1][5:])
        for number in range(arguments.kills):
            step, delay = drawn.randrange(steps), drawn.uniform(0, 0.3)
            run = folder / f"killed-{number}"
            left = kill_and_resume(data, run, step, delay)
            different = differences(reference, state(run))
            equal += left is not None and not different
            print(
                f"kill {number + 1:>2} from step {step} of {steps} on (newest checkpoint {left}): "
                + ("byte-equal" if not different else f"different: {different[:5]}"),
                flush=True,
            )
    print(f"{equal} of {arguments.kills} byte-equal")
    return equal == arguments.kills


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
