"""Canvases as pictures: sheets of them, the windows of attention on them, and GIFs."""

import numpy as np
from PIL import Image, ImageDraw

GAP = 2  # pixels between the pictures of a sheet
READ, WRITE = (80, 200, 120), (240, 80, 60)  # colours of the windows
BACKGROUND = (40, 40, 48)
FRAME, LAST_FRAME = 120, 1_500  # milliseconds that a GIF shows a stroke and the finished picture


def grey(logits):
    """Canvases `(…, H, W, C)` as brightness, uint8."""
    shown = 255 / (1 + np.exp(-np.asarray(logits, np.float64)))
    return np.round(shown).astype(np.uint8)


def coloured(images, scale):
    """Pictures `(…, H, W, C)` uint8 in three colours, each pixel so many wide and high."""
    images = np.repeat(images, 3, -1) if images.shape[-1] == 1 else images[..., :3]
    return images.repeat(scale, -3).repeat(scale, -2)


def sheet(images, columns):
    """Pictures `(N, H, W, 3)` side by side, the rest of the last line left empty."""
    count, height, width, _ = images.shape
    lines = -(-count // columns)
    page = np.empty((lines * (height + GAP) + GAP, columns * (width + GAP) + GAP, 3), np.uint8)
    page[:] = BACKGROUND
    for number, image in enumerate(images):
        top = GAP + number // columns * (height + GAP)
        left = GAP + number % columns * (width + GAP)
        page[top : top + height, left : left + width] = image
    return page


def with_window(image, window, size, scale, colour):
    """A picture with the frame of the grid on it, the thicker the blurrier its filters.

    Args:
        image: `(H, W, 3)` uint8, scaled.
        window: Row and column of the centre, stride and deviation, in unscaled pixels.
        size: Filters along each side.
        scale: By which the picture was.
        colour: Of the frame.
    """
    row, column, stride, deviation = map(float, window)
    half = (size - 1) / 2 * stride
    # The middle of a pixel is half of one from its edge.
    box = [column - half, row - half, column + half, row + half]
    box = [float(np.clip((edge + 0.5) * scale, -1e4, 1e4)) for edge in box]
    canvas = Image.fromarray(image)
    thick = int(np.clip(round(deviation * scale / 4), 1, 2 * scale))
    ImageDraw.Draw(canvas).rectangle(box, outline=colour, width=thick)
    return np.asarray(canvas)


def strokes(views, layer, scale):
    """Canvases with the windows on them, `(T, B, H, W, 3)` uint8.

    Args:
        views: Arrays by name, as `Drawing.generate` and `Drawing.reconstruct` give them.
        layer: The layer.
        scale: Width and height of a pixel.
    """
    shown = coloured(grey(views["canvases"]), scale)
    for name, size, colour in (
        ("read_windows", layer.read_size, READ),
        ("write_windows", layer.write_size, WRITE),
    ):
        if name in views:
            windows = np.asarray(views[name])
            for place in np.ndindex(*shown.shape[:2]):
                shown[place] = with_window(shown[place], windows[place], size, scale, colour)
    return shown


def save_png(page, path):
    """Write a picture `(H, W, 3)` uint8."""
    Image.fromarray(page).save(path)


def save_gif(frames, path):
    """Write pictures one after the other as a GIF that begins anew after the last one."""
    images = [Image.fromarray(frame) for frame in frames]
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=[FRAME] * (len(images) - 1) + [LAST_FRAME],
        loop=0,
    )


def save_growing(views, layer, path, scale=4, columns=8):
    """Write a GIF of all canvases growing side by side, at the end without windows."""
    frames = [sheet(canvases, columns) for canvases in strokes(views, layer, scale)]
    finished = coloured(grey(np.asarray(views["canvases"])[-1]), scale)
    save_gif([*frames, sheet(finished, columns)], path)


def save_strokes(views, layer, path, scale=3, most=12):
    """Write a sheet of canvases, a line a picture and a column a stroke, the last one plain."""
    shown = strokes(views, layer, scale)
    chosen = np.unique(np.linspace(0, len(shown) - 1, min(most, len(shown))).round().astype(int))
    finished = coloured(grey(np.asarray(views["canvases"])[-1]), scale)
    columns = np.concatenate([shown[chosen], finished[None]])  # (columns, B, H, W, 3)
    pages = columns.swapaxes(0, 1).reshape(-1, *columns.shape[2:])
    save_png(sheet(pages, len(columns)), path)
