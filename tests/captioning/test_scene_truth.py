"""Attention to the objects of scenes: grids of every size, tokens of every kind."""

import json

import numpy as np
import pytest

from recipes.captioning import scene_truth, writing
from recipes.common.text import tokenizer as tokenizers
from recipes.datasets.scenes import drawing

THING = {"size": "large", "texture": "plain", "colour": "red", "shape": "square", "x": 20, "y": 44}
SCENE = {"background": "black", "objects": [THING | {"radius": 11}]}


@pytest.mark.parametrize("side", [1, 3, 4, 7, 8, 10, 64, 100])
def test_mass_is_the_share_of_the_area_for_even_weights_on_grids_of_every_size(side):
    mask = drawing.mask(SCENE["objects"][0])
    assert scene_truth.mass_on(mask, np.full(side**2, side**-2)) == pytest.approx(mask.mean())


def test_a_cell_that_ends_within_a_pixel_counts_in_part():
    mask = np.zeros((4, 4), bool)
    mask[0, 1] = True  # columns 1 to 2; the first of three cells ends at 4/3
    left = scene_truth.mass_on(mask, np.eye(9)[0])
    right = scene_truth.mass_on(mask, np.eye(9)[1])
    assert (left, right) == pytest.approx((1 / 3 / (16 / 9), 2 / 3 / (16 / 9)))


@pytest.mark.parametrize("pieces", ["words", "subwords", "characters"])
def test_attention_is_that_of_words_whatever_tokens_are(pieces, tmp_path):
    captions = ["a large red square", "a red square", "two large squares"]
    tokenizer = tokenizers.tokenizer(tmp_path, captions * 9, 24, pieces, begin_end=True)
    ids = tokenizer.encode(captions[0])
    assert (len(ids) == 4) == (pieces == "words")
    words, starts = tokenizers.words(tokenizer, ids)
    assert words == captions[0].split()
    mask = drawing.mask(SCENE["objects"][0])
    even = np.full(49, 1 / 49)
    there = np.zeros((7, 7))
    there[4, 2] = 1  # a cell within the square
    attention = np.stack([there.ravel() if i >= starts[3] else even for i in range(len(ids) + 2)])
    best = {"tokens": np.array([[*ids, tokenizers.END, 0]]), "attention": attention[None]}
    found = writing.attended(tokenizer, best)
    ratio = scene_truth.attention_on_named([found[0]], [found[1]], [json.dumps(SCENE)])
    assert ratio == pytest.approx(1 / mask.mean())
    nothing = {"tokens": np.array([[tokenizers.END, 0]]), "attention": attention[None, :2]}
    found = writing.attended(tokenizer, nothing)
    assert scene_truth.attention_on_named([found[0]], [found[1]], [json.dumps(SCENE)]) is None
