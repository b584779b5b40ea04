"""The microphone of the machine as a stream of 16 kHz mono, by the optional package sounddevice."""

import contextlib
import os

import numpy as np

from recipes.common.errors import UserError
from recipes.common.sound.samples import SAMPLE_RATE, Resampler, to_int16
from recipes.common.terminal import tell

PIECE = 0.1  # seconds that are heard at once
MOST_LISTED = 20


@contextlib.contextmanager
def opened(found):
    """An open microphone.

    Args:
        found: Its description, as `find` gives it.

    Yields:
        `name, pieces`: its name with the rate, and an iterator without end over samples `(n,)`
        int16 of 16 kHz, each with the number of their bytes.

    Raises:
        UserError: If it cannot be opened or, later, goes away.
    """
    sounddevice = _sounddevice()
    with _stream(sounddevice, found) as stream:
        rate = round(stream.samplerate)
        yield f"{found['name']}, {rate:,} Hz", _pieces(sounddevice, stream, rate, found["name"])


def _sounddevice():
    try:
        import sounddevice
    except ImportError:
        raise UserError(
            "Listening to the microphone needs the package sounddevice; it is in the extra "
            '"microphone": pip install -e ".[microphone]".'
        ) from None
    except OSError:  # its library is looked for while it is imported
        raise UserError(
            "The package sounddevice does not find the library PortAudio; install it, as with: "
            "sudo apt install libportaudio2."
        ) from None
    return sounddevice


def find(device=""):
    """The description of a microphone, by which it is opened.

    Args:
        device: Its number or a part of its name; the one the system prefers if empty.

    Raises:
        UserError: If the package or its library is missing, or there is no such microphone.
    """
    sounddevice = _sounddevice()
    try:
        listed = list(sounddevice.query_devices())
    except sounddevice.PortAudioError as error:
        raise UserError(f"The sound devices cannot be listed: {_reason(error)}.") from None
    microphones = {
        number: one for number, one in enumerate(listed) if one["max_input_channels"] > 0
    }
    if not microphones:
        raise UserError(
            "There is no microphone on this machine. Raw samples of another one are heard from "
            "standard input, named by -."
        )
    if not device:
        preferred = sounddevice.default.device[0]
        number = preferred if preferred in microphones else next(iter(microphones))
        return {**microphones[number], "number": number}
    names = {number: one["name"] for number, one in microphones.items()}
    chosen = [number for number in names if str(number) == device.strip()]
    chosen = chosen or [number for number, name in names.items() if name == device]
    chosen = chosen or [n for n, name in names.items() if device.casefold() in name.casefold()]
    if len(chosen) != 1:
        fits = "names no microphone" if not chosen else f"fits {len(chosen)} microphones"
        several = [f"{number}: {names[number]}" for number in chosen or names][:MOST_LISTED]
        raise UserError(f"--device {device} {fits}; give a number of {'; '.join(several)}.")
    return {**microphones[chosen[0]], "number": chosen[0]}


def _stream(sounddevice, found):
    """A stream of the first kind that the device opens: 16 kHz and mono, or else its own."""
    own, most = round(found["default_samplerate"]), found["max_input_channels"]
    reason = "it takes no kind of stream"
    for rate, channels in ((SAMPLE_RATE, 1), (own, 1), (own, most)):
        try:
            return sounddevice.InputStream(
                samplerate=rate,
                channels=channels,
                device=found["number"],
                dtype="float32",
                latency="high",  # sound waits there while the detector is busy
            )
        except sounddevice.PortAudioError as error:
            reason = _reason(error)
    raise UserError(f"The microphone {found['name']} cannot be opened: {reason}.")


def _pieces(sounddevice, stream, rate, name):
    resampler, told = Resampler(rate), False
    while True:
        try:
            block, overflowed = stream.read(round(PIECE * rate))  # (n, channels)
        except sounddevice.PortAudioError as error:
            raise UserError(f"The microphone {name} is gone: {_reason(error)}.") from None
        if overflowed and not told:
            tell("Some sound was lost: the machine is too busy to listen.")
            told = True
        samples = to_int16(resampler.push(np.mean(block, axis=1, dtype=np.float32)))
        yield samples, samples.nbytes


def _reason(error):
    return str(error).strip().rstrip(".").replace(os.linesep, " ")
