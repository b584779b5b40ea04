"""The part of `benchmarks.gpu` that trains recipes by their command lines."""

import contextlib
import dataclasses
import importlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from benchmarks import turns

ROOT = pathlib.Path(__file__).parent.parent
# Settings that make one epoch of embedded data short, of those that a recipe has, and in the tiny
# run the first step of it. What is not about length stays as it is by default.
SMALL = {"epochs": 1, "compare": False, "scale": 0.02}
TINY = {
    **SMALL,
    "checkpoint_every": 1,
    "batch_size": 16,
    "vocab_size": 300,
    "image_size": 32,
    "embeddings": "random",
    "embedding_dim": 4,
    "units": 4,
}
PATHS = ("run", "data_dir", "cache")  # settings that say where a recipe writes


def command_of(name, folder, is_tiny):
    """The command line that trains a recipe for one epoch and writes into a folder."""
    config = importlib.import_module(f"recipes.{name}.config").Config
    settings = {path: f"{folder}/{path}" for path in PATHS} | (TINY if is_tiny else SMALL)
    words = ["train"]
    for field in dataclasses.fields(config):
        if field.name in settings:
            words += option(field.name, settings[field.name])
    return words


def option(field, value):
    """A setting as words of a command line."""
    name = field.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", str(value)]


def measure(options, tell, name):
    """One epoch of a recipe's embedded data, by its command line, into a folder of its own.

    The command is ended after the epoch, in the tiny run after a step; its checkpoint has the
    seconds.
    """
    with tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder:
        command = [sys.executable, "-m", f"recipes.{name}"]
        command += command_of(name, folder, options.tiny)
        run, messages = pathlib.Path(folder, "run"), pathlib.Path(folder, "messages")
        began = time.perf_counter()
        with messages.open("w") as stream:
            process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
        try:
            while (done := progress(run, options)) is None and process.poll() is None:
                time.sleep(0.05)
            until = time.perf_counter() - began
        finally:
            process.kill()
            process.wait()
        said = messages.read_text(errors="replace")
        if done is None:
            raise RuntimeError(turns.last_line(said) or f"exit status {process.returncode}")
    kernels = re.findall(r"recurrent kernel: ([^;]+);", said)
    tell(
        name,
        **done,
        seconds_from_start=until,
        kernel=kernels[0] if kernels else None,
    )


def progress(run, options):
    """Steps and seconds of a training that has done an epoch, in the tiny run a step; or None."""
    for path in run.glob("checkpoints/step-*/state.json"):
        with contextlib.suppress(FileNotFoundError):  # replaced by a newer one
            state = json.loads(path.read_text())
            if state["epoch"] or options.tiny:
                steps = int(path.parent.name.removeprefix("step-"))
                return {"steps": steps, "seconds": state["seconds"]}
    return None
