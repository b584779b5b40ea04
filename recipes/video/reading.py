"""Clips read frame by frame: video files by PyAV, GIFs, folders of frames, and drawn ones."""

import contextlib
import dataclasses
import functools
import importlib.util
import itertools
import pathlib
import re
import struct
import warnings

import numpy as np
from PIL import Image, ImageSequence

from recipes.common.errors import UserError
from recipes.common.pictures import decode
from recipes.common.pictures.decode import MOST_PIXELS, BadPicture

VIDEOS = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".ogv", ".flv",
    ".3gp", ".ts",
)  # fmt: skip
GIF = ".gif"
PICTURES = tuple(suffix for suffix in decode.SUFFIXES if suffix != GIF)
# A video may be this much shorter than its header says, in seconds and as a share.
SLACK = 0.5, 0.1
FAR = 5.0  # seconds into a video from which on it is worth seeking


class BadClip(BadPicture):
    """A clip that cannot be used; the message is the reason, to stand after its name."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """Frames a second of a clip, and their number, as far as its header tells."""

    rate: float
    count: int

    @property
    def seconds(self):
        """Its duration."""
        return self.count / self.rate


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A clip that is there as an array, `(T, H, W, 3)` uint8, at a number of frames a second."""

    array: np.ndarray
    rate: float


def check_installed(paths):
    """Refuse video files where PyAV is missing.

    Raises:
        UserError: If it is, with the command that installs it.
    """
    video = next((path for path in paths if pathlib.Path(path).suffix.lower() in VIDEOS), None)
    if video is not None and importlib.util.find_spec("av") is None:
        raise UserError(
            f"To read videos such as {video} takes PyAV: pip install 'sequence-zoo[video]'. GIFs "
            "and folders of frames need nothing more."
        )


def facts_of(clip, folder_fps):
    """The `Facts` of a clip.

    Args:
        clip: The path of a video, a GIF or a folder of frames; or a `Drawn`.
        folder_fps: Frames a second of folders of frames.

    Raises:
        BadClip: If it cannot be read.
    """
    if isinstance(clip, Drawn):
        return Facts(clip.rate, len(clip.array))
    path = pathlib.Path(clip)
    if path.is_dir():
        return Facts(folder_fps, len(frames_in(path)))
    if path.suffix.lower() == GIF:
        ends = _gif_ends(path)
        return Facts(len(ends) / ends[-1], len(ends))
    with _opened(path) as (container, stream):
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        if stream.duration is not None:
            seconds = float(stream.duration * stream.time_base)
        else:
            seconds = (container.duration or 0) / 1e6
        count = stream.frames or round(seconds * rate)
        if count < 1 or rate <= 0:  # a header that tells nothing
            count, rate = _counted(container, stream, rate or 25.0)
    if count < 1:
        raise BadClip("has no frames")
    return Facts(rate, count)


def frames_at(clip, times, size, folder_fps):
    """Yield the frames that are seen at some moments, each `(H, W, 3)` uint8, squeezed to a size.

    Args:
        clip: As for `facts_of`.
        times: Increasing seconds from the beginning.
        size: `(H, W)`.
        folder_fps: Frames a second of folders of frames.

    Raises:
        BadClip: If the clip is damaged or breaks off before the last moment.
    """
    if isinstance(clip, Drawn):
        found = (clip.array[min(int(t * clip.rate), len(clip.array) - 1)] for t in times)
        yield from (_squeezed(frame, size) for frame in found)
        return
    path = pathlib.Path(clip)
    if path.is_dir():
        yield from _of_folder(frames_in(path), times, size, folder_fps)
    elif path.suffix.lower() == GIF:
        yield from _of_gif(path, times, size)
    else:
        yield from _of_video(path, times, size)


