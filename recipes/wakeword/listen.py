"""Listen to a microphone, or to raw sound as it comes in, for the phrases of one run or several."""

import contextlib
import dataclasses
import sys

import numpy as np

from recipes.common.errors import UserError
from recipes.common.run import Run
from recipes.common.sound import microphone
from recipes.common.sound.samples import HOP, SAMPLE_RATE
from recipes.common.terminal import tell
from recipes.wakeword import probabilities, scoring
from recipes.wakeword.commands import Commands
from recipes.wakeword.detection import triggers
from recipes.wakeword.trained import Trained, restore

CHUNK = 3_200  # bytes: a tenth of a second
FILES = (b"RIFF", b"fLaC", b"OggS", b"ID3")  # first bytes of files of sound


def listen(run, source="", also=(), device="", threshold=None, probability=None, on_detection=""):
    """Hear sound as it comes in; each detection is told at once on standard error.

    Of raw samples a last odd byte, and those that make no whole frame, are left out and counted.

    Args:
        run: The run.
        source: `"-"` for raw samples on standard input, or a file of them; if empty, the microphone
            where standard input is a terminal or a device is named.
        also: Directories of further runs.
        device: Number or part of the name of the microphone.
        threshold, probability: Least logit or probability that counts; those of the runs if None.
        on_detection: Shell command that each detection starts.

    Raises:
        UserError: If the source, the microphone or a run cannot be used.
    """
    probabilities.threshold(threshold, probability)
    if device and source:
        raise UserError(f"--device {device} names a microphone, and {source} another source.")
    if device or (not source and sys.stdin.isatty()):
        sound = microphone.opened(microphone.find(device))
    else:
        sound = _raw(source or "-")
    runs = [run, *(Run.reopen(other, run.recipe, type(run.config)) for other in also)]
    detectors = [Detector.of(one, threshold, probability) for one in runs]
    commands, heard, received = Commands(on_detection), [], 0
    with sound as (name, pieces), contextlib.suppress(KeyboardInterrupt):
        phrases = " and ".join(repr(detector.phrase) for detector in detectors)
        tell(f"Listening for {phrases}; {name}. Ctrl-C ends it.")
        for piece, size in pieces:
            received += size
            for found in [found for one in detectors for found in one.hear(piece)]:
                heard.append(found)
                tell(
                    f"{found['seconds']:.2f} s: heard {found['phrase']!r} "
                    f"({probabilities.shown(found['logit'])})"
                )
                commands.start(found)
            commands.look()
    commands.finish()
    return _result(detectors, heard, received)


@dataclasses.dataclass(frozen=True)
class Detector:
    """A run that listens."""

    trained: Trained
    listener: scoring.Listener
    trigger: triggers.Trigger

    @classmethod
    def of(cls, run, threshold, probability):
        """A run that has heard nothing yet."""
        trained = restore(run).with_threshold(threshold, probability)
        return cls(trained, scoring.listener(trained.model), triggers.Trigger(trained.threshold))

    @property
    def phrase(self):
        """The phrase that it listens for."""
        return self.trained.config.words

    @property
    def facts(self):
        """Its run, phrase and threshold, as results have them."""
        return {
            "run": str(self.trained.run.directory),
            "phrase": self.phrase,
            "threshold": self.trained.threshold,
            "threshold_probability": probabilities.rounded(self.trained.threshold),
        }

    def hear(self, samples):
        """Hear more samples `(n,)` int16: a dict for each detection."""
        for frame in self.trigger.feed(self.listener.push(samples)):
            logit = self.trigger.score(frame)
            yield {
                "seconds": (frame + 1) / 100,
                "phrase": self.phrase,
                "run": str(self.trained.run.directory),
                "probability": probabilities.rounded(logit),
                "logit": round(logit, 3),
            }


def _result(detectors, heard, received):
    """The result of listening, with the threshold of the first run, and lines for people."""
    seconds = received / 2 / SAMPLE_RATE
    unheard = received % (2 * HOP)
    message = f"the sound ended within a frame: {unheard} bytes unheard" if unheard else ""
    first, times = detectors[0].facts, [found["seconds"] for found in heard]
    result = {
        "threshold": first["threshold"],
        "threshold_probability": first["threshold_probability"],
        "seconds": seconds,
        "detections": times,
        "heard": heard,
        "runs": [detector.facts for detector in detectors],
        "unheard_bytes": unheard,
        "message": message,
    }
    return result, [f"{len(times)} times in {seconds:.2f} s", *filter(None, [message])]


@contextlib.contextmanager
def _raw(source):
    """Raw samples on standard input or in a file, as `microphone.opened` gives those of its own."""
    name = "16 kHz, 16 bits, one channel"
    if source == "-":
        yield f"{name} on standard input", _pieces(sys.stdin.buffer, "Standard input")
        return
    try:
        with open(source, "rb") as stream:
            yield f"{name} from {source}", _pieces(stream, source)
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}.") from None


def _pieces(stream, source):
    """Samples `(n,)` int16 as they come in, each with the number of its bytes."""
    rest, is_first = b"", True
    while piece := _read(stream):
        if is_first and piece.startswith(FILES):
            raise UserError(
                f"{source} is a file of sound, not raw samples; give files to the verb predict, or "
                "record with -t raw."
            )
        is_first = False
        whole = (rest + piece)[: len(rest + piece) // 2 * 2]
        rest = (rest + piece)[len(whole) :]
        yield np.frombuffer(whole, "<i2").astype(np.int16), len(piece)


def _read(stream):
    """The bytes that have come in, as soon as there are some."""
    return stream.read1(CHUNK) if hasattr(stream, "read1") else stream.read(CHUNK)
