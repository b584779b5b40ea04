"""Listen to sound as it comes in."""

import contextlib
import sys

import numpy as np

from recipes.common.errors import UserError
from recipes.common.sound.samples import HOP, SAMPLE_RATE
from recipes.common.terminal import tell
from recipes.wakeword import scoring
from recipes.wakeword.detection import triggers
from recipes.wakeword.trained import restore

CHUNK = 3_200  # bytes: a tenth of a second
FILES = (b"RIFF", b"fLaC", b"OggS", b"ID3")  # first bytes of files of sound


def listen(run, source="-", threshold=None):
    """Hear 16-bit samples as they come in; each detection is told at once on standard error.

    A last odd byte, and samples that make no whole frame, are left out and counted.

    Raises:
        UserError: If the source cannot be opened.
    """
    trained = restore(run).with_threshold(threshold)
    listener = scoring.listener(trained.model)
    trigger = triggers.Trigger(trained.threshold)
    times, received = [], 0
    rest = b""
    with _opened(source) as stream:
        tell(f"Listening for {trained.config.words!r}; 16 kHz, 16 bits, one channel.")
        with contextlib.suppress(KeyboardInterrupt):
            while piece := _read(stream):
                if not received and piece.startswith(FILES):
                    raise UserError(
                        f"{'Standard input' if source == '-' else source} is a file of sound, not "
                        "raw samples; give files to the verb predict, or record with -t raw."
                    )
                received += len(piece)
                whole = (rest + piece)[: len(rest + piece) // 2 * 2]
                rest = (rest + piece)[len(whole) :]
                scores = listener.push(np.frombuffer(whole, "<i2").astype(np.int16))
                for frame in trigger.feed(scores):
                    times.append((frame + 1) / 100)
                    tell(f"{times[-1]:.2f} s: heard {trained.config.words!r}")
    seconds = received / 2 / SAMPLE_RATE
    unheard = received % (2 * HOP)
    message = f"the sound ended within a frame: {unheard} bytes unheard" if unheard else ""
    result = {
        "threshold": trained.threshold,
        "seconds": seconds,
        "detections": times,
        "unheard_bytes": unheard,
        "message": message,
    }
    return result, [f"{len(times)} times in {seconds:.2f} s", *filter(None, [message])]


@contextlib.contextmanager
def _opened(source):
    if source == "-":
        yield sys.stdin.buffer
        return
    try:
        with open(source, "rb") as stream:
            yield stream
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}.") from None


def _read(stream):
    """The bytes that have come in, as soon as there are some."""
    return stream.read1(CHUNK) if hasattr(stream, "read1") else stream.read(CHUNK)
