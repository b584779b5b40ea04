"""Commands of the user's that a detection starts, beside the listening."""

import os
import subprocess
import time

from recipes.common.terminal import tell

PATIENCE = 10.0  # seconds that a command has to end once the listening is over


class Commands:
    """Starts a shell command on detections; never twice at once for the same run.

    What the command prints goes to standard error.

    Args:
        command: The command; nothing is ever started if it is empty.
    """

    def __init__(self, command):
        self._command = command
        self._running = {}  # (process, time of its detection) by run

    def start(self, found):
        """Start the command for a detection, unless the last one of this run goes on.

        Args:
            found: A dict of `run`, `phrase`, `seconds` and `probability`, which the command gets as
                variables of its environment in capitals.
        """
        if not self._command:
            return
        self.look()
        run, seconds = found["run"], found["seconds"]
        if run in self._running:
            _, begun = self._running[run]
            tell(f"The command of {begun:.2f} s still runs, so that of {seconds:.2f} s does not.")
            return
        told = {
            "PHRASE": found["phrase"],
            "SECONDS": f"{seconds:.2f}",
            "PROBABILITY": f"{found['probability']:.6f}",
            "RUN": run,
        }
        try:
            process = subprocess.Popen(
                self._command,
                shell=True,
                env={**os.environ, **told},
                stdin=subprocess.DEVNULL,
                stdout=2,  # standard output has the result
            )
        except OSError as error:
            tell(f"The command of {seconds:.2f} s does not start: {error.strerror}.")
            return
        self._running[run] = process, seconds

    def look(self):
        """Forget commands that have ended, and tell of those that failed."""
        for run, (process, seconds) in list(self._running.items()):
            if (status := process.poll()) is not None:
                del self._running[run]
                if status:
                    how = f"with status {status}" if status > 0 else f"by signal {-status}"
                    tell(f"The command of {seconds:.2f} s ended {how}.")

    def finish(self):
        """Wait for commands that still run, but not for ever."""
        until = time.monotonic() + PATIENCE
        while self._running and time.monotonic() < until:
            time.sleep(0.02)
            self.look()
        for _, seconds in self._running.values():
            tell(f"The command of {seconds:.2f} s still runs; it is left alone.")
