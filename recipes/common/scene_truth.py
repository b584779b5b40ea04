"""Whether captions of rendered scenes are true of them, and whether attention is where they say."""

import json

import numpy as np


def share_true(captions, scenes):
    """Share of captions of which every statement is true of its scene.

    Args:
        captions: What was written.
        scenes: Descriptions of the scenes, JSON.
    """
    from recipes.datasets import scene_language

    pairs = zip(captions, scenes, strict=True)
    return float(
        np.mean([scene_language.is_true(text, json.loads(scene)) for text, scene in pairs])
    )


def attention_on_named(words, attention, scenes):
    """How many times its share of the area the object that is being named gets of the attention.

    Args:
        words: The words of each caption.
        attention: For each caption `(T, S)`, `T` at least its number of words, `S` the places of a
            square grid row by row.
        scenes: Descriptions of the scenes, JSON.

    Returns:
        The mean over all words that name objects, or None if there are none.
    """
    from recipes.datasets import scene_drawing, scene_language

    ratios = []
    for caption, weights, scene in zip(words, attention, scenes, strict=True):
        scene = json.loads(scene)
        masks = [scene_drawing.mask(item) for item in objects_of(scene)]
        for place, objects in scene_language.named_objects(caption, scene).items():
            if objects and place < len(weights):
                mask = np.any([masks[i] for i in objects], 0)
                ratios.append(mass_on(mask, weights[place]) / mask.mean())
    return float(np.mean(ratios)) if ratios else None


def objects_of(scene):
    """The objects of a scene."""
    return scene["objects"] if isinstance(scene, dict) else scene


def mass_on(mask, weights):
    """How much of the weights of a square grid, row by row, lies on a mask `(H, W)`."""
    side = round(len(weights) ** 0.5)
    height, width = mask.shape[0] // side, mask.shape[1] // side
    cells = mask.reshape(side, height, side, width).mean((1, 3))  # share of each cell
    return float((cells.ravel() * weights).sum())
