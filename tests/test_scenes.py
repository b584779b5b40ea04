"""The embedded scenes: true captions, the same bytes each time, with held-out combinations."""

import collections
import hashlib
import io
import itertools
import json
import re
import time

import numpy as np
import pytest
from PIL import Image

from recipes.common import catalog
from recipes.datasets import rendered_scenes, scene_drawing
from recipes.datasets import scene_language as language
from recipes.datasets.draw import Draw

COLOURS, SHAPES = list(scene_drawing.COLOURS), scene_drawing.SHAPES
TEXTURES, NUMERALS = scene_drawing.TEXTURES, ["two", "three", "four"]
OPPOSITES = {
    "above": "below", "below": "above", "under": "above", "upper": "lower", "lower": "upper",
    "left": "right", "right": "left", "top": "bottom", "bottom": "top", "it": "them", "them": "it",
    "small": "large", "large": "small", "stripes": "dots", "dots": "stripes", "is": "are",
    "are": "is",
}  # fmt: skip
# Of the pictures, captions and descriptions of the first 300 scenes of each split.
DIGESTS = {}


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
    size, texture, colour, shape = look.split()
    radius = rendered_scenes.RADII[size][0]
    look = {"size": size, "texture": texture, "colour": colour, "shape": shape}
    return look | {"x": x, "y": y, "radius": radius}


def scene_of(*objects):
    return {"background": "black", "objects": [thing(*item) for item in objects]}


def spell_articles(words):
    """With "a" and "an" as the next words want them, so that only the sense can be wrong."""
    pairs = itertools.pairwise([*words, ""])
    return [
        ("an" if following[:1] in tuple("aeiou") else "a") if word in ("a", "an") else word
        for word, following in pairs
    ]


def test_sizes_and_distinctness(splits, everything):
    assert {split: len(pairs) for split, pairs in splits.items()} == rendered_scenes.SIZES
    assert len(everything) >= 10_000
    pictures = {hashlib.sha256(scene_drawing.draw(scene).tobytes()) for scene, _ in everything}
    digests = {picture.digest() for picture in pictures}
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
    for scene, texts in everything:
        for text in texts:
            assert language.is_true(text, scene), (text, scene)
            named = language.named_objects(text.split(), scene).values()
            assert {*itertools.chain(*named)} == {*range(len(scene["objects"]))}, (text, scene)


def wrong_words(word):
    """Words that make a caption false in the place of this one."""
    alike = [COLOURS, SHAPES, TEXTURES, NUMERALS, [noun for noun in language.NOUNS if noun[-2:] in
             ("es", "gs", "ds")], ["upper", "lower"]]  # fmt: skip
    wrong = [other for words in alike for other in words if word in words and other != word]
    return wrong + [OPPOSITES[word]] * (word in OPPOSITES)


def test_a_caption_with_a_wrong_word_is_false(captioned):
    changed = collections.Counter()
    for words, scene in captioned[::2]:
        for position, word in enumerate(words):
            for other in wrong_words(word):
                wrong = spell_articles([*words[:position], other, *words[position + 1 :]])
                assert not language.is_true(" ".join(wrong), scene), (words, wrong, scene)
                changed[word] += 1
    assert min(changed.values()) > 50
    assert len(changed) > 45


def test_a_relation_the_other_way_round_or_across_is_false(captioned):
    for words, scene in captioned:
        text = " ".join(words)
        for relation in language.RELATIONS:
            before, found, after = text.partition(f" {relation} ")
            if found and not before.startswith("there") and not after.startswith(("it", "them")):
                for other in language.RELATIONS:
                    same = {relation, other} <= {"under", "below"} or relation == other
                    assert language.is_true(f"{before} {other} {after}", scene) == same
                phrase = before.split(" of ")[-1].split(" shows ")[-1].split(" see ")[-1]
                if before == phrase:
                    assert not language.is_true(f"{after} {relation} {before}", scene)


def test_a_caption_without_a_word_is_no_sentence_unless_the_word_is_an_attribute(captioned):
    may_go = {*language.SIZES, *TEXTURES, "is", "are"}
    for words, scene in captioned[::2]:
        for position, word in enumerate(words):
            rest = spell_articles(words[:position] + words[position + 1 :])
            if word not in may_go:
                assert language.statements(" ".join(rest)) is None, rest
            else:
                assert language.is_true(" ".join(rest), scene), rest


