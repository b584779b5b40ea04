"""Augmentation of pictures: shifts, brightness and contrast."""

import numpy as np


def shift_and_light(images, generator, share=0.1):
    """Pictures moved by up to a share of their size, with other brightness and contrast.

    Args:
        images: `(B, H, W, 3)` uint8.
        generator: A NumPy generator of random numbers.
        share: The largest shift; brightness and contrast change by up to twice that share.

    Returns:
        `(B, H, W, 3)` uint8; the border is repeated where a picture was moved away from it.
    """
    rows, height, width, _ = images.shape
    most = max(1, round(share * height)), max(1, round(share * width))
    pad = ((0, 0), (most[0], most[0]), (most[1], most[1]), (0, 0))
    padded = np.pad(images, pad, "edge")
    down = generator.integers(0, 2 * most[0] + 1, rows)
    right = generator.integers(0, 2 * most[1] + 1, rows)
    i = down[:, None, None] + np.arange(height)[:, None]  # (B, H, 1)
    j = right[:, None, None] + np.arange(width)  # (B, 1, W)
    moved = padded[np.arange(rows)[:, None, None], i, j].astype(np.float32)
    contrast = generator.uniform(1 - 2 * share, 1 + 2 * share, (rows, 1, 1, 1))
    light = generator.uniform(-2 * share, 2 * share, (rows, 1, 1, 1)) * 127
    mean = moved.mean((1, 2, 3), keepdims=True)
    changed = (moved - mean) * contrast + mean + light
    return np.clip(changed, 0, 255).astype(np.uint8)
