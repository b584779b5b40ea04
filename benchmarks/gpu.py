"""The zoo on a GPU: kernels, speed beside PyTorch, parity with the CPU, memory; in eight minutes.

    python -m benchmarks.gpu [--json FILE] [--minutes 8] [--parts builders recurrent parity recipes]
    python -m benchmarks.gpu --tiny [--minutes 20]

Needs TensorFlow with its CUDA libraries (the extra `cuda`); for the comparison also PyTorch, which
may be in another environment (`--torch-python`), as the two bring their own cuDNN. Every part runs
in a process of its own with a time budget, so that one that fails or hangs costs only its own
figures. The table goes to standard output, progress to standard error. `--tiny` runs everything on
the CPU at the smallest sizes, to see that the command works; its figures mean nothing.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from benchmarks import gpu_tables, turns

ROOT = pathlib.Path(__file__).parent.parent
PARTS = ("builders", "recurrent", "parity", "recipes")
NO_GPU = (
    "TensorFlow sees no GPU here, so nothing was measured; `--tiny` runs everything on the CPU."
)


@dataclasses.dataclass(frozen=True)
class Job:
    """A process: what it measures, and how long it may take.

    names: Its jobs, as `benchmarks.workers.gpu` knows them, done one after the other.
    seconds: The most it may take.
    least: Seconds that earlier processes must leave to it.
    on_cpu: Whether GPUs are hidden from it.
    """

    names: tuple[str, ...]
    seconds: float
    least: float
    on_cpu: bool = False


def recipes():
    """Names of the recipes: the packages that can be run."""
    return sorted(path.parent.name for path in (ROOT / "recipes").glob("*/__main__.py"))


def plan(parts, names, chosen):
    """The processes, in the order in which they run.

    Args:
        parts: Those of `PARTS` that are asked for.
        names: The builders, each of which gets a process of its own; with none, in the tiny run,
            everything that imports TensorFlow into the process of the job itself shares one.
        chosen: The recipes.
    """
    jobs = {
        "builders": [Job((f"builders:{name}",), 90, 15) for name in names],
        "recurrent": [Job(("recurrent",), 150, 60)],
        "parity": [Job(("reference",), 60, 20, on_cpu=True), Job(("parity",), 60, 20)],
        "recipes": [Job((f"recipes:{name}",), 90, 20) for name in chosen],
    }
    if names:
        return [job for part in parts for job in jobs[part]]
    shared = {"builders": ("builders",), "parity": ("reference", "parity")}
    together = ("machine", *(name for part in parts for name in shared.get(part, ())))
    others = [job for part in parts if part not in shared for job in jobs[part]]
    return [Job(together, 600, 60), *(dataclasses.replace(job, seconds=300) for job in others)]


@dataclasses.dataclass
class Results:
    """Figures by part and row, what was left out, and what failed with its reason."""

    figures: dict = dataclasses.field(default_factory=dict)
    left_out: dict = dataclasses.field(default_factory=dict)
    failed: dict = dataclasses.field(default_factory=dict)

    def take(self, line):
        """Keep a line of a worker; returns the job that it ends, if any."""
        if "part" in line:
            rows = self.figures.setdefault(line["part"], {})
            rows.setdefault(line["row"], {}).update(line["figures"])
        for kind in ("left_out", "failed"):
            if kind in line:
                getattr(self, kind)[line[kind]] = line["reason"]
        return line.get("ended")


def run(job, results, seconds, worker):
    """Run a job for at most so many seconds; what it does not end counts as failed.

    Args:
        worker: Command to which the names of the job are added.
    """
    if seconds <= 0:
        results.failed |= dict.fromkeys(job.names, "no time was left for it")
        return
    environment = {**os.environ, **turns.ENVIRONMENT}
    if job.on_cpu:
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
    waiting = list(job.names)
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*worker, *job.names], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
            stderr=errors, text=True, start_new_session=True,
        )  # fmt: skip
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), end(process)))
        timer.start()
        try:
            for line in process.stdout:
                with contextlib.suppress(ValueError):  # a line that was cut off
                    if (ended := results.take(json.loads(line))) is not None:
                        waiting.remove(ended)
            process.wait()
        finally:
            timer.cancel()
            end(process)
            process.stdout.close()
        if waiting:
            errors.seek(0)
            last = turns.last_line(errors.read()) or f"exit status {process.returncode}"
            reason = f"not done after {seconds:.0f} s; last line: {last}" if late.is_set() else last
            results.failed |= dict.fromkeys(waiting, reason)


def end(process):
    """End a process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def measure(jobs, results, minutes, worker):
    """Run the jobs within so many minutes; yields each once it has ended, and its seconds."""
    deadline = time.monotonic() + 60 * minutes
    for number, job in enumerate(jobs):
        began = time.monotonic()
        left = deadline - began - sum(later.least for later in jobs[number + 1 :])
        run(job, results, min(job.seconds, left), worker)
        yield job, time.monotonic() - began


def main():
    """Measure, print the tables and write the file; the exit status is 1 if a part failed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", metavar="FILE", help="file for the figures")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these")
    parser.add_argument(
        "--recipes", nargs="+", choices=recipes(), default=recipes(), help="only these"
    )
    parser.add_argument("--minutes", type=float, default=8, help="time for everything")
    parser.add_argument("--tiny", action="store_true", help="the smallest sizes, on the CPU")
    parser.add_argument("--torch-python", default=sys.executable, help="Python that has PyTorch")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or its processes would outlive it
    results, began = Results(), time.monotonic()

    def found():
        seconds = time.monotonic() - began
        return {"tiny": arguments.tiny, "seconds": seconds, **dataclasses.asdict(results)}

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        options = {"tiny": arguments.tiny, "folder": folder}
        options["torch_python"] = arguments.torch_python
        worker = [sys.executable, "-m", "benchmarks.workers.gpu", json.dumps(options)]
        names = []
        if arguments.tiny:
            os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        else:
            run(Job(("machine",), 120, 0), results, 120, worker)
            machine = results.figures.get("machine", {}).get("machine", {})
            if not machine.get("gpus"):
                print(NO_GPU, *results.failed.values())
                return 1 if results.failed else 0
            names = machine["builders"]
        jobs = plan(arguments.parts, names, arguments.recipes)
        left = arguments.minutes - (time.monotonic() - began) / 60
        for job, seconds in measure(jobs, results, left, worker):
            print(f"{', '.join(job.names)}: {seconds:.0f} s", file=sys.stderr, flush=True)
            if arguments.json:  # already now, as what comes next may end this process too
                pathlib.Path(arguments.json).write_text(json.dumps(found(), indent=2) + "\n")
    print(gpu_tables.report(found()))
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
