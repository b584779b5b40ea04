"""The embedded scenes: true captions, the same bytes each time, with held-out combinations."""

import collections
import hashlib
import itertools
import json
import re
import time

import numpy as np
import pytest

from recipes.common.data import catalog
from recipes.datasets import rendered_scenes
from recipes.datasets.draw import Draw
from recipes.datasets.scenes import drawing, language

COLOURS, SHAPES = list(drawing.COLOURS), drawing.SHAPES
TEXTURES, NUMERALS = drawing.TEXTURES, ["two", "three", "four"]
PAIRS = "above below upper lower left right top bottom small large stripes dots it them is are"
ONES, OTHERS = PAIRS.split()[::2], PAIRS.split()[1::2]
OPPOSITES = dict(zip([*ONES, *OTHERS, "under"], [*OTHERS, *ONES, "above"], strict=True))
KEYS = ("texture", "colour", "shape")
# Of the pictures, captions and descriptions of 300 scenes of each split.
DIGESTS = {
    "train": "38a604806998b44c",
    "validation": "75b5eb3be0932165",
    "test": "8b8cbd386b240923",
}


@pytest.fixture(scope="module")
def splits():
    return {split: list(rendered_scenes.scenes(split)) for split in rendered_scenes.SIZES}


@pytest.fixture(scope="module")
def everything(splits):
    return [pair for pairs in splits.values() for pair in pairs]


@pytest.fixture(scope="module")
def captioned(everything):
    """Each caption of some thousand scenes, as its words, with the scene."""
    return [(text.split(), scene) for scene, texts in everything[::3] for text in texts]


def thing(look, x, y):
    """An object that looks as the words say."""
    look = dict(zip(("size", *KEYS), look.split(), strict=True))
    return look | {"x": x, "y": y, "radius": rendered_scenes.RADII[look["size"]][0]}


def scene_of(*objects):
    return {"background": "black", "objects": [thing(*item) for item in objects]}


THREE = scene_of(
    ("small striped red circle", 12, 12),
    ("large plain red circle", 14, 50),
    ("small dotted blue ring", 52, 14),
)


def spell_articles(words):
    """A text with "a" and "an" as the next words want them, so that only the sense is wrong."""
    text = re.sub(r"\ban\b", "a", " ".join(words))
    return re.sub(r"\ba(?= [aeiou])", "an", text)


def test_sizes_and_distinctness(splits, everything):
    assert {split: len(pairs) for split, pairs in splits.items()} == rendered_scenes.SIZES
    assert len(everything) >= 10_000
    pictures = (drawing.draw(scene).tobytes() for scene, _ in everything)
    digests = {hashlib.sha256(picture).digest() for picture in pictures}
    assert len(digests) == len(everything), "a picture comes twice, in one split or in two"


def test_captions_are_plain_words_known_from_training(splits, everything):
    known = {word for _, texts in splits["train"] for text in texts for word in text.split(" ")}
    assert 50 <= len(known) <= 70
    for _, texts in everything:
        assert len(set(texts)) == len(texts) == language.CAPTIONS
        for text in texts:
            assert re.fullmatch(r"[a-z]+( [a-z]+)*", text)
            assert set(text.split(" ")) <= known
            assert 3 <= len(text.split(" ")) <= 19


def test_all_captions_are_true_and_name_every_object(everything):
    for scene, texts in everything[::2]:
        for text in texts:
            assert language.is_true(text, scene), (text, scene)
            named = language.named_objects(text.split(), scene).values()
            assert {*itertools.chain(*named)} == {*range(len(scene["objects"]))}, (text, scene)


def wrong_words(word):
    """Words that make a caption false in the place of this one."""
    plurals = list(language.PLURALS.values())
    kinds = [kind for kind in (COLOURS, SHAPES, TEXTURES, NUMERALS, plurals) if word in kind]
    wrong = [other for kind in kinds for other in kind if other != word]
    return [*wrong, OPPOSITES[word]] if word in OPPOSITES else wrong


def test_a_caption_with_a_wrong_word_is_false(captioned):
    changed = collections.Counter()
    for words, scene in captioned[::6]:
        for position, word in enumerate(words):
            for other in wrong_words(word):
                wrong = spell_articles([*words[:position], other, *words[position + 1 :]])
                assert not language.is_true(wrong, scene), (words, wrong, scene)
                changed[word] += 1
    assert min(changed.values()) > 20
    assert len(changed) >= 40