def test_captions_are_false_of_most_other_scenes(everything):
    draw = Draw("others")
    others = [draw.one_of(everything)[0] for _ in range(400)]
    for _ in range(120):
        text = draw.one_of(draw.one_of(everything)[1])
        assert sum(language.is_true(text, scene) for scene in others) < 0.05 * len(others), text


@pytest.mark.parametrize(
    "text",
    [
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
    ],
)  # fmt: skip
def test_no_sentences(text):
    assert language.statements(text) is None
    assert not language.is_true(text, scene_of(("small plain red circle", 10, 10)))


def test_what_captions_state():
    circle = language.Phrase(1, None, "striped", "red", "circle")
    crosses = language.Phrase(2, "small", None, "orange", "cross")
    above = language.Statement(circle, "above", crosses)
    both = [language.Statement(circle), language.Statement(crosses)]
    for text in (
        "a striped red circle above two small orange crosses",
        "the picture shows two small orange crosses with a red circle with stripes above them",
        "above two small orange crosses there is a striped red circle",
        "a striped red circle is above two small orange crosses",
    ):
        stated = language.statements(text)
        assert stated[-1] == above, text
        assert sorted(stated[:-1], key=str) == sorted(both, key=str), text
    assert language.statements("in the middle there is a red circle with stripes") == [
        language.Statement(circle, "in the middle")
    ]


def test_truth_is_read_from_the_description():
    scene = scene_of(
        ("small striped red circle", 12, 12),
        ("large plain red circle", 14, 50),
        ("small dotted blue ring", 52, 14),
    )
    for text in (
        "two red circles", "a small red circle", "a large red circle and a small red circle",
        "a striped red circle is in the upper left corner", "a small red circle at the top",
        "you can see two red circles on the left side", "a blue ring to the right of a red circle"
        " with stripes", "a plain red circle under a red circle with stripes",
        "there is a blue ring with a striped red circle to the left of it",
        "two red circles to the left of a blue ring", "a blue ring and a plain red circle",
    ):  # fmt: skip
        assert language.is_true(text, scene), text
    for text in (
        "a red circle", "three red circles", "two small red circles", "a blue circle",
        "a red ring", "a blue ring and a dotted blue ring", "a blue ring above a plain red square",
        "two red circles in the upper left corner", "a blue ring in the upper left corner",
        "a small red circle in the middle", "a small red circle to the right of a blue ring",
        "a small red circle above a blue ring", "two red circles above a blue ring",
        "a blue ring above a blue ring",
    ):  # fmt: skip
        assert not language.is_true(text, scene), text


def test_named_objects():
    scene = scene_of(
        ("small striped red circle", 12, 12),
        ("large plain red circle", 14, 50),
        ("small dotted blue cross", 52, 14),
    )
    for text, named in {
        "two red circles": {2: [0, 1]},
        "the picture shows a red circle with stripes above a plain red circle": {
            5: [0], 12: [1],
        },
        "a large circle and two blue crosses with dots": {2: [1], 6: [2]},
        "a large blue cross": {3: []},
        "circle of of red": {0: [0, 1]},
        "crosses crosses": {0: [2], 1: [2]},
        "a red": {},
        "": {},
    }.items():  # fmt: skip
        assert language.named_objects(text.split(), scene) == named, text


def test_held_out_combinations_are_in_the_test_alone(splits):
    combinations = [(word, shape) for word in COLOURS + TEXTURES for shape in SHAPES]
    held_out = {pair for pair in combinations if rendered_scenes.is_held_out(*pair)}
    assert len([pair for pair in held_out if pair[0] in COLOURS]) in (4, 5, 6)
    assert len([pair for pair in held_out if pair[0] in TEXTURES]) in (2, 3)
    seen = collections.Counter()
    for split, pairs in splits.items():
        for scene, texts in pairs:
            shown = {
                (item[key], item["shape"])
                for item in scene["objects"]
                for key in ("colour", "texture")
            }
            assert bool(shown & held_out) == (split == "test")
            seen.update((split, pair) for pair in shown)
            for text in texts if split != "test" else []:
                words = [language.NOUNS.get(word, word) for word in text.split()]
                assert not held_out & {*itertools.pairwise(words), *zip(words, words[2:])}
    assert all(seen["test", pair] >= 20 for pair in held_out)
    assert all(seen["train", pair] >= 100 for pair in combinations if pair not in held_out)


