"""Scores of captions are those of the papers, in every script."""

import collections
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.captioning.scores import (
    CiderD,
    bleu,
    distinct_share,
    document_frequencies,
    measure,
    rouge_l,
    signature,
    tokens,
    vocabulary,
)

sentences = st.lists(st.sampled_from("abcde"), max_size=7).map(" ".join)
# One caption and one to four references for each image.
images = st.lists(
    st.tuples(sentences, st.lists(sentences, min_size=1, max_size=4)), min_size=1, max_size=5
)


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("A dog, in the snow .", "a dog in the snow"),
        ('The "tri-colored" dog isn\'t here!', "the tri-colored dog isn't here"),
        ("Two men--one old--play; 3 watch...", "two men one old play 3 watch"),
        ("It’s a girl 's T-shirt", "it's a girl s t-shirt"),
        ("'quoted' -dashed- snake_case", "quoted dashed snake case"),
        ("Ein Mädchen & ein Hund", "ein mädchen ein hund"),
        ("Ein Ma\u0308dchen", "ein mädchen"),
        ("ΟΙ ΤΟΥΣ τους;", "οι τουσ τους"),
        ("一只狗，在跑。", "一 只 狗 在 跑"),
        ("किताब है ।", "किताब है"),
        ("don’t… café_noir ！", "don't café noir"),
        ("", ""),
        (" ... ", ""),
    ],
)
def test_tokens(caption, expected):
    assert tokens(caption) == expected.split()


GUIDE = [
    "It is a guide to action that ensures that the military will forever heed Party commands.",
    "It is the guiding principle which guarantees the military forces always being under the "
    "command of the Party.",
    "It is the practical guide for the army always to heed the directions of the party.",
]
GOOD = (
    "It is a guide to action which ensures that the military always obeys the commands of the "
    "party."
)
BAD = "It is to insure the troops forever hearing the activity guidebook that party direct."


def test_bleu_of_the_examples_of_its_paper():
    mat = ["The cat is on the mat.", "There is a cat on the mat."]
    scores = bleu(["the the the the the the the."], [mat])
    assert scores["bleu1"] == pytest.approx(100 * 2 / 7)
    assert scores["bleu2"] == scores["bleu4"] == 0
    good, bad = (bleu([caption], [GUIDE]) for caption in (GOOD, BAD))
    assert good["bleu1"] == pytest.approx(100 * 17 / 18)
    assert good["bleu2"] == pytest.approx(100 * math.sqrt(17 / 18 * 10 / 17))
    brevity = math.exp(1 - 16 / 14)
    assert bad["bleu1"] == pytest.approx(100 * brevity * 8 / 14)
    assert bad["bleu2"] == pytest.approx(100 * brevity * math.sqrt(8 / 14 * 1 / 13))
    short = bleu(["of the"], [GUIDE])
    assert short["bleu1"] == pytest.approx(100 * math.exp(1 - 16 / 2))