def test_a_relation_the_other_way_round_or_across_is_false(captioned):
    for words, scene in captioned:
        for relation, other in itertools.permutations(language.RELATIONS, 2):
            one, found, rest = " ".join(words).partition(f" {relation} ")
            if found:
                same = {relation, other} == {"under", "below"}
                assert language.is_true(f"{one} {other} {rest}", scene) == same
                assert not language.is_true(f"{rest} {relation} {one}", scene)


def test_a_caption_without_a_word_says_less_or_is_no_sentence(captioned):
    attributes = {*language.SIZES, *TEXTURES}
    for words, scene in captioned[::2]:
        for position, word in enumerate(words):
            rest = spell_articles(words[:position] + words[position + 1 :])
            if word in attributes or (word in ("is", "are") and "there" not in words):
                assert language.is_true(rest, scene), rest
            else:
                assert language.statements(rest) is None, rest


def test_captions_are_false_of_most_other_scenes(everything):
    draw = Draw("others")
    others = [draw.one_of(everything)[0] for _ in range(400)]
    for _ in range(120):
        text = draw.one_of(draw.one_of(everything)[1])
        assert sum(language.is_true(text, scene) for scene in others) < 0.05 * len(others), text


def test_what_is_no_sentence():
    scene = scene_of(("small plain red circle", 10, 10))
    for text in (
        "", " ", "a", "circle", "red circle", "a circle", "a red", "circle red a",
        "a orange circle", "an red circle", "a red circles", "two red circle", "one red circle",
        "five red circles", "a red small circle", "a striped small red circle",
        "a striped red circle with dots", "a plain red circle with stripes", "A red circle",
        "a red circle .", "a  red circle", " a red circle", "a red circle ", "a red circle\n",
        "there are a red circle", "there is two red circles", "a red circle and",
        "a red circle and a blue ring and a green square", "a red circle above", "above a red ring",
        "two red squares with a blue ring above it", "a red square with a blue ring above them",
        "a red circle in the upper middle corner", "a red circle with a blue ring",
        "a red circle is", "there is a red circle is above a blue ring", "a red crosss",
    ):  # fmt: skip
        assert language.statements(text) is None, text
        assert not language.is_true(text, scene), text


def test_what_captions_state():
    circle = language.Phrase(1, None, "striped", "red", "circle")
    crosses = language.Phrase(2, "small", None, "orange", "cross")
    both = {language.Statement(circle), language.Statement(crosses)}
    for text in (
        "a striped red circle above two small orange crosses",
        "the picture shows two small orange crosses with a red circle with stripes above them",
        "above two small orange crosses there is a striped red circle",
        "a striped red circle is above two small orange crosses",
    ):
        above = language.Statement(circle, "above", crosses)
        assert {*language.statements(text)} == both | {above}, text
    middle = language.Statement(circle, "in the middle")
    assert language.statements("in the middle there is a red circle with stripes") == [middle]


def test_truth_is_read_from_the_description():
    for text in (
        "two red circles", "a small red circle", "a large red circle and a small red circle",
        "a striped red circle is in the upper left corner", "a small red circle at the top",
        "you can see two red circles on the left side", "a blue ring to the right of a red circle"
        " with stripes", "a plain red circle under a red circle with stripes",
        "there is a blue ring with a striped red circle to the left of it",
        "two red circles to the left of a blue ring", "a blue ring and a plain red circle",
    ):  # fmt: skip
        assert language.is_true(text, THREE), text
    for text in (
        "a red circle", "three red circles", "two small red circles", "a blue circle",
        "a red ring", "a blue ring and a dotted blue ring", "a blue ring above a plain red square",
        "two red circles in the upper left corner", "a blue ring in the upper left corner",
        "a small red circle in the middle", "a small red circle to the right of a blue ring",
        "a small red circle above a blue ring", "two red circles above a blue ring",
        "a blue ring above a blue ring",
    ):  # fmt: skip
        assert not language.is_true(text, THREE), text


def test_named_objects():
    for text, named in {
        "two red circles": {2: [0, 1]},
        "you can see a red circle with stripes above a red ring": {5: [0], 11: []},
        "a large circle and two blue rings with dots": {2: [1], 6: [2]},
        "a large blue ring": {3: []},
        "circle of of red": {0: [0, 1]},
        "rings rings": {0: [2], 1: [2]},
        "a red": {},
        "": {},
    }.items():  # fmt: skip
        assert language.named_objects(text.split(), THREE) == named, text


