"""The user's own recordings: any format, rate and number of channels as mono sound of 16 kHz."""

import dataclasses
import os
import pathlib
import re

import numpy as np

from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.progress import track
from recipes.common.sound.samples import HOP, SAMPLE_RATE, resampled, to_int16
from recipes.common.terminal import tell

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".au", ".w64")
KINDS = ", ".join(SUFFIXES[:6])  # as messages name them
LONGEST_HOURS = 24
BLOCK = 60  # seconds read at once: only so much of a recording is there as floats


class BadRecording(Exception):
    """A recording that cannot be used; the message gives the reason and goes on after its name."""


@dataclasses.dataclass(frozen=True)
class Recordings:
    """Recordings with their names, which are paths within the folder."""

    names: list[str]
    samples: list[np.ndarray]  # each (N,) int16 at 16 kHz

    def __len__(self):
        return len(self.names)

    def take(self, chosen):
        """The recordings of these numbers."""
        return Recordings([self.names[i] for i in chosen], [self.samples[i] for i in chosen])

    @property
    def seconds(self):
        """Their length together."""
        return sum(map(len, self.samples)) / SAMPLE_RATE


def read(path):
    """A recording as `(N,)` int16, mono at 16 kHz: 115 MB an hour.

    Args:
        path: A file that libsndfile reads: WAV, FLAC, OGG, MP3 ...

    Raises:
        BadRecording: If it is none, is cut off or damaged, or holds no sound.
        UserError: If soundfile is not installed.
    """
    soundfile = _soundfile()
    try:
        if not os.path.getsize(path):
            raise BadRecording("is an empty file")
        with soundfile.SoundFile(path) as file:
            rate, frames = file.samplerate, file.frames
            if frames > LONGEST_HOURS * 3600 * rate:
                raise BadRecording(f"says that it is longer than {LONGEST_HOURS} hours")
            samples = np.empty(-(-frames * SAMPLE_RATE // rate), np.int16)
            heard = filled = 0
            for count, sound in _blocks(file):
                samples[filled : filled + len(sound)] = sound
                heard, filled = heard + count, filled + len(sound)
    except OSError as error:
        raise BadRecording(f"cannot be read ({error.strerror})") from None
    except (soundfile.SoundFileError, ValueError, MemoryError) as error:
        raise BadRecording(f"is damaged or no sound ({_reason(error)})") from None
    # Formats that tell their length are cut off if less comes; OGG and MP3 may only estimate it.
    if heard < frames and not str(path).lower().endswith((".mp3", ".ogg", ".opus")):
        raise BadRecording(f"breaks off after {heard:,} of {frames:,} samples")
    if not heard:
        raise BadRecording("has no samples")
    if filled < HOP:
        raise BadRecording("is shorter than a frame of 10 ms")
    return samples[:filled]


def _blocks(file):
    """Numbers of samples read of an open file, each with the sound that they add as int16.

    The filter that changes the rate looks at much less than a second on either side, so a second of
    the block before is heard again, and the last second of each waits for the next.
    """
    rate = file.samplerate
    held, first = np.zeros(0, np.float32), 0
    while len(block := file.read(BLOCK * rate, dtype="float32", always_2d=True)):
        if not np.isfinite(block).all():
            raise BadRecording("has samples that are not finite")
        held = np.concatenate([held, block.mean(axis=1)])
        sound = to_int16(resampled(held, rate))
        if len(block) < BLOCK * rate:
            yield len(block), sound[first:]
            return
        yield len(block), sound[first:-SAMPLE_RATE]
        held, first = held[-2 * rate :], SAMPLE_RATE
    yield 0, to_int16(resampled(held, rate))[first:]


def folder(path, bad_share, what, most=0, encoding="utf-8"):
    """The recordings of a folder and the folders in it, of one file, or of a list.

    Args:
        path: A folder, a file, or `folder,list.txt` with a file's name on each line of the list.
        bad_share: Share of recordings that may be unusable; more is an error.
        what: The name of such recordings in messages, as "positives".
        most: Number of recordings that are read at most, spread evenly over all; 0 for all.
        encoding: Encoding of the list.

    Returns:
        The `Recordings`, in the natural order of their names; what is left out is told.

    Raises:
        UserError: If there are none, or too many cannot be used.
    """
    _soundfile()
    root, paths = _paths(str(path), what, encoding)
    if 0 < most < len(paths):
        paths = [paths[i * len(paths) // most] for i in range(most)]
    found, bad = Recordings([], []), []
    for file in track(paths, len(paths), f"reading {what}"):
        name = file.relative_to(root).as_posix()
        try:
            if not file.exists():
                raise BadRecording("is listed and not there")
            found.samples.append(read(file))
            found.names.append(name)
        except BadRecording as error:
            bad.append((repr(name), str(error)))
    if message := files.judge(f"the {what} in {path}", bad, len(paths), bad_share, "recording"):
        tell(message)
    if not found.names:
        number, reason = bad[0]
        raise UserError(f"None of the {what} in {path} can be used: recording {number} {reason}.")
    return found


def check(path, what, encoding="utf-8"):
    """Refuse a folder that is missing or has no recordings, without reading any.

    Args:
        path, what, encoding: As for `folder`.

    Raises:
        UserError: Naming it.
    """
    _soundfile()
    _paths(str(path), what, encoding)


def _paths(data, what, encoding):
    """The folder that names count from, and the files."""
    place, listed = files.folder_and_list(data)
    root = pathlib.Path(place)
    if root.is_file():
        return root.parent, [root]
    if not root.is_dir():
        raise UserError(f"There is no file or folder {root} of {what}.")
    if listed:
        return root, [root / name for name in files.names_listed(listed, "recording", encoding)]
    if not (paths := within(root)):
        raise UserError(f"The folder {root} has no recordings for {what} ({KINDS}).")
    return root, paths


def within(root):
    """The recordings below a folder by their suffixes, in the natural order of their names."""
    paths = files.walk(root, SUFFIXES)
    return sorted(paths, key=lambda path: natural(path.relative_to(root).as_posix()))


def natural(name):
    """A key that sorts `2.wav` before `10.wav`."""
    parts = re.split(r"(\d+)", name.lower())
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts], name


def _soundfile():
    try:
        import soundfile
    except ImportError:
        raise UserError(
            'Reading recordings needs the package soundfile; it is in the extra "speech": '
            'pip install -e ".[speech]".'
        ) from None
    return soundfile


def _reason(error):
    text = getattr(error, "error_string", None) or str(error)
    if "File does not exist" in text:  # so says its decoder of MP3 when nothing can be decoded
        text = "nothing in it can be decoded"
    return text.strip().partition("\n")[0].removesuffix(".") or type(error).__name__