def frames_in(folder):
    """The pictures of a folder of frames, in their order: by number, else by name.

    Raises:
        BadClip: If there are none, or a number is missing or there twice.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)
    if not paths:
        raise BadClip(f"has no pictures ({', '.join(PICTURES)})")
    numbers = [re.findall(r"\d+", path.stem) for path in paths]
    if not all(numbers):
        return paths
    numbered = sorted((int(found[-1]), path) for found, path in zip(numbers, paths, strict=True))
    for (number, path), (after, other) in itertools.pairwise(numbered):
        if after == number:
            raise BadClip(f"has two frames {number}, {path.name} and {other.name}")
        if after > number + 1:
            raise BadClip(f"lacks frame {number + 1}: {other.name} comes after {path.name}")
    return [path for _, path in numbered]


def _of_folder(paths, times, size, rate):
    for t in times:
        path = paths[min(int(t * rate), len(paths) - 1)]
        try:
            yield decode.decode(path.read_bytes(), size)
        except OSError as error:
            raise BadClip(
                f"has a frame {path.name} that cannot be read: {error.strerror}"
            ) from None
        except BadPicture as error:
            raise BadClip(f"has a frame {path.name} that {error}") from None


@contextlib.contextmanager
def _gif(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # counted below
            image = Image.open(path)
        with image:
            _check_pixels(image.width * image.height)
            yield image
    except Image.UnidentifiedImageError:
        raise BadClip("is no GIF" if path.stat().st_size else "is empty") from None
    except Image.DecompressionBombError:
        raise BadClip(f"has frames of more than {MOST_PIXELS:,} pixels") from None
    except BadClip:
        raise
    # Within a header cut off, Pillow reads beyond what is there.
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        raise BadClip(f"is damaged or cut off ({_reason(error)})") from None


@functools.lru_cache(maxsize=64)
def _gif_ends(path):
    """The seconds at which the frames of a GIF end."""
    with _gif(path) as image:
        frames = ImageSequence.Iterator(image)
        milliseconds = [frame.info.get("duration", 0) or 100 for frame in frames]
    return np.cumsum(milliseconds) / 1000


def _of_gif(path, times, size):
    ends = _gif_ends(path)
    with _gif(path) as image:
        for t in times:
            image.seek(min(int(np.searchsorted(ends, t, "right")), len(ends) - 1))
            yield _squeezed(np.asarray(image.convert("RGB")), size)


@contextlib.contextmanager
def _opened(path):
    """The container and the stream of pictures of a video file."""
    import av

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise BadClip("has no pictures, only sound")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            _check_pixels(stream.codec_context.width * stream.codec_context.height)
            yield container, stream
    except BadClip:
        raise
    except av.FFmpegError as error:
        if not path.stat().st_size:
            raise BadClip("is empty") from None
        raise BadClip(f"is no video, or damaged or cut off ({_reason(error)})") from None
    except OSError as error:
        raise BadClip(f"cannot be read ({error.strerror})") from None


def _counted(container, stream, rate):
    """Number and rate of the frames of a video whose header has neither."""
    times = [frame.time or 0.0 for frame in container.decode(stream)]
    if len(times) > 1 and times[-1] > times[0]:
        rate = (len(times) - 1) / (times[-1] - times[0])
    return len(times), rate


def _of_video(path, times, size):
    import av

    times, facts, last, seen = list(times), facts_of(path, 0), None, None
    with _opened(path) as (container, stream):
        begin = float((stream.start_time or 0) * stream.time_base)
        if times and times[0] > FAR:
            container.seek(int((times[0] - 1 + begin) / stream.time_base), stream=stream)
        try:
            for number, frame in enumerate(container.decode(stream)):
                now = number / facts.rate if frame.time is None else frame.time - begin
                while times and last is not None and times[0] < now:
                    yield _pixels(last, size)
                    times.pop(0)
                last, seen = frame, now
                if not times:
                    return
        except av.FFmpegError as error:
            after = "at its beginning" if seen is None else f"after {seen:.1f} s"
            raise BadClip(f"is damaged or cut off {after} ({_reason(error)})") from None
        if not times:
            return
        least, share = SLACK
        lacking = 0 if seen is None else times[-1] - seen - 1 / facts.rate
        if last is None or lacking > max(least, share * facts.seconds):
            raise BadClip(
                f"breaks off after {seen or 0:.1f} s, and its header says {facts.seconds:.1f} s"
            )
        for _ in times:  # those a little beyond the last frame
            yield _pixels(last, size)


def _pixels(frame, size):
    """A frame of PyAV, turned as its camera was held and squeezed."""
    height, width = size
    turns = round((getattr(frame, "rotation", 0) or 0) / 90) % 4
    if turns % 2:
        height, width = width, height
    pixels = frame.to_ndarray(width=width, height=height, format="rgb24", interpolation="AREA")
    return np.rot90(pixels, turns)


def _squeezed(pixels, size):
    if pixels.shape[:2] == tuple(size):
        return pixels
    height, width = size
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def _check_pixels(pixels):
    if pixels > MOST_PIXELS:
        raise BadClip(f"has frames of {pixels:,} pixels (at most {MOST_PIXELS:,} are read)")


def _reason(error):
    text = getattr(error, "strerror", None) or str(error)
    return text.strip().partition("\n")[0].removesuffix(".") or type(error).__name__
