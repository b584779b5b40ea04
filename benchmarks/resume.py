"""Kill a training at random moments, resume it, and compare with one that was left alone.

    python -m benchmarks.resume --kills 20

Each trial trains the same run in a directory of its own, is sent SIGKILL at a random moment of the
training (its validation and its saving included) and is then given the same command until it ends.
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
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


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


def kill_and_resume(data, run, seconds, number=signal.SIGKILL):
    """Send a signal after some seconds, then resume.

    Returns:
        `exit status, messages, checkpoints`: how the disturbed process ended, what it said, and
        the checkpoints it left; status None if it had ended before.
    """
    process = start(data, run)
    time.sleep(seconds)
    ended = process.poll() is not None
    if not ended:
        process.send_signal(number)
    _, messages = process.communicate(timeout=300)
    left = checkpoint_names(run)
    resumed = start(data, run)
    _, errors = resumed.communicate(timeout=300)
    if resumed.returncode:
        raise RuntimeError(f"The resumed run ended with {resumed.returncode}: {errors}")
    return None if ended else process.returncode, messages, left


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
        began = time.monotonic()
        process = start(data, folder / "alone")
        moments = []
        for is_there in (
            lambda: checkpoint_names(folder / "alone"),
            lambda: (folder / "alone" / "model.keras").exists(),
        ):
            while not is_there() and process.poll() is None:
                time.sleep(0.05)
            moments.append(time.monotonic() - began)
        _, errors = process.communicate()
        if process.returncode:
            raise RuntimeError(errors)
        reference = state(folder / "alone")
        first_checkpoint, trained = moments
        print(f"undisturbed: training from {first_checkpoint:.1f} to {trained:.1f} s")
        for number in range(arguments.kills):
            # Before and after the training nothing is at stake, so only a little of that counts.
            seconds = drawn.uniform(0.95 * first_checkpoint, 1.05 * trained)
            run = folder / f"killed-{number}"
            status, _, left = kill_and_resume(data, run, seconds)
            different = differences(reference, state(run))
            equal += not different
            print(
                f"kill {number + 1:>2} after {seconds:5.1f} s (status {status}, newest checkpoint "
                f"{left[-1] if left else 'none'}): "
                + ("byte-equal" if not different else f"different: {different[:5]}"),
                flush=True,
            )
    print(f"{equal} of {arguments.kills} byte-equal")
    return equal == arguments.kills


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
