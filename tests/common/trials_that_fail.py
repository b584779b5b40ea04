"""A recipe whose trials fail in the ways trials fail; for `test_tuning`."""

import os
import signal

from recipes.common.errors import Diverged


def trial(config):
    if config.data == "memory":
        raise MemoryError("too large")
    if config.data == "diverged":
        raise Diverged("the loss became nan")
    if config.data == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    raise KeyError("bug")
