"""Small clips for tests: GIFs, folders of frames, videos, and files of events."""

import numpy as np
from PIL import Image


def square(sizes, side=16, color=(220, 60, 40), seed=0):
    """Frames `(T, side, side, 3)` of a square of these sizes, a frame each, somewhere."""
    left, top = np.random.default_rng(seed).integers(1, 5, 2)
    frames = np.full((len(sizes), side, side, 3), 20, np.uint8)
    for frame, size in zip(frames, sizes, strict=True):
        frame[top : top + size, left : left + size] = color
    return frames


def write_gif(path, frames, milliseconds=100):
    """A GIF whose frames all last as long."""
    first, *others = map(Image.fromarray, frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=others, duration=milliseconds, loop=0)
    return path


def write_folder(folder, frames, numbers=None):
    """A folder of numbered frames."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in zip(numbers or range(1, len(frames) + 1), frames, strict=True):
        Image.fromarray(frame).save(folder / f"frame_{number:04d}.png")
    return folder


def write_video(path, frames, rate=10, codec="libx264", **options):
    """A video by PyAV, as good as lossless."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, options={"crf": "4", "bf": "0"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            for packet in stream.encode(picture):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path
