"""The truth of captions of rendered scenes, and the attention on the objects that they name."""

import json

import numpy as np

from recipes.datasets.scenes import drawing, language


def share_true(captions, scenes):
    """Share of captions of which every statement is true of its scene.

    Args:
        captions: One for each scene.
        scenes: Descriptions of the scenes, JSON.
    """
    pairs = zip(captions, scenes, strict=True)
    return float(np.mean([language.is_true(text, json.loads(scene)) for text, scene in pairs]))


def attention_on_named(words, attention, scenes):
    """The attention on the objects that are being named, relative to their shares of the area.

    Args:
        words: The words of each caption.
        attention: For each caption `(words, S)`, `S` the positions of a square grid row by row.
        scenes: Descriptions of the scenes, JSON.

    Returns:
        The mean over all words that name objects, or None if there are none.
    """
    ratios = []
    for caption, weights, scene in zip(words, attention, scenes, strict=True):
        scene = json.loads(scene)
        masks = [drawing.mask(item) for item in objects_of(scene)]
        for word, objects in language.named_objects(caption, scene).items():
            if objects:
                mask = np.any([masks[i] for i in objects], 0)
                ratios.append(mass_on(mask, weights[word]) / mask.mean())
    return float(np.mean(ratios)) if ratios else None


def objects_of(scene):
    """The objects of a scene."""
    return scene["objects"] if isinstance(scene, dict) else scene


def mass_on(mask, weights):
    """The sum of the weights of a square grid, row by row, on a mask `(H, W)`."""
    side = round(len(weights) ** 0.5)
    down, right = (_shares(pixels, side) for pixels in mask.shape)
    cells = down @ mask @ right.T  # (side, side), the share of each cell that the mask covers
    return float((cells.ravel() * weights).sum())


def _shares(pixels, side):
    """`(side, pixels)` share of each cell of a row that each pixel is; borders may cut pixels."""
    edges, starts = np.linspace(0, pixels, side + 1), np.arange(pixels)
    overlap = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.maximum(overlap, 0) * side / pixels