def parts(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def naive_bleu(captions, references, order):
    """Equations 1 to 3 of the paper with uniform weights, 0 to 100."""
    product, length, closest = 1.0, 0, 0
    for n in range(1, order + 1):
        matches = total = 0
        for caption, row in zip(captions, references, strict=True):
            grams = parts(caption.split(), n)
            total += len(grams)
            for gram in set(grams):
                most = max(parts(reference.split(), n).count(gram) for reference in row)
                matches += min(grams.count(gram), most)
        product *= (matches / total if total else 0) ** (1 / order)
    for caption, row in zip(captions, references, strict=True):
        words = len(caption.split())
        length += words
        lengths = [len(reference.split()) for reference in row]
        closest += min(lengths, key=lambda other: (abs(other - words), other))
    if not length:
        return 0
    return 100 * min(1, math.exp(1 - closest / length)) * product


@settings(max_examples=200, deadline=None)
@given(images)
def test_bleu_is_that_of_the_definition(rows):
    captions, references = zip(*rows, strict=True)
    scores = bleu(captions, references)
    expected = [naive_bleu(captions, references, n) for n in (1, 2, 3, 4)]
    assert list(scores) == ["bleu1", "bleu2", "bleu3", "bleu4"]
    assert list(scores.values()) == pytest.approx(expected, abs=1e-6)


def test_cider_of_an_example_by_hand():
    scorer = CiderD([["A dog runs."], ["A cat sleeps."]])
    # Of each order half of what has a weight is common: "dog" of two words, "a dog" of two pairs.
    assert scorer.of([0], ["a dog sleeps"]) == pytest.approx(10 * (1 / 2 + 1 / 2) / 4)
    # Twice "dog" counts once, and the caption is a word too short.
    clipped = 10 / 4 / (2 * math.sqrt(2)) * math.exp(-1 / 72)
    assert scorer.of([0], ["dog dog"]) == pytest.approx(clipped)


def test_cider_of_a_caption_that_is_the_only_reference_is_ten():
    references = [["a dog runs over the snow"], ["two men sit by a lake"], ["a red car"]]
    scores = CiderD(references).score([row[0] for row in references])
    # The last has no run of four words, which leaves three orders of four.
    assert scores == pytest.approx([10, 10, 7.5])
    longer = CiderD(references).of([0], ["a dog runs over the snow " * 3])
    assert 0 < longer[0] < 10 * math.exp(-(12**2) / 72)


def test_cider_without_words_or_with_one_image_is_zero():
    scorer = CiderD([["a dog runs", ""], ["a cat sleeps"]])
    assert scorer.of([0, 0, 1, 1], ["", " .", "", "zebra"]).tolist() == [0, 0, 0, 0]
    assert scorer.of([0], ["a dog runs"]) == pytest.approx(7.5 / 2)  # the other reference is empty
    assert CiderD([["a dog runs over the snow"]]).score(["a dog runs over the snow"]) == [0]
    assert CiderD([[""], [""]]).score(["", "a dog"]).tolist() == [0, 0]


def naive_cider_d(caption, row, corpus, total):
    """CIDEr-D with a dense vector of all n-grams in sight, clipped, with its Gaussian."""
    everything = [text for texts in corpus for text in texts] + [caption, *row]
    value = 0.0
    for n in (1, 2, 3, 4):
        axis = sorted({gram for text in everything for gram in parts(text.split(), n)})
        weights = []
        for gram in axis:
            having = sum(any(gram in parts(t.split(), n) for t in texts) for texts in corpus)
            weights.append(math.log(total / max(1, having)))

        def vector(text, n=n, axis=axis, weights=weights):
            counts = [parts(text.split(), n).count(gram) for gram in axis]
            return np.array(counts, float) * weights

        for reference in row:
            left, right = vector(caption), vector(reference)
            norms = np.linalg.norm(left) * np.linalg.norm(right)
            if norms:
                difference = len(caption.split()) - len(reference.split())
                cosine = np.minimum(left, right) @ right / norms
                value += 10 * cosine * math.exp(-(difference**2) / 72) / len(row) / 4
    return value


@settings(max_examples=100, deadline=None)
@given(images, st.none() | st.lists(st.lists(sentences, max_size=3), min_size=1, max_size=5))
def test_cider_is_that_of_the_definition(rows, corpus):
    captions, references = zip(*rows, strict=True)
    scorer = CiderD(references, corpus and document_frequencies(corpus))
    corpus = corpus or references
    expected = [
        naive_cider_d(caption, row, corpus, len(corpus))
        for caption, row in zip(captions, references, strict=True)
    ]
    assert scorer.score(captions).tolist() == pytest.approx(expected)
    chosen = [len(rows) - 1, 0, 0]
    several = scorer.of(chosen, [captions[i] for i in chosen])
    assert several.tolist() == pytest.approx([expected[i] for i in chosen])


def test_rouge_of_the_examples_of_its_paper():
    # Precision equals recall in all of them, so that beta does not matter.
    police = "police killed the gunman"
    for caption, expected in [
        ("police kill the gunman", 3 / 4),
        ("the gunman kill police", 2 / 4),
        ("the gunman police killed", 2 / 4),
    ]:
        assert rouge_l([caption], [[police]]) == pytest.approx(expected)
    for caption in ("A B C D H I K", "A H B K C I D"):
        assert rouge_l([caption], [["A B C D E F G"]]) == pytest.approx(4 / 7)


def naive_rouge_l(caption, row):
    """The longest of all subsequences, listed; precision and recall each of its best reference."""

    def all_of(words):
        picks = itertools.product([False, True], repeat=len(words))
        return {tuple(itertools.compress(words, pick)) for pick in picks}

    words = caption.split()
    precisions, recalls = [0.0], [0.0]
    for reference in row:
        common = max(len(part) for part in all_of(words) & all_of(reference.split()))
        if common:
            precisions.append(common / len(words))
            recalls.append(common / len(reference.split()))
    precision, recall = max(precisions), max(recalls)
    return precision and (1 + 1.44) * precision * recall / (recall + 1.44 * precision)


@settings(max_examples=60, deadline=None)
@given(images)
def test_rouge_is_that_of_the_definition(rows):
    captions, references = zip(*rows, strict=True)
    expected = [naive_rouge_l(*pair) for pair in rows]
    assert rouge_l(captions, references) == pytest.approx(np.mean(expected))


def test_measure_gives_all_figures():
    references = [
        ["A dog runs over the snow.", "a dog in snow"],
        ["Two men sit by a lake."],
        ["a red car on a road", "The car is red", "a fast car"],
    ]
    captions = [row[0] for row in references]
    figures = measure(captions, references)
    assert list(figures) == [
        "bleu1", "bleu2", "bleu3", "bleu4", "cider", "rouge_l", "distinct", "vocabulary",
    ]  # fmt: skip
    assert [figures[f"bleu{n}"] for n in (1, 2, 3, 4)] == pytest.approx([100] * 4)
    assert figures["rouge_l"] == pytest.approx(1)
    assert figures["cider"] == pytest.approx(CiderD(references).score(captions).mean())
    assert figures["distinct"] == 1
    assert figures["vocabulary"] == 15
    nothing = measure(["", "", ""], references)
    assert not any(value for name, value in nothing.items() if name != "distinct")
    longer = measure([caption + " and then some more words" for caption in captions], references)
    for name in ("bleu1", "bleu4", "cider", "rouge_l"):
        assert 0 < longer[name] < figures[name]


def test_human_captions_of_flickr8k_score_what_the_coco_tools_say(real_data):
    folder = real_data / "flickr8k"
    if not folder.is_dir():
        pytest.skip(f"{real_data} has no flickr8k")
    captions = collections.defaultdict(list)
    for line in (folder / "captions.txt").read_text(encoding="utf-8").splitlines():
        name, caption = line.split("\t")
        captions[name.partition("#")[0]].append(caption)
    rows = [captions[name] for name in (folder / "dev_images.txt").read_text().split()]
    figures = [
        measure([row[k] for row in rows], [row[:k] + row[k + 1 :] for row in rows])
        for k in range(5)
    ]
    # Most images have their captions in alphabetical order, so that the five are not alike.
    assert [each["bleu4"] for each in figures] == pytest.approx(
        [21.16, 23.98, 22.54, 21.61, 19.48], abs=0.05
    )
    # pycocoevalcap 1.2 with its tokenizer in Java gives these means.
    for name, expected, error in [
        ("bleu1", 64.35, 0.05), ("bleu4", 21.75, 0.05), ("cider", 0.8323, 1e-3),
        ("rouge_l", 0.4958, 1e-3),
    ]:  # fmt: skip
        assert np.mean([each[name] for each in figures]) == pytest.approx(expected, abs=error)


@pytest.mark.parametrize(
    "captions",
    [
        ["一只狗在雪里跑", "两个男人坐在湖边"],
        ["Одна собака бежит по снегу", "Два человека у озера"],
    ],
)
def test_captions_equal_to_their_references_are_perfect_in_every_script(captions):
    scores = measure(captions, [[caption] for caption in captions])
    assert scores["bleu4"] == pytest.approx(100)
    assert scores["cider"] == pytest.approx(10)
    assert scores["rouge_l"] == pytest.approx(1)


def test_what_differs_in_marks_alone_is_not_distinct():
    captions = ["A dog.", "a dog", "a cat", "A dog!"]
    assert distinct_share(captions) == 1 / 2
    assert vocabulary(captions) == 3


def test_numbers_of_captions_and_images_must_agree():
    references = [["a dog"], ["a cat"]]
    for score in (bleu, rouge_l, measure, lambda captions, rows: CiderD(rows).score(captions)):
        with pytest.raises(ValueError):
            score(["a dog"], references)


def test_the_signature_tells_what_is_counted():
    import sacrebleu

    line = signature()
    for part in (f"version:{sacrebleu.__version__}", "tok:none", "smooth:none", "n 1-4", "sigma 6"):
        assert part in line
    assert "nrefs" not in line
