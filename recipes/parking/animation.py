"""A run as a GIF and as a page of HTML that plays it."""

import itertools
import json
import pathlib

import numpy as np
from PIL import Image, ImageDraw

from recipes.common import storage
from recipes.parking import car, simulator

SCALE, HEIGHT = 34, 6.8  # pixels a metre; metres above the kerb that are shown, at least
BELOW = 0.6  # metres below it
FRAME, LAST = 80, 2_000  # milliseconds; a step of 200 is shown in 80
ROAD, KERB, PARKED, SLOT = "#f4f5f7", "#9aa0a6", "#c3c8ce", "#3c9a5f"
FORWARD, REVERSE = "#1f6fb4", "#c8402f"
CAR, WHEEL, BEAM = "#1f6fb4", "#24292f", "#e39a2d"
TEMPLATE, MARK = pathlib.Path(__file__).parent / "page.html", "/* the run */"


def gif(scenes, runs, path):
    """Write the first of some runs as a GIF.

    Args:
        scenes: The `Scenes`.
        runs: Their `driving.Runs`.
        path: The file.
    """
    extent = _extent(scenes, runs)
    frames = [
        _frame(scenes, runs, step, *extent).quantize(32, dither=Image.Dither.NONE)
        for step in range(runs.steps[0] + 1)
    ]
    durations = [FRAME] * (len(frames) - 1) + [LAST]
    with storage.replacing(path) as temporary:
        frames[0].save(
            temporary, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0
        )


def _extent(scenes, runs):
    """Extent of what is shown: least and greatest x, and greatest y, metres."""
    poses = runs.poses[0, : runs.steps[0] + 1]
    x, (right, top) = poses[:, 0], car.reach(poses)
    high = max(float(x.max()) + car.LENGTH, float(scenes.slots[0, 1]) + 2.0, right + 0.5)
    return float(x.min()) - 2.0, high, max(HEIGHT, top + 0.5)


def _frame(scenes, runs, step, low, high, top):
    size = round((high - low) * SCALE), round((top + BELOW) * SCALE)
    image = Image.new("RGB", size, ROAD)
    draw = ImageDraw.Draw(image)

    def at(x, y):
        return (x - low) * SCALE, size[1] - (y + BELOW) * SCALE

    draw.rectangle([at(low, 0), at(high, -BELOW)], fill=KERB)
    for x0, x1, y0, y1 in scenes.boxes[0]:
        draw.rectangle([at(x0, y1), at(x1, y0)], fill=PARKED)
    begin, end = scenes.slots[0]
    corners = [(begin, 0), (begin, simulator.BAY), (end, simulator.BAY), (end, 0)]
    draw.line([at(*corner) for corner in corners], fill=SLOT, width=2)
    poses = runs.poses[0, : step + 1]
    for before, after in itertools.pairwise(poses):
        if abs(after[3]) > 0.01:
            color = FORWARD if after[3] > 0 else REVERSE
            draw.line([at(*before[:2]), at(*after[:2])], fill=color, width=2)
    pose = runs.poses[0, step]
    measured = runs.sensors[0, min(step, runs.steps[0] - 1)]
    for start, stop in beams(pose, measured):
        draw.line([at(*start), at(*stop)], fill=BEAM, width=1)
    outline = np.stack(car.corners(*pose[:3, None]), -1)[0]
    draw.polygon([at(*corner) for corner in outline], fill=CAR)
    for wheel in wheels(pose):
        draw.line([at(*end) for end in wheel], fill=WHEEL, width=5)
    return image


def _placed(pose, along, aside):
    """Points of the car in the street, `(N, 2)`."""
    cos, sin = np.cos(pose[2]), np.sin(pose[2])
    return np.stack([pose[0] + along * cos - aside * sin, pose[1] + along * sin + aside * cos], -1)


def beams(pose, measured):
    """Ends of the beams of all sensors that measure something, `(N, 2, 2)`."""
    along, aside, degrees, reach = simulator.SENSORS.T
    ranges = measured[: simulator.RANGES] * reach
    start = _placed(pose, along, aside)
    angle = pose[2] + np.radians(degrees)
    stop = start + ranges[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    return np.stack([start, stop], 1)[measured[: simulator.RANGES] < 1]


def wheels(pose):
    """Ends of the four wheels, `(4, 2, 2)`, those ahead turned."""
    found = []
    for along, turned in ((0.0, 0.0), (car.WHEELBASE, pose[4])):
        for aside in (-0.7, 0.7):
            cos, sin = 0.32 * np.cos(turned), 0.32 * np.sin(turned)
            ends = np.array([-1, 1])
            found.append(_placed(pose, along + ends * cos, aside + ends * sin))
    return np.array(found)


def page(scenes, runs, title, path):
    """Write the first of some runs as a page of HTML that plays it, all in one file.

    Args:
        scenes: The `Scenes`.
        runs: Their `driving.Runs`.
        title: Its heading.
        path: The file.
    """
    steps = int(runs.steps[0])
    run = {
        "title": title,
        "seconds": car.SECONDS,
        "car": {
            "rear": car.REAR,
            "nose": car.WHEELBASE + car.FRONT,
            "width": car.WIDTH,
            "wheelbase": car.WHEELBASE,
        },
        "extent": _extent(scenes, runs),
        "bay": simulator.BAY,
        "boxes": _rounded(scenes.boxes[0]),
        "slot": _rounded(scenes.slots[0]),
        "sensors": _rounded(simulator.SENSORS),
        "poses": _rounded(runs.poses[0, : steps + 1]),
        "measured": _rounded(runs.sensors[0, :steps]),
    }
    # No text of the run can end the script.
    shown = json.dumps(run).replace("<", "\\u003c")
    html = TEMPLATE.read_text(encoding="utf-8").replace(MARK, f"const run = {shown};")
    storage.write_text(path, html)


def _rounded(array):
    return np.asarray(array, np.float64).round(3).tolist()
