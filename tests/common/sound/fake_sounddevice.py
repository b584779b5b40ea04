"""A stand-in for the package sounddevice, with three microphones and a pair of loudspeakers."""

import types

import numpy as np


class PortAudioError(Exception):
    """As the package calls it."""


def _device(name, inputs, rate):
    return {"name": name, "max_input_channels": inputs, "default_samplerate": float(rate)}


def fake(sound=None, rates=(16_000,), most=1, gone=False):
    """The module.

    Args:
        sound: `(N, channels)` float32 that the microphone hears, then Ctrl-C.
        rates: Rates that streams can be opened with.
        most: Channels that they must be opened with.
        gone: Whether the microphone goes away at once.
    """
    module = types.ModuleType("sounddevice")
    module.PortAudioError = PortAudioError
    module.default = types.SimpleNamespace(device=[2, 1])
    module.devices = [
        _device("Webcam", 1, 44_100),
        _device("Loudspeakers", 0, 48_000),
        _device("Headset", most, rates[0] if rates else 48_000),
        _device("Headset Mono", 1, 48_000),
    ]
    module.query_devices = lambda: module.devices

    class InputStream:
        def __init__(self, samplerate, channels, device, dtype, latency):
            if samplerate not in rates:
                raise PortAudioError("Invalid sample rate")
            if channels != most:
                raise PortAudioError("Invalid number of channels")
            self.samplerate, self.channels, self.place = float(samplerate), channels, 0

        def __enter__(self):
            return self

        def __exit__(self, *failure):
            pass

        def read(self, frames):
            if gone:
                raise PortAudioError("Device unavailable")
            if self.place >= len(sound):
                raise KeyboardInterrupt
            block = np.zeros((frames, self.channels), np.float32)  # it waits for whole blocks
            heard = sound[self.place : self.place + frames]
            block[: len(heard)] = heard
            self.place += frames
            return block, self.place > frames

    module.InputStream = InputStream
    return module
