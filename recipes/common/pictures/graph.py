"""Pictures read inside a TensorFlow graph, to the pixel as `recipes.common.pictures.decode` does.

`tf.image` neither turns a picture as its camera says, nor lays it on white, nor resizes as Pillow;
a model that has read the one would see something else in the other.
"""

import numpy as np
import tensorflow as tf
from PIL import Image

DRAFTS = (1, 2, 4, 8)  # by which a JPEG file can be read smaller
PRECISION = 1 << 22  # of Pillow's weights, which are whole numbers
ORIENTATION = 0x0112  # its tag in EXIF


def decode(content, size):
    """A picture of the bytes of a JPEG or PNG file, squeezed.

    Args:
        content: A string tensor of no dimension.
        size: `(H, W)`.

    Returns:
        `(H, W, 3)` uint8.
    """
    data = tf.pad(tf.io.decode_raw(content, tf.uint8), [[0, 16]])  # never read past its end
    is_jpeg = tf.strings.substr(content, 0, 2) == b"\xff\xd8"
    tiff = tf.cond(is_jpeg, lambda: _tiff_in_jpeg(data), lambda: _tiff_in_png(data))
    image = tf.cond(is_jpeg, lambda: _jpeg(content, size), lambda: _png(content, data))
    return resize(_turn(image, _orientation(data, tiff)), size)


def resize(image, size):
    """A picture `(h, w, 3)` uint8 squeezed to `(H, W, 3)`, as Pillow's bilinear filter does."""
    height, width, _ = tf.unstack(tf.shape(image), num=3)
    beyond = height - size[0]
    tall = (beyond > 0) & (beyond > 2 * (width - size[1])) & _begins_with_the_larger_axis()
    image = tf.cond(
        tall,
        lambda: _across(_down(image, size), size),
        lambda: _down(_across(image, size), size),
    )
    return tf.ensure_shape(image, (*size, 3))


def _begins_with_the_larger_axis():
    """True for newer versions of Pillow; older ones always resize rows first, then columns."""
    tall = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 20), np.uint8))
    bilinear = Image.Resampling.BILINEAR
    downwards = tall.resize((20, 16), bilinear).resize((16, 16), bilinear)
    return np.array_equal(np.asarray(tall.resize((16, 16), bilinear)), np.asarray(downwards))


def _across(image, size):
    """Each row resized."""
    weights = _weights(tf.shape(image)[1], size[1])
    return _rounded(tf.einsum("hwc,nw->hnc", tf.cast(image, tf.float64), weights))


def _down(image, size):
    """Each column resized."""
    weights = _weights(tf.shape(image)[0], size[0])
    return _rounded(tf.einsum("hwc,nh->nwc", tf.cast(image, tf.float64), weights))


def _rounded(sums):
    return tf.cast(tf.clip_by_value(tf.floor(sums / PRECISION + 0.5), 0, 255), tf.uint8)


def _weights(before, after):
    """`(after, before)` float64: whole numbers, the share of each pixel in each new one."""
    scale = tf.cast(before, tf.float64) / after
    width = tf.maximum(scale, 1.0)
    centers = (tf.range(after, dtype=tf.float64) + 0.5) * scale
    first = tf.maximum(tf.floor(centers - width + 0.5), 0.0)[:, None]
    last = tf.minimum(tf.floor(centers + width + 0.5), tf.cast(before, tf.float64))[:, None]
    pixels = tf.cast(tf.range(before), tf.float64)[None]
    distances = tf.abs((pixels - centers[:, None] + 0.5) * (1.0 / width))
    inside = (pixels >= first) & (pixels < last)
    weights = tf.where(inside, tf.maximum(1.0 - distances, 0.0), 0.0)
    weights /= tf.reduce_sum(weights, 1, keepdims=True)
    return tf.floor(weights * PRECISION + 0.5)


