"""Pictures of shapes with sentences about them, drawn and worded by code."""

import functools
import io
import json
import zlib

import numpy as np
import tensorflow_datasets as tfds

from recipes.datasets.draw import Draw
from recipes.datasets.scenes import drawing
from recipes.datasets.scenes.drawing import SIDE
from recipes.datasets.scenes.language import CAPTIONS, captions, clear_relations, groups_of

SIZES = {"train": 9_000, "validation": 500, "test": 1_000}
# The sizes of the groups of one colour and shape, and how many of twenty scenes have these.
KINDS = {(1,): 4, (2,): 4, (3,): 2, (4,): 1, (1, 1): 6, (2, 1): 3}
RADII = {"small": (7, 8), "large": (11, 12)}
# In pixels, between two objects and around them all.
GAP, MARGIN = 3, 1


class RenderedScenes(tfds.core.GeneratorBasedBuilder):
    """Scenes like "a large striped red circle above a small blue square", with five captions each.

    A scene has one object, two to four alike, two that differ, or two alike and another. Captions
    name all of them with their numbers, colours and shapes, some also with sizes and textures, and
    say where a single object is, or how two differing ones stand to each other, where that is
    clear. All that they say is true, and `scene_language.is_true` tells it of any other caption.

    Some combinations of texture, colour and shape are set aside: train and validation never show
    them, and each test scene has at least one. All pictures are distinct. `scene` is the
    description from which a picture is drawn, in JSON. Its twin in the catalogue is
    `coco_captions`.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(SIDE, SIDE, 3), encoding_format="png"),
                    "captions": tfds.features.Sequence(tfds.features.Text(), length=CAPTIONS),
                    "scene": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "captions"),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SIZES}

    def _generate_examples(self, split):
        for number, (scene, texts) in enumerate(scenes(split)):
            image = io.BytesIO(drawing.as_png(scene))
            yield number, {"image": image, "captions": texts, "scene": described(scene)}


def scenes(split):
    """The scenes of a split with their captions, always the same ones.

    Args:
        split: `"train"`, `"validation"` or `"test"`.

    Yields:
        Pairs of a description, a dict with a `background` and a list of `objects`, and a list of
        five texts.
    """
    draw, seen = Draw(f"rendered scenes {split}"), set()
    kinds = [kind for kind, weight in KINDS.items() for _ in range(weight)]
    while len(seen) < SIZES[split]:
        kind, scene = draw.one_of(kinds), None
        # The kind is not drawn again, so that no condition changes how often it comes.
        while scene is None or split_of(scene) != split or (text := described(scene)) in seen:
            scene = candidate(draw, kind, held_out=split == "test")
        seen.add(text)
        yield scene, captions(scene, draw)


def described(scene):
    """A description in JSON; it tells scenes apart as their pictures do."""
    return json.dumps(scene, separators=(",", ":"))


def split_of(scene):
    """The split that a scene may stand in."""
    if any(has_held_out(item) for item in scene["objects"]):
        return "test"
    # The scenes of train and validation are kept apart by a hash of the description.
    return "train" if zlib.crc32(described(scene).encode()) % 8 else "validation"


def has_held_out(item):
    """True if an object combines texture, colour and shape as in the test alone."""
    return is_held_out(item["texture"], item["colour"], item["shape"])


@functools.cache
def is_held_out(texture, colour, shape):
    """True if a combination is kept for the test.

    In a Latin square, each shape in each texture lacks one colour, and no other pair is kept more
    than once. So each pair is known from several other combinations.
    """
    colours = list(drawing.COLOURS)
    number = drawing.SHAPES.index(shape) + 2 * drawing.TEXTURES.index(texture)
    return colours.index(colour) == number % len(colours)


def candidate(draw, kind, held_out):
    """A scene of a kind, or None if what has been drawn does not make one.

    Args:
        draw: A `Draw` that makes the choices.
        kind: One of `KINDS`.
        held_out: Whether something in it must be held out, or nothing may be.

    Returns:
        A description, its objects from the upper to the lower ones.
    """
    looks = [look for number in kind for look in looks_of(draw, number)]
    if any(has_held_out(look) for look in looks) != held_out:
        return None
    objects = placed(draw, looks)
    if objects is None or len(groups := groups_of(objects)) < len(kind):
        return None
    # Two objects are worth a picture for how they stand to each other.
    relation_matters = kind == (1, 1) or (kind == (2, 1) and draw.chance(0.6))
    if relation_matters and not clear_relations(*groups):
        return None
    objects.sort(key=lambda item: (item["y"], item["x"]))
    return {"background": draw.one_of(list(drawing.BACKGROUNDS)), "objects": objects}


def looks_of(draw, number):
    """Looks of objects of one colour and shape: most often they share everything else too."""
    shape, colour = draw.one_of(drawing.SHAPES), draw.one_of(list(drawing.COLOURS))
    looks = [{"shape": shape, "colour": colour} for _ in range(number)]
    for key, choices in (("size", list(RADII)), ("texture", drawing.TEXTURES)):
        shared = None if draw.chance(0.2) else draw.one_of(choices)
        for look in looks:
            look[key] = shared or draw.one_of(choices)
    return looks


def placed(draw, looks):
    """Objects that look as given at positions apart, or None if there is no room for all."""
    objects = []
    for look in looks:
        radius = draw.one_of(RADII[look["size"]])
        border = radius + MARGIN
        free = np.zeros((SIDE, SIDE), bool)  # whether the centre may be there
        free[border:-border, border:-border] = True
        for other in objects:
            away = radius + other["radius"] + GAP
            top, left = max(0, other["y"] - away), max(0, other["x"] - away)
            free[top : other["y"] + away + 1, left : other["x"] + away + 1] = False
        centres = np.flatnonzero(free)
        if not len(centres):
            return None
        y, x = divmod(int(draw.one_of(centres)), SIDE)
        objects.append(look | {"x": x, "y": y, "radius": radius})
    return objects
