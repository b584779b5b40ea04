"""Scenes of flat shapes in pixels: their pictures, and where in them the objects are."""

import functools
import io

import numpy as np
from PIL import Image

SIDE = 64
SHAPES = "circle square triangle cross ring".split()
COLOURS = {
    "red": (225, 35, 35),
    "green": (40, 170, 60),
    "blue": (50, 90, 235),
    "yellow": (245, 225, 45),
    "purple": (155, 60, 205),
    "white": (245, 245, 245),
    "orange": (250, 135, 15),
}
TEXTURES = "plain striped dotted".split()
BACKGROUNDS = {
    "black": (8, 8, 8),
    "charcoal": (36, 36, 38),
    "slate": (28, 40, 52),
    "grey": (60, 60, 60),
}
# How bright the stripes and dots are, against the colour of the shape.
SHADE = 0.4
MIDDLE = (SIDE - 1) / 2
# In pixels from the middle of the picture. Between the two it is not clear where an object is.
CENTRAL, OFF_CENTRE = 6, 11
# How far one axis must exceed the other for a relation to be clear.
CLEAR_RATIO = 1.75


def draw(scene):
    """The picture of a scene.

    Args:
        scene: A dict with the name of a `background` and a list of `objects`, each a dict with
            `shape`, `colour`, `texture`, the centre `x`, `y` and the `radius` in pixels.

    Returns:
        An array of shape `(64, 64, 3)` of bytes.
    """
    indices, palette = _indexed(scene)
    return palette[indices]


def as_png(scene):
    """The picture of a scene as the bytes of a PNG file.

    Args:
        scene: A dict as for `draw`.

    Returns:
        Bytes, fewer by a third than without a palette.
    """
    indices, palette = _indexed(scene)
    picture = Image.frombytes("P", (SIDE, SIDE), indices.tobytes())
    picture.putpalette(palette.tobytes())
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def mask(item):
    """The pixels of an object, stripes and dots included and the hole of a ring left out.

    Args:
        item: One of the `objects` of a scene.

    Returns:
        An array of shape `(64, 64)` of booleans.
    """
    inside = np.zeros((SIDE, SIDE), bool)
    inside[_box(item)] = _stencil(item["shape"], item["texture"], item["radius"]) > 0
    return inside


def clear_place(item):
    """The place of an object in a grid of three by three, or None if that is not clear.

    Args:
        item: One of the `objects` of a scene.

    Returns:
        The column and the row, each -1 for the left or upper one, 0 for the one in the middle, or
        1 for the right or lower one.
    """
    place = []
    for offset in (item["x"] - MIDDLE, item["y"] - MIDDLE):
        if CENTRAL < abs(offset) < OFF_CENTRE:
            return None
        place.append(0 if abs(offset) <= CENTRAL else 1 if offset > 0 else -1)
    return tuple(place)


def is_in(item, place):
    """True if an object is in a place, clearly or not.

    Args:
        item: One of the `objects` of a scene.
        place: The column and the row, as in `clear_place`. A whole side, as in (0, -1) or (1, 0),
            has its corners too.

    Returns:
        A boolean.
    """
    offsets = item["x"] - MIDDLE, item["y"] - MIDDLE
    if not any(place):
        return max(map(abs, offsets)) < OFF_CENTRE
    sides = zip(place, offsets, strict=True)
    return all(side * offset > CENTRAL for side, offset in sides if side)


def is_beyond(firsts, seconds, axis, sign, ratio=1.0):
    """True if objects are all on one side of others, and not just diagonally.

    Args:
        firsts: Some of the `objects` of a scene.
        seconds: Some others of them.
        axis: `"x"` or `"y"`.
        sign: -1 if the first ones have the lower coordinates, 1 for the higher ones.
        ratio: How many times farther apart they must be on this axis than on the other.

    Returns:
        A boolean.
    """
    across = "x" if axis == "y" else "y"
    if any(
        sign * (first[axis] - second[axis]) <= first["radius"] + second["radius"]
        for first in firsts
        for second in seconds
    ):
        return False
    apart = {key: abs(_mean(key, firsts) - _mean(key, seconds)) for key in (axis, across)}
    return apart[axis] >= ratio * apart[across]


def _indexed(scene):
    """The picture as indices of shape (64, 64) into a palette of shape (colours, 3)."""
    indices = np.zeros((SIDE, SIDE), np.uint8)
    palette = [BACKGROUNDS[scene["background"]]]
    for item in scene["objects"]:
        stencil = _stencil(item["shape"], item["texture"], item["radius"])
        indices[_box(item)][stencil > 0] = stencil[stencil > 0] + (len(palette) - 1)
        colour = COLOURS[item["colour"]]
        palette += [colour, [SHADE * part for part in colour]]
    return indices, np.array(palette).astype(np.uint8)


def _box(item):
    """The rows and columns from the centre of an object to its radius."""
    radius = item["radius"]
    return tuple(slice(item[axis] - radius, item[axis] + radius + 1) for axis in "yx")


@functools.cache
def _stencil(shape, texture, radius):
    """Mask of an object in a square around it: 1 for its colour, 2 for its shade."""
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    inside = _inside(shape, x, y, radius)
    marks = np.zeros_like(inside)
    # None on the outline, which tells the shape.
    if texture != "plain":
        marks = _shrunk(inside) & (y % 4 < 2)
    if texture == "dotted":
        marks &= x % 4 < 2
    return inside.astype(np.uint8) + marks


def _inside(shape, x, y, radius):
    """True for points inside a shape around the origin, the triangle with its top up."""
    far = x**2 + y**2
    match shape:
        case "circle":
            return far <= radius * (radius + 1)
        case "square":
            return np.maximum(abs(x), abs(y)) <= radius
        case "triangle":
            return 2 * abs(x) <= y + radius
        case "cross":
            return np.minimum(abs(x), abs(y)) <= (radius + 1) // 3
        case "ring":
            return (far <= radius * (radius + 1)) & (far > 0.16 * radius**2)
    raise ValueError(f"no shape is called {shape}")


def _shrunk(inside):
    """The points of a shape that have all their neighbours in it."""
    padded = np.pad(inside, 1)
    kept = inside.copy()
    for shifted in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        kept &= shifted
    return kept


def _mean(key, objects):
    return sum(item[key] for item in objects) / len(objects)
