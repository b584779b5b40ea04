"""Clips of a shape that grows, swings and blinks, in an order that is the clip's label."""

import itertools
import json

import numpy as np
import tensorflow_datasets as tfds

from recipes.datasets.draw import Draw

SIDE, FRAMES, RATE = 24, 20, 10  # pixels a side; frames a clip, and a second
EVENTS = ("grow", "swing", "blink")
ORDERS = tuple("-".join(order) for order in itertools.permutations(EVENTS))
NOTHING = "none"  # the label of a frame in which the shape rests
SIZES = {"train": 3_000, "validation": 300, "test": 900}
SHAPES = ("circle", "square", "triangle", "diamond", "cross")
COLOURS = {
    "red": (228, 60, 52), "green": (70, 190, 80), "blue": (70, 110, 240),
    "yellow": (236, 206, 60), "violet": (170, 90, 220), "white": (240, 240, 240),
}  # fmt: skip
BACKGROUNDS = ((16, 16, 20), (40, 44, 52), (64, 56, 50))
DIRECTIONS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
RADII = (3, 4)
GROWTH, REACH, FADING = 2.5, 6, 0.9  # pixels of radius, pixels away, share of the light
# Strength of an event in each of its frames, by their number.
COURSES = {3: (0.5, 1, 0.5), 4: (0.5, 1, 1, 0.5)}


class MovingShapes(tfds.core.GeneratorBasedBuilder):
    """Clips like "a red cross swings, then blinks, then grows", 16 to 20 frames of 24 x 24.

    In each clip one shape does three things, each once, and rests before, between and after them.
    `label` is their order, one of six; `events` is what it does in each frame, or `none`. All six
    orders of the same three events have the very same frames, so that whatever forgets the order
    of frames is at chance, and a clip played backwards has another label: the events are the same
    backwards.

    Some combinations of shape, colour and direction of the swing are set aside: train and
    validation never show them, and every test clip does. Test clips come by sixes, a clip in each
    order. All clips are distinct; those of fewer frames repeat the last one. `scene` is the
    description from which a clip is drawn, in JSON.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "frames": tfds.features.Tensor(
                        shape=(FRAMES, SIDE, SIDE, 3), dtype=np.uint8, encoding="zlib"
                    ),
                    "length": np.int32,
                    "label": tfds.features.ClassLabel(names=ORDERS),
                    "events": tfds.features.Sequence(
                        tfds.features.ClassLabel(names=(NOTHING, *EVENTS)), length=FRAMES
                    ),
                    "scene": tfds.features.Text(),
                }
            ),
            supervised_keys=("frames", "label"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SIZES}

    def _generate_examples(self, split):
        for number, scene in enumerate(scenes(split)):
            frames, events = frames_of(scene), events_of(scene)
            rest = FRAMES - len(frames)
            yield (
                number,
                {
                    "frames": np.concatenate([frames, np.repeat(frames[-1:], rest, 0)]),
                    "length": len(frames),
                    "label": "-".join(scene["order"]),
                    "events": [*events, *[NOTHING] * rest],
                    "scene": json.dumps(scene, separators=(",", ":")),
                },
            )


def scenes(split):
    """The descriptions of the clips of a split, always the same ones.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Yields:
        Dicts.
    """
    draw, seen, count = Draw(f"moving shapes {split}"), set(), 0
    while count < SIZES[split]:
        scene = candidate(draw)
        held_out = is_held_out(scene["shape"], scene["colour"], scene["direction"])
        text = json.dumps(scene)
        if held_out != (split == "test") or text in seen:
            continue
        # The clips of train and validation differ in the positions that they may begin at.
        if split != "test" and ((scene["x"] + scene["y"]) % 5 == 0) != (split == "validation"):
            continue
        seen.add(text)
        orders = itertools.permutations(EVENTS)
        for order in orders if split == "test" else [draw.one_of(list(orders))]:
            count += 1
            yield {**scene, "order": list(order)}


def is_held_out(shape, colour, direction):
    """True if a combination is kept for the test; each pair of the three is known from others."""
    number = SHAPES.index(shape) + 2 * list(DIRECTIONS).index(direction)
    return list(COLOURS).index(colour) == number % len(COLOURS)


def candidate(draw):
    """A scene without the order of its events."""
    radius, direction = draw.one_of(RADII), draw.one_of(list(DIRECTIONS))
    right, down = DIRECTIONS[direction]
    low, high = radius + 2, SIDE - 3 - radius
    x = low + draw.below(high - low + 1 - REACH * abs(right)) + REACH * (right < 0)
    y = low + draw.below(high - low + 1 - REACH * abs(down)) + REACH * (down < 0)
    lasts = {event: draw.one_of(list(COURSES)) for event in EVENTS}
    rests = [1, 1, 1, 1]  # before, between and after the events
    most = FRAMES - sum(lasts.values()) - sum(rests)
    for _ in range(most - draw.below(5)):
        rests[draw.below(4)] += 1
    return {
        "shape": draw.one_of(SHAPES), "colour": draw.one_of(list(COLOURS)), "radius": radius,
        "background": draw.below(len(BACKGROUNDS)), "direction": direction, "x": x, "y": y,
        "lasts": lasts, "rests": rests,
    }  # fmt: skip


def events_of(scene):
    """The event of each frame of a scene, or `none`."""
    found = [NOTHING] * scene["rests"][0]
    for event, rest in zip(scene["order"], scene["rests"][1:], strict=True):
        found += [event] * scene["lasts"][event] + [NOTHING] * rest
    return found


def frames_of(scene):
    """The frames of a scene, `(T, 24, 24, 3)` uint8."""
    strengths = [dict.fromkeys(EVENTS, 0)] * scene["rests"][0]
    for event, rest in zip(scene["order"], scene["rests"][1:], strict=True):
        course = COURSES[scene["lasts"][event]]
        strengths += [{**dict.fromkeys(EVENTS, 0), event: strength} for strength in course]
        strengths += [dict.fromkeys(EVENTS, 0)] * rest
    right, down = DIRECTIONS[scene["direction"]]
    frames = np.empty((len(strengths), SIDE, SIDE, 3), np.uint8)
    colour = np.array(COLOURS[scene["colour"]], np.float64)
    background = np.array(BACKGROUNDS[scene["background"]], np.float64)
    for frame, strength in zip(frames, strengths, strict=True):
        covered = coverage(
            scene["shape"],
            scene["x"] + REACH * right * strength["swing"],
            scene["y"] + REACH * down * strength["swing"],
            scene["radius"] + GROWTH * strength["grow"],
        )
        light = (covered * (1 - FADING * strength["blink"]))[..., None]
        frame[:] = np.floor(background + light * (colour - background) + 0.5)
    return frames


def coverage(shape, x, y, radius):
    """Share of each pixel that a shape covers, `(24, 24)`, its edge one pixel soft."""
    down, right = np.mgrid[:SIDE, :SIDE]
    across, along = np.abs(right - x), np.abs(down - y)
    outside = {  # distance beyond the edge, in pixels
        "circle": lambda: np.sqrt(across**2 + along**2) - radius,
        "square": lambda: np.maximum(across, along) - 0.9 * radius,
        "diamond": lambda: (across + along - 1.3 * radius) * 0.75,
        "triangle": lambda: np.maximum(
            down - y - 0.8 * radius, (2 * across - (down - y) - 1.1 * radius) * 0.45
        ),
        "cross": lambda: np.maximum(
            np.maximum(across, along) - 1.1 * radius, np.minimum(across, along) - 0.35 * radius
        ),
    }[shape]()
    return np.clip(0.5 - outside, 0, 1)
