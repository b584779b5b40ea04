"""The optional package ttspico, which brings SVOX Pico: found, loaded and started."""

import functools
import os
import sys


@functools.cache
def is_there():
    """True if the package is installed, which takes a C compiler, and finds its voices."""
    try:
        engine("en-US")
    except (ImportError, RuntimeError):
        return False
    return True


@functools.cache
def engine(language):
    """The synthesiser of a language, such as `"en-US"`.

    Raises:
        ImportError: If the package is not installed.
        RuntimeError: If it does not find its voices.
    """
    started = _package().TtsEngine(language)
    started.volume = 45  # of 100, with which most loud vowels are clipped
    return started


def _package():
    """The package, bound to its own functions: TensorFlow offers the process others by their names.

    Both have an `rdft`, with other arguments, and the one that was loaded first would be called.
    """
    if not hasattr(os, "RTLD_DEEPBIND"):  # another system than Linux
        import ttspico

        return ttspico
    usual = sys.getdlopenflags()
    sys.setdlopenflags(usual | os.RTLD_DEEPBIND)
    try:
        import ttspico
    finally:
        sys.setdlopenflags(usual)
    return ttspico
