"""Failures that are told in one sentence instead of a traceback."""

import errno


class UserError(Exception):
    """Something the user can mend: the message names it and says how. Exit status 2."""


class Diverged(Exception):
    """The loss is no longer a number. Exit status 3."""


class Interrupted(KeyboardInterrupt):
    """A signal ended the work.

    Args:
        signal_number: The signal, from which the exit status follows as shells count it.
        message: What was saved, and how to go on.
    """

    def __init__(self, signal_number, message):
        super().__init__(message)
        self.exit_status = 128 + signal_number


def is_disk_full(error):
    """True if an exception, also of TensorFlow or HDF5, says that a disk or quota is full."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return "No space left on device" in str(error) or "errno = 28" in str(error)
