"""The dictionary baseline learns what can be learned word by word, in scripts of every kind."""

import collections
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.translation import baselines
from recipes.translation.sources import Pairs

TOY = {
    "der": "the", "hund": "dog", "katze": "cat", "sieht": "sees", "rote": "red",
    "gro\u00dfe": "big", "l'homme": "man", "schnell": "quickly", "nie": "never", "!": "!",
}  # fmt: skip


def toy_pairs(count):
    """Random words with their translations in random order, under a word that says nothing."""
    draw = random.Random(0)
    for _ in range(count):
        source = draw.sample(list(TOY), 4)
        target = [*map(TOY.get, source), "well"]
        draw.shuffle(target)
        yield " ".join(source), " ".join(target)


def test_the_dictionary_is_learnt_whatever_the_order():
    sources, targets = zip(*toy_pairs(300), strict=True)
    dictionary = baselines.learn(sources, targets)
    assert dictionary == TOY
    assert baselines.learn(sources, targets) == dictionary


words = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(words, words), min_size=1, max_size=8), st.integers(1, 4))
def test_the_dictionary_is_that_of_the_definition(pairs, iterations):
    chance = collections.defaultdict(lambda: 1.0)
    for _ in range(iterations):
        count, total = collections.Counter(), collections.Counter()
        for source, target in pairs:
            for word in target:
                whole = sum(chance[left, word] for left in ["", *source])
                for left in ["", *source]:
                    count[left, word] += chance[left, word] / whole
                    total[left] += chance[left, word] / whole
        chance = {(left, word): count[left, word] / total[left] for left, word in count}
    sources, targets = ([" ".join(side) for side in sides] for sides in zip(*pairs, strict=True))
    learnt = baselines.learn(sources, targets, iterations)
    assert set(learnt) == {left for left, _ in chance if left}
    for left, word in learnt.items():
        best = max(value for (other, _), value in chance.items() if other == left)
        assert chance[left, word] == pytest.approx(best)


def test_translation_is_word_by_word_and_copies_what_it_does_not_know():
    translated = baselines.translate(TOY, ["Der rote Dackel sieht l'homme nie!"])
    assert translated == ["the red dackel sees man never!"]
    (cased,) = baselines.translate(TOY, ["Der Hund sieht"], lowercase=False)
    assert cased == "Der Hund sees"


def test_a_large_corpus_is_read_in_part(monkeypatch):
    monkeypatch.setattr(baselines, "MOST_CELLS", 200)
    pairs = [(f"wort{i} a b c", f"word{i} x y z") for i in range(100)]
    dictionary = baselines.learn(*zip(*pairs, strict=True))
    known = sum(word.startswith("wort") for word in dictionary)
    assert known == 11, "eleven pairs of 5 x 4 cells are the first above 200"


DOG, CAT, SEE, ME = "狗", "猫", "看", "我"
WORDS = {DOG: "dog", CAT: "cat", SEE: "see", ME: "i", "。": "."}


def test_a_character_is_a_word_where_there_are_no_spaces():
    draw = random.Random(0)
    rows = [draw.sample(list(WORDS), 4) for _ in range(60)]
    chinese = ["".join(row) for row in rows]
    english = [" ".join(map(WORDS.get, row)) for row in rows]
    to_english = baselines.dictionary(Pairs(chinese, english, [""] * 60))
    assert to_english([f"{ME}{SEE}{DOG}。"]) == ["i see dog ."]
    to_chinese = baselines.dictionary(Pairs(english, chinese, [""] * 60))
    assert to_chinese(["I see dog."]) == [f"{ME}{SEE}{DOG}。"]


def test_combining_marks_belong_to_their_words():
    hindi = "मैं हिन्दी बोलता हूँ।"
    assert baselines.split(hindi) == [*hindi[:-1].split(), "।"]
    assert baselines.split("ที่นี่ it's") == [
        "ที่", "นี่", "it's",
    ]  # fmt: skip