def _jpeg(content, size):
    """`(h, w, 3)` uint8 of a JPEG file, no more of it than is needed."""
    height, width, _ = tf.unstack(tf.io.extract_jpeg_shape(content), num=3)
    scale = tf.minimum(height // (2 * size[0]), width // (2 * size[1]))
    draft = tf.reduce_sum(tf.cast(scale >= tf.constant(DRAFTS[1:]), tf.int32))
    readers = [
        lambda ratio=ratio: tf.io.decode_jpeg(
            content, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE"
        )
        for ratio in DRAFTS
    ]
    return tf.switch_case(draft, readers)


def _png(content, data):
    """`(h, w, 3)` uint8 of a PNG file, on white where it is transparent."""
    is_deep_grey = (data[24] == 16) & (data[25] == 0)
    return tf.cond(is_deep_grey, lambda: _deep_grey(content), lambda: _on_white(content, data[24]))


def _deep_grey(content):
    values = tf.cast(tf.io.decode_png(content, 1, tf.uint16), tf.float64)
    highest = tf.where(tf.reduce_max(values) > 255, 65_535.0, 255.0)
    values = tf.cast(values / tf.cast(highest, tf.float64) * 255, tf.uint8)
    return tf.repeat(values, 3, 2)


def _on_white(content, bits):
    image = tf.cast(tf.io.decode_png(content, 4), tf.int32)
    colors, alpha = image[..., :3], image[..., 3:]
    opaque = tf.bitwise.left_shift(1, tf.cast(bits, tf.int32)) - 1  # as TensorFlow fills it up
    alpha = tf.where(alpha == opaque, 255, alpha)
    share = alpha * 128  # of 255 * 128, with Pillow's rounding
    sums = colors * share + 255 * (255 * 128 - share) + (128 << 7)
    shifted = tf.bitwise.right_shift
    return tf.cast(shifted(shifted(shifted(sums, 8) + sums, 8), 7), tf.uint8)


def _number(data, start, count, little=False):
    """A whole number of some bytes, the highest first unless `little`."""
    digits = tf.cast(data[start : start + count], tf.int64)
    digits = tf.where(little, tf.reverse(digits, [0]), digits)
    value = tf.reduce_sum(digits * [256**n for n in reversed(range(count))])
    return tf.cast(tf.minimum(value, 1 << 30), tf.int32)


def _tiff_in_jpeg(data):
    """Position of the EXIF data in a JPEG file, or its end if it has none."""
    size = tf.size(data) - 16

    def is_exif(at):
        return (data[at + 1] == 0xE1) & tf.reduce_all(data[at + 4 : at + 8] == list(b"Exif"))

    def goes_on(at):
        inside = at + 12 < size
        at = tf.minimum(at, size)
        return inside & (data[at] == 0xFF) & (data[at + 1] != 0xDA) & ~is_exif(at)

    at = tf.while_loop(goes_on, lambda at: [at + 2 + _number(data, at + 2, 2)], [2])[0]
    at = tf.minimum(at, size)
    return tf.where(is_exif(at), at + 10, size)


def _tiff_in_png(data):
    """Position of the EXIF data in a PNG file, or its end if it has none."""
    size = tf.size(data) - 16

    def is_exif(at):
        return tf.reduce_all(data[at + 4 : at + 8] == list(b"eXIf"))

    def goes_on(at):
        return (at + 12 < size) & ~is_exif(tf.minimum(at, size))

    at = tf.while_loop(goes_on, lambda at: [at + 12 + _number(data, at, 4)], [8])[0]
    at = tf.minimum(at, size)
    return tf.where(is_exif(at), at + 8, size)


def _orientation(data, tiff):
    """Orientation of a picture by its EXIF data: 1, upright, to 8."""
    size = tf.size(data) - 16
    little = data[tiff] == 0x49
    first = tf.minimum(tiff + _number(data, tiff + 4, 4, little), size)
    entries = tf.minimum(_number(data, first, 2, little), (size - first) // 12)
    table = tf.reshape(data[first + 2 : first + 2 + 12 * entries], (-1, 12))
    table = tf.cast(table, tf.int32)

    def short(column):
        low, high = table[:, column], table[:, column + 1]
        return tf.where(little, low + 256 * high, 256 * low + high)

    value = tf.reduce_sum(tf.where(short(0) == ORIENTATION, short(8), 0))
    return tf.where((value >= 1) & (value <= 8), value, 1)


def _turn(image, orientation):
    """A picture turned upright."""
    image = tf.cond(orientation >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
    # Of those that are transposed, 6 and 7 are mirrored from left to right, 7 and 8 upside down.
    mirrored = tf.reduce_any(orientation == tf.constant([2, 3, 6, 7]))
    flipped = tf.reduce_any(orientation == tf.constant([3, 4, 7, 8]))
    image = tf.cond(mirrored, lambda: image[:, ::-1], lambda: image)
    return tf.cond(flipped, lambda: image[::-1], lambda: image)
