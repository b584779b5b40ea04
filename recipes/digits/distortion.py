"""Distortions of training pictures: turned, slanted, stretched and moved."""

import numpy as np

TURN, SLANT, STRETCH, SHIFT = 0.12, 0.15, 0.1, 0.05  # radians, and shares of the size


def distort(images, generator):
    """Each picture under an affine map of its own; beyond the border it is as at the border.

    Reference: Simard, Steinkraus & Platt (2003), "Best practices for convolutional neural networks
    applied to visual document analysis", https://doi.org/10.1109/ICDAR.2003.1227801, section 2.

    Args:
        images: `(B, H, W, C)` uint8.
        generator: A NumPy generator of random numbers.

    Returns:
        `(B, H, W, C)` float32 from 0 to 255.
    """
    rows, height, width, channels = images.shape

    def drawn(most):
        return generator.uniform(-most, most, (rows, 1)).astype(np.float32)

    turn, slant = drawn(TURN), drawn(SLANT)
    down, right = np.exp(drawn(STRETCH)), np.exp(drawn(STRETCH))
    y, x = np.divmod(np.arange(height * width, dtype=np.float32), width)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    from_y = down * (np.cos(turn) * y - np.sin(turn) * x)  # (B, H * W)
    from_x = right * (np.sin(turn) * y + np.cos(turn) * x) + slant * from_y
    from_y += (height - 1) / 2 + height * drawn(SHIFT)
    from_x += (width - 1) / 2 + width * drawn(SHIFT)
    from_y, from_x = np.clip(from_y, 0, height - 1), np.clip(from_x, 0, width - 1)
    top, left = from_y.astype(np.int32), from_x.astype(np.int32)
    below, beside = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    flat = images.reshape(rows * height * width, channels)
    first = height * width * np.arange(rows, dtype=np.int32)[:, None]

    def at(row, column):
        return flat[first + row * width + column].astype(np.float32)  # (B, H * W, C)

    share_y, share_x = (from_y - top)[..., None], (from_x - left)[..., None]
    upper = at(top, left) + share_x * (at(top, beside) - at(top, left))
    lower = at(below, left) + share_x * (at(below, beside) - at(below, left))
    return (upper + share_y * (lower - upper)).reshape(images.shape)
