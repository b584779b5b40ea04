"""Scenes: pictures as they are, somewhere on a canvas, among clutter, or two on one canvas."""

import numpy as np

from recipes.common.errors import UserError

PLACES = 100  # random places of a second picture before one beside the first is taken


def labels_of(config):
    """Labels that a scene has, the end counted; 0 for a single one."""
    return 3 if config.task == "pairs" else 0


def shape_of(config, image_shape):
    """`(H, W, C)` of the scenes.

    Raises:
        UserError: If the pictures do not fit on the canvas.
    """
    if config.task == "centred":
        return tuple(image_shape)
    height, width, channels = image_shape
    least = 2 * max(height, width) if config.task == "pairs" else max(height, width)
    if config.canvas < least:
        raise UserError(
            f"--canvas {config.canvas} is too small for {config.task} pictures of {height} x "
            f"{width} pixels; it takes {least} at least."
        )
    return config.canvas, config.canvas, channels


def scenes(config, part, indices, generator, end):
    """Scenes of some pictures of a part; what else is on them comes from the same part.

    Args:
        config: A `Config` with the canvas decided.
        part: A `labelled.Labelled`.
        indices: `(n,)` numbers of the pictures.
        generator: A NumPy generator of random numbers.
        end: Number of the label that stands for the end of a sequence.

    Returns:
        `images, labels`: `(n, H, W, C)` uint8, and `(n,)` int32 or, of pairs, `(n, 3)`: from left
        to right, then the end.
    """
    images, labels = part.images[indices], part.labels[indices]
    if config.task == "centred":
        return images, labels
    canvases = np.zeros((len(indices), *shape_of(config, part.image_shape)), np.uint8)
    if config.task == "pairs":
        return _pairs(config, part, indices, generator, end, canvases)
    if config.task == "cluttered":
        _clutter(config, part, generator, canvases)
    corners = _corners(generator, canvases.shape, part.image_shape, len(indices))
    for canvas, image, corner in zip(canvases, images, corners, strict=True):
        _paint(canvas, image, corner)
    return canvases, labels


def shifted(images, most, generator):
    """Pictures moved by up to so many pixels, with black where they were.

    Args:
        images: `(n, H, W, C)` uint8.
        most: Pixels.
        generator: A NumPy generator of random numbers.
    """
    height, width = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (most, most), (most, most), (0, 0)])
    corners = generator.integers(0, 2 * most + 1, (len(images), 2))
    return np.stack(
        [
            image[top : top + height, left : left + width]
            for image, (top, left) in zip(padded, corners, strict=True)
        ]
    )


def _corners(generator, canvas_shape, image_shape, count):
    """`(count, 2)` upper left corners at which a picture lies wholly on the canvas."""
    room = np.subtract(canvas_shape[1:3], image_shape[:2]) + 1
    return generator.integers(0, room, (count, 2))


def _paint(canvas, image, corner):
    (top, left), (height, width) = corner, image.shape[:2]
    below = canvas[top : top + height, left : left + width]
    np.maximum(below, image, out=below)


def _clutter(config, part, generator, canvases):
    """Paint pieces of other pictures of the part, cut out anywhere, at random places."""
    size = min(config.distractor_size, *part.image_shape[:2])
    count, others = len(canvases), len(part)
    for _ in range(config.distractors):
        sources = generator.integers(0, others, count)
        cuts = generator.integers(0, np.subtract(part.image_shape[:2], size - 1), (count, 2))
        corners = _corners(generator, canvases.shape, (size, size), count)
        for canvas, source, (top, left), corner in zip(
            canvases, sources, cuts, corners, strict=True
        ):
            piece = part.images[source, top : top + size, left : left + size]
            _paint(canvas, piece, corner)


def _pairs(config, part, indices, generator, end, canvases):
    height, width = part.image_shape[:2]
    labels = np.full((len(indices), labels_of(config)), end, np.int32)
    others = generator.integers(0, len(part), len(indices))
    single = generator.random(len(indices)) < config.single_share
    for canvas, row, first, second, alone in zip(
        canvases, labels, indices, others, single, strict=True
    ):
        corners = _apart(generator, canvases.shape, (height, width))
        placed = [(corners[0], first)] if alone else zip(corners, (first, second), strict=True)
        placed = sorted(placed, key=lambda pair: pair[0][1])
        for number, (corner, index) in enumerate(placed):
            _paint(canvas, part.images[index], corner)
            row[number] = part.labels[index]
    return canvases, labels


def _apart(generator, canvas_shape, size):
    """Two corners at which pictures do not touch, and one is clearly left of the other."""
    height, width = size
    for _ in range(PLACES):
        corners = _corners(generator, canvas_shape, size, 2)
        down, right = np.abs(corners[0] - corners[1])
        if right >= width // 2 and (down >= height or right >= width):
            return corners
    return np.array([[0, 0], [0, canvas_shape[2] - width]])
