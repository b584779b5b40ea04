"""Sides of a benchmark that take turns, each a process with a framework of its own.

A worker calls `serve`, and then answers orders, a line of JSON each, by a line of JSON: `build`
makes what is timed, `time` gives the seconds of some steps, `peak` the memory they took.
"""

import contextlib
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

# Quiet, and taking no more of a GPU's memory than is used, as several processes share it.
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    "CUDA_CACHE_MAXSIZE": str(4 << 30),  # kernels compiled for the card by the first process stay
}
PAUSE = 0.3  # seconds between turns, for OpenMP's threads to stop spinning
TURN = 1.5  # seconds of steps in a turn, about


def timed(function, count):
    """Seconds of each of so many calls."""
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds


def warm_and_timed(function, seconds=TURN, least=2):
    """Seconds of the first call, and of as many later ones as fit, after one more to warm up."""
    first, second = timed(function, 2)
    return first, timed(function, max(least, min(200, round(seconds / second))))


def answers():
    """The standard output of this process, which nothing else writes to from now on."""
    sys.stdout.flush()
    stream = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return stream


def last_line(text):
    """The last line that is not empty, which in a traceback is the one that says what is wrong."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def described(error):
    """An exception in one line: its type and the first line of its message."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def serve(build):
    """Answer orders until standard input ends.

    Args:
        build: Function of the words of an order `build`; returns a dict of functions without
            arguments, those that can be timed, and a dict of facts.
    """
    stream, steps = answers(), {}
    for line in sys.stdin:
        order, *words = json.loads(line)
        try:
            if order == "build":
                steps = {}
                free_memory()
                steps, answer = build(*words)
            elif order == "time":
                answer = timed(steps[words[0]], words[1])
            else:
                answer = peak_mib()
        except Exception as error:
            answer = {"error": described(error)}
        print(json.dumps(answer), file=stream, flush=True)


def _gpu_framework():
    """`"torch"` or `"tensorflow"` if this process has imported it and computes on a GPU with it."""
    torch, tensorflow = sys.modules.get("torch"), sys.modules.get("tensorflow")
    if torch and torch.cuda.is_available():
        return "torch"
    if tensorflow and tensorflow.config.list_logical_devices("GPU"):
        return "tensorflow"
    return None


def peak_mib():
    """Largest memory so far in MiB: of the GPU if one is used, otherwise of the process."""
    framework = _gpu_framework()
    if framework == "torch":
        return sys.modules["torch"].cuda.max_memory_allocated() / 2**20
    if framework == "tensorflow":
        info = sys.modules["tensorflow"].config.experimental.get_memory_info("GPU:0")
        return info["peak"] / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def free_memory():
    """Free what earlier models took of a GPU; its peak begins anew."""
    if _gpu_framework() is None:
        return
    if "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
    gc.collect()
    if "torch" in sys.modules:
        sys.modules["torch"].cuda.empty_cache()
    restart_peak()


def restart_peak():
    """Let the peak of a GPU's memory begin at what is used now."""
    framework = _gpu_framework()
    if framework == "torch":
        sys.modules["torch"].cuda.reset_peak_memory_stats()
    elif framework == "tensorflow":
        sys.modules["tensorflow"].config.experimental.reset_memory_stats("GPU:0")


class SideError(Exception):
    """A worker that ended, or an order that failed in it."""


class Side:
    """A worker process.

    Args:
        name: What it is called.
        arguments: What follows `python -m`.
        python: Interpreter, where the framework is installed for another one.
        **environment: Variables set for it.
    """

    def __init__(self, name, *arguments, python=sys.executable, **environment):
        self.name = name
        self.facts = {}
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [python, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env={**os.environ, **ENVIRONMENT, **environment},
        )

    def ask(self, *order):
        """Give an order and wait for the answer.

        Raises:
            SideError: If it fails; with the last thing that was said if the process has ended.
        """
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(order), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise SideError(f"The worker of {self.name} ended: {last_line(self.errors.read())}")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise SideError(f"{self.name}: {answer['error']}")
        return answer

    def build(self, *words):
        """Make what the next turns time; returns its facts."""
        self.seconds, self.step = {}, {}
        self.facts = self.ask("build", *words)
        return self.facts

    def turn(self, what, seconds=TURN, least=2):
        """Time one thing for a while, from its third step on."""
        if what not in self.step:
            self.step[what] = min(self.ask("time", what, 2))
        times = self.ask("time", what, max(least, round(seconds / self.step[what])))
        self.seconds.setdefault(what, []).extend(times[1:] or times)

    def close(self):
        """End the process."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def take_turns(sides, names, rounds, seconds=TURN, pause=PAUSE):
    """Time every name on every side, in reversed order every other round."""
    for number in range(rounds):
        for side in sides if number % 2 == 0 else reversed(sides):
            for name in names:
                time.sleep(pause)
                side.turn(name, seconds)


def best_and_median(side):
    """`{name: {"best", "median"}}` in seconds."""
    return {
        what: {"best": min(seconds), "median": statistics.median(seconds)}
        for what, seconds in side.seconds.items()
    }


def ratios(times, base):
    """Best and median over those of another side, as text; a dash where there is none."""
    if base is None:
        return "–"
    return ", ".join(f"{times[kind] / base[kind]:.2f}" for kind in ("best", "median"))