def test_held_out_combinations_are_in_the_test_alone(splits):
    combinations = list(itertools.product(TEXTURES, COLOURS, SHAPES))
    held_out = {kind for kind in combinations if rendered_scenes.is_held_out(*kind)}
    assert len(held_out) == 15
    for one, other in itertools.combinations(range(3), 2):
        pairs = collections.Counter((kind[one], kind[other]) for kind in held_out)
        assert max(pairs.values()) == 1, "a pair would be rarer than others"
    seen = collections.Counter()
    for split, pairs in splits.items():
        for scene, _ in pairs:
            shown = {tuple(item[key] for key in KEYS) for item in scene["objects"]}
            assert bool(shown & held_out) == (split == "test")
            seen.update((split, kind) for kind in shown)
    assert all(seen["test", kind] >= 20 for kind in held_out)
    assert all(seen["train", kind] >= 50 for kind in combinations if kind not in held_out)


def test_objects_are_inside_and_apart(everything):
    for scene, _ in everything:
        for item in scene["objects"]:
            assert min(item["x"], item["y"]) - item["radius"] > 0
            assert max(item["x"], item["y"]) + item["radius"] < drawing.SIDE - 1
        for one, other in itertools.combinations(scene["objects"], 2):
            away = max(abs(one["x"] - other["x"]), abs(one["y"] - other["y"]))
            assert away > one["radius"] + other["radius"] + rendered_scenes.GAP


def test_masks_are_the_pixels_of_the_objects(everything):
    for scene, _ in everything[::10]:
        picture = drawing.draw(scene)
        masks = [drawing.mask(item) for item in scene["objects"]]
        background = (picture == drawing.BACKGROUNDS[scene["background"]]).all(-1)
        assert (np.sum(masks, axis=0) == ~background).all()
        for item, inside in zip(scene["objects"], masks, strict=True):
            colour = drawing.COLOURS[item["colour"]]
            plain = (picture[inside] == colour).all(-1).mean()
            assert plain == 1 if item["texture"] == "plain" else 0.4 < plain < 0.92


def test_all_looks_differ_clearly():
    colours, backgrounds = drawing.COLOURS.values(), drawing.BACKGROUNDS.values()
    for one, other in itertools.combinations([*colours, *backgrounds], 2):
        assert one in backgrounds or np.linalg.norm(np.subtract(one, other)) > 80
    for radius in itertools.chain(*rendered_scenes.RADII.values()):
        pictures = []
        for shape, texture in itertools.product(SHAPES, TEXTURES):
            item = thing(f"small {texture} white {shape}", 30, 30) | {"radius": radius}
            pictures.append(drawing.draw({"background": "black", "objects": [item]}))
        for one, other in itertools.combinations(pictures, 2):
            assert (one != other).any(-1).sum() >= 8


def test_the_scenes_are_always_the_same(splits):
    # The pictures and not their files, as those are compressed by what Pillow brings along.
    digests = {}
    for split, pairs in splits.items():
        digest = hashlib.sha256()
        for scene, texts in pairs[:300]:
            digest.update(drawing.draw(scene).tobytes())
            digest.update("\n".join([*texts, rendered_scenes.described(scene)]).encode())
        digests[split] = digest.hexdigest()[:16]
    assert digests == DIGESTS


def test_prepared_in_seconds_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        builder = rendered_scenes.RenderedScenes(data_dir=str(tmp_path / name))
        started = time.process_time()
        catalog.prepare(builder, "rendered_scenes")
        assert time.process_time() - started < 20  # 10 s is asked of a quiet machine
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append({path.name: hashlib.sha256(path.read_bytes()).digest() for path in files})
    assert digests[0] == digests[1]
    sizes = {name: split.num_examples for name, split in builder.info.splits.items()}
    assert sizes == rendered_scenes.SIZES
    pairs = rendered_scenes.scenes("validation")
    texts = {rendered_scenes.described(scene): texts for scene, texts in pairs}
    for example in builder.as_dataset(split="validation").as_numpy_iterator():
        scene = example["scene"].decode()
        assert [text.decode() for text in example["captions"]] == texts.pop(scene)
        assert (example["image"] == drawing.draw(json.loads(scene))).all()
    assert not texts
