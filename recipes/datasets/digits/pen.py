"""Digits as strokes of a pen: points in a unit square, joined by smooth curves."""

import numpy as np

# Strokes of each way to write a digit, as points (x to the right, y downwards) from 0 to 1; a
# corner is a point that comes twice.
WAYS = {
    0: [
        ["50,5 18,25 12,60 35,92 65,92 88,60 82,25 50,5"],
        ["62,6 25,15 15,55 40,95 75,85 85,40 62,6 45,12"],
    ],
    1: [["52,4 50,50 48,96"], ["28,25 55,4 55,4 54,50 54,96 54,96", "32,96 76,96"]],
    2: [
        ["18,25 38,6 70,10 78,34 52,62 16,94 16,94 50,94 84,92"],
        ["20,22 48,5 80,25 62,58 28,90 22,80 45,82 62,95 86,86"],
    ],
    3: [
        ["20,14 50,5 76,22 60,44 40,48 40,48 68,52 82,72 62,93 32,95 15,82"],
        ["18,6 50,6 78,6 78,6 60,26 44,42 44,42 76,50 80,76 50,96 18,86"],
    ],
    4: [
        ["68,96 68,50 66,4 66,4 40,36 12,66 12,66 50,66 90,66"],
        ["30,5 22,30 18,52 18,52 50,54 82,52", "72,8 70,50 66,96"],
    ],
    5: [
        ["80,6 52,6 28,6 28,6 24,24 22,44 22,44 50,38 78,54 76,82 48,96 16,86"],
        ["30,6 26,26 24,42 24,42 56,38 80,62 66,92 20,92", "30,7 55,7 82,5"],
    ],
    6: [
        ["70,5 38,25 18,62 32,92 64,94 80,72 62,54 36,60 20,74"],
        ["60,4 40,22 26,50 24,78 48,95 72,82 68,58 44,56 28,70"],
    ],
    7: [
        ["14,8 50,8 84,8 84,8 62,44 42,96"],
        ["14,10 50,8 82,6 82,6 58,44 44,96", "28,52 52,50 74,48"],
    ],
    8: [
        ["72,20 48,5 26,22 46,44 74,66 66,92 36,94 22,74 48,48 72,20"],
        ["50,46 26,28 36,6 64,6 74,28 50,46 22,68 34,95 66,95 78,68 50,46"],
    ],
    9: [
        ["76,22 50,5 24,22 32,48 60,50 78,24 78,24 76,56 66,96"],
        ["74,28 54,6 26,16 24,42 50,52 76,28 76,28 74,66 54,92 26,90"],
    ],
}
STEPS = 8  # points of a curve between two of those above


def strokes(digit, way):
    """The strokes of a digit, a list of `(points, 2)` arrays in a unit square around 0."""
    return [
        np.array([tuple(map(int, point.split(","))) for point in stroke.split()]) / 100 - 0.5
        for stroke in WAYS[digit][way]
    ]


def curve(points):
    """Points on the Catmull-Rom spline through some points, `(N, 2)`."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    a, b, c, d = (padded[i : len(padded) - 3 + i, None] for i in range(4))  # (N - 1, 1, 2)
    t = (np.arange(STEPS) / STEPS)[:, None]  # (STEPS, 1)
    bends = (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    ) / 2
    return np.concatenate([bends.reshape(-1, 2), points[-1:]])


def ink(points, side, radius):
    """The ink of a round pen that passes through points, `(side, side)` from 0 to 1.

    Args:
        points: `(N, 2)` in pixels, x and y, close together.
        side: Height and width of the picture in pixels.
        radius: Radius of the pen in pixels.
    """
    grid = np.arange(side) + 0.5
    away_x = (grid[:, None] - points[:, 0]) ** 2  # (side, N)
    away_y = (grid[:, None] - points[:, 1]) ** 2
    far = np.sqrt((away_y[:, None] + away_x[None]).min(-1))  # (side, side)
    return np.clip(radius + 0.5 - far, 0, 1)
