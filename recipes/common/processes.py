"""Worker processes: they end with their parent, leave Ctrl-C to it, and go first for memory."""

import contextlib
import multiprocessing
import os
import pathlib
import queue
import signal
import sys
import threading
import traceback
import types

from recipes.common import devices
from recipes.common.errors import Interrupted, UserError
from recipes.common.signals import StopRequest

SECONDS_BETWEEN_LOOKS = 0.2


def become_worker():
    """Make this process one that must not outlive its parent, nor hear Ctrl-C before it."""
    # A worker that outlived its parent would write into the directory of its successor.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Ctrl-C reaches the whole group of processes; the parent passes on what it makes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        # If memory runs out, the worker goes first and the parent stays.
        pathlib.Path("/proc/self/oom_score_adj").write_text("1000")


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


@contextlib.contextmanager
def main_left_out():
    """Within it, new processes do not run the program of this one again, a user's script."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def spread(work, jobs, workers):
    """Results of a function for each of several jobs, in worker processes side by side.

    Args:
        work: A function of a job that can be pickled, as its results can; not one of a script.
        jobs: The jobs; they begin in this order.
        workers: Number of processes.

    Yields:
        Results as they come, in any order.

    Raises:
        UserError: If a job met one.
        RuntimeError: If a job raised anything else, or a worker ended.
        Interrupted: After SIGTERM or Ctrl-C. The workers are killed, then and after an error.
    """
    context = multiprocessing.get_context("spawn")
    waiting, results = context.Queue(), context.Queue()
    count = min(workers, len(jobs))
    for item in [*((work, job) for job in jobs), *[None] * count]:
        waiting.put(item)
    processes = [context.Process(target=_serve, args=(waiting, results)) for _ in range(count)]
    try:
        with StopRequest() as request:
            with main_left_out():
                for process in processes:
                    process.start()
            for _ in jobs:
                yield _next(results, processes, request)
    finally:
        for process in processes:
            if process.pid:
                process.kill()
                process.join()


def _next(results, processes, request):
    while True:
        if request.signal:
            raise Interrupted(request.signal, "Stopped. The same command goes on from there.")
        try:
            result, error = results.get(timeout=SECONDS_BETWEEN_LOOKS)
        except queue.Empty:
            ended = [process.exitcode for process in processes if process.exitcode]
            if ended and not request.signal:  # which may have reached the workers too
                reason = "for want of memory, most likely" if ended[0] == -9 else "early"
                raise RuntimeError(
                    f"A worker process ended {reason} (exit status {ended[0]})."
                ) from None
            continue
        if error is not None:
            raise error
        return result


def _taken(waiting):
    with devices.quiet():  # the function's module may import TensorFlow
        return waiting.get()


def _serve(waiting, results):
    become_worker()
    # A signal to the whole group, as `timeout` sends it: the parent ends the workers.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while (item := _taken(waiting)) is not None:
        work, job = item
        try:
            found = work(job), None
        except UserError as error:
            found = None, error
        except Exception:  # it may not be one that can be pickled
            found = None, RuntimeError(traceback.format_exc())
        results.put(found)
