"""SIGTERM and Ctrl-C as a request to save and stop."""

import signal
import threading

from recipes.common.terminal import tell

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Within it, the first signal is noted for the next step to save; the second leaves at once.

    Signals that the process ignores stay ignored; another thread than the main one gets none.
    """

    def __init__(self):
        self.signal = None

    def __enter__(self):
        if threading.current_thread() is not threading.main_thread():
            self._earlier = {}
            return self
        heeded = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._earlier = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(self, *error):
        for number, handler in self._earlier.items():
            signal.signal(number, handler)

    def _note(self, number, frame):
        if self.signal:
            raise KeyboardInterrupt
        self.signal = number
        tell("Stopping: saving at the next step, or after the validation that is running.")
