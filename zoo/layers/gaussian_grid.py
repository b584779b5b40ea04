"""A grid of Gaussian filters, by which a small patch is read from a picture or written to one."""

from keras import ops

NUM_PARAMETERS = 5  # centre (across, down), log variance, log stride, log intensity


def window(parameters, height, width, size):
    """The window that a network's raw numbers stand for.

    Zeros are a window in the middle whose grid covers the longer side of the picture, with a
    variance of one pixel.

    Reference: Gregor et al. (2015), "DRAW: a recurrent neural network for image generation",
    https://arxiv.org/abs/1502.04623, equations 21 to 24; pixels are counted from 0 here.

    Args:
        parameters: `(B, 5)` numbers without bounds.
        height, width: Of the picture.
        size: Filters along each side of the grid.

    Returns:
        Row and column of the centre, the stride between two filters, their variance, all in
        pixels, and the intensity, each `(B,)`.
    """
    x, y, log_variance, log_stride, log_intensity = ops.unstack(parameters, NUM_PARAMETERS, axis=1)
    row = (height + 1) / 2 * (y + 1) - 1
    column = (width + 1) / 2 * (x + 1) - 1
    stride = (max(height, width) - 1) / max(size - 1, 1) * ops.exp(log_stride)
    return row, column, stride, ops.exp(log_variance), ops.exp(log_intensity)


def filters(centre, stride, variance, length, size):
    """Gaussian filters along one side of a picture; the weights of each add up to one.

    Equations 19, 20, 25 and 26 of the paper.

    Args:
        centre, stride, variance: Each `(B,)`, in pixels.
        length: Pixels along the side.
        size: Number of filters.

    Returns:
        `(B, size, length)`.
    """
    dtype = centre.dtype
    steps = ops.arange(size, dtype=dtype) - (size - 1) / 2
    means = centre[:, None] + steps * stride[:, None]  # (B, size)
    pixels = ops.arange(length, dtype=dtype)
    # Measured from the pixel nearest to the mean, so that one outside never divides by zero.
    nearest = ops.stop_gradient(means - ops.clip(ops.round(means), 0.0, length - 1.0))
    squares = ops.square(pixels - means[:, :, None]) - ops.square(nearest)[:, :, None]
    weights = ops.exp(-squares / (2.0 * variance[:, None, None]))  # (B, size, length)
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def banks(parameters, height, width, size):
    """The filters along rows `(B, size, H)` and columns `(B, size, W)`, and intensity `(B,)`."""
    row, column, stride, variance, intensity = window(parameters, height, width, size)
    down = filters(row, stride, variance, height, size)
    across = filters(column, stride, variance, width, size)
    return down, across, intensity


def read(images, parameters, size):
    """The patch of each picture under its window.

    Args:
        images: `(B, C, H, W)`.
        parameters: `(B, 5)`, see `window`.
        size: Pixels along each side of the patch.

    Returns:
        `(B, C, size, size)`.
    """
    height, width = images.shape[2:]
    down, across, intensity = banks(parameters, height, width, size)
    patch = ops.einsum("bnh,bchw->bcnw", down, images)
    patch = ops.einsum("bcnw,bmw->bcnm", patch, across)
    return patch * intensity[:, None, None, None]


def write(patch, parameters, height, width):
    """Each patch laid into a picture under its window.

    Args:
        patch: `(B, C, size, size)`.
        parameters: `(B, 5)`, see `window`.
        height, width: Of the picture.

    Returns:
        `(B, C, H, W)`.
    """
    down, across, intensity = banks(parameters, height, width, patch.shape[2])
    picture = ops.einsum("bcnm,bmw->bcnw", patch, across)
    picture = ops.einsum("bnh,bcnw->bchw", down, picture)
    return picture / intensity[:, None, None, None]