def test_objects_are_inside_and_apart(everything):
    edges = set()
    for scene, _ in everything:
        for item in scene["objects"]:
            low = min(item["x"], item["y"]) - item["radius"]
            high = max(item["x"], item["y"]) + item["radius"]
            assert 1 <= low < high <= scene_drawing.SIDE - 2
            edges |= {low, high}
        for one, other in itertools.combinations(scene["objects"], 2):
            away = max(abs(one["x"] - other["x"]), abs(one["y"] - other["y"]))
            assert away > one["radius"] + other["radius"] + rendered_scenes.GAP
    assert {1, scene_drawing.SIDE - 2} <= edges


def test_masks_are_the_pixels_of_the_objects(everything):
    for scene, _ in everything[::10]:
        picture = scene_drawing.draw(scene)
        masks = [scene_drawing.mask(item) for item in scene["objects"]]
        background = (picture == scene_drawing.BACKGROUNDS[scene["background"]]).all(-1)
        assert (np.sum(masks, axis=0) == ~background).all()
        for item, inside in zip(scene["objects"], masks, strict=True):
            colour = scene_drawing.COLOURS[item["colour"]]
            plain = (picture[inside] == colour).all(-1).mean()
            assert plain == 1 if item["texture"] == "plain" else 0.4 < plain < 0.95


def test_all_looks_differ_clearly():
    tones = [*scene_drawing.COLOURS.values(), *scene_drawing.BACKGROUNDS.values()]
    for one, other in itertools.combinations(tones, 2):
        if one in scene_drawing.COLOURS.values():
            assert np.linalg.norm(np.subtract(one, other)) > 80
    for radii in rendered_scenes.RADII.values():
        for radius in radii:
            pictures = {}
            for shape, texture in itertools.product(SHAPES, TEXTURES):
                item = thing(f"small {texture} white {shape}", 30, 30) | {"radius": radius}
                scene = {"background": "black", "objects": [item]}
                pictures[shape, texture] = scene_drawing.draw(scene)[..., 0]
            for one, other in itertools.combinations(pictures, 2):
                changed = pictures[one] != pictures[other]
                assert changed.sum() >= 4, (one, other, radius)


def test_png_has_the_same_pixels(everything):
    for scene, _ in everything[::50]:
        with Image.open(io.BytesIO(scene_drawing.as_png(scene))) as picture:
            read = np.asarray(picture.convert("RGB"))
        assert (read == scene_drawing.draw(scene)).all()


def test_the_scenes_are_always_the_same(splits):
    # The pictures and not their files, as those are compressed by what Pillow brings along.
    digests = {}
    for split, pairs in splits.items():
        digest = hashlib.sha256()
        for scene, texts in pairs[:300]:
            digest.update(scene_drawing.draw(scene).tobytes())
            digest.update("\n".join([*texts, rendered_scenes.described(scene)]).encode())
        digests[split] = digest.hexdigest()[:16]
    assert digests == DIGESTS


def test_prepared_in_seconds_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        scene_drawing._stencil.cache_clear()
        builder = rendered_scenes.RenderedScenes(data_dir=str(tmp_path / name))
        started = time.process_time()
        catalog.prepare(builder, "rendered_scenes")
        assert time.process_time() - started < 20  # 8 s on a quiet machine
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
    sizes = {name: split.num_examples for name, split in builder.info.splits.items()}
    assert sizes == rendered_scenes.SIZES
    texts = {
        rendered_scenes.described(scene): texts
        for scene, texts in rendered_scenes.scenes("validation")
    }
    for example in builder.as_dataset(split="validation").as_numpy_iterator():
        scene = example["scene"].decode()
        assert [text.decode() for text in example["captions"]] == texts.pop(scene)
        assert (example["image"] == scene_drawing.draw(json.loads(scene))).all()
    assert not texts
