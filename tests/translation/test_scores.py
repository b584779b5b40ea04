"""Scores of translations are sacrebleu's own; the dictionary learns what can be learnt."""

import collections
import json
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.translation import baselines
from recipes.translation.scores import bleu_by_length, corpus_scores, exact_match, signatures

REFERENCES = [
    "A man in an orange hat starring at something.",
    "A Boston Terrier is running on lush green grass in front of a white fence.",
    "A girl in karate uniform breaking a stick with a front kick.",
]
HYPOTHESES = [
    "a man in an orange hat is looking at something.",
    "a boston terrier running on green grass in front of a white fence.",
    "a girl in a karate uniform is breaking a stick with a kick.",
]


@pytest.mark.parametrize("lowercase", [True, False])
def test_scores_are_those_of_the_command_line(lowercase, tmp_path):
    for name, lines in (("references", REFERENCES), ("hypotheses", HYPOTHESES)):
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-m", "sacrebleu", "references", "-i", "hypotheses", "-w", "6"]
    command += ["-m", "bleu", "chrf", *["-lc", "--chrf-lowercase"][: 2 * lowercase]]
    out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    bleu, chrf = json.loads(out.stdout)
    scores = corpus_scores(HYPOTHESES, REFERENCES, lowercase)
    assert scores["bleu"] == pytest.approx(bleu["score"], abs=1e-6)
    assert scores["chrf"] == pytest.approx(chrf["score"], abs=1e-6)
    assert signatures(lowercase) == {"bleu": bleu["signature"], "chrf": chrf["signature"]}


def test_scores_of_perfect_and_of_empty_translations():
    assert corpus_scores(REFERENCES, REFERENCES)["bleu"] == pytest.approx(100)
    assert corpus_scores(["", "", ""], REFERENCES)["bleu"] == 0


def test_bleu_by_length_groups_by_the_words_of_the_source():
    lengths = [0, 5, 6, 10, 10, 60]
    sources = ["w " * length for length in lengths]
    references = [
        f"the {name} sat on the mat" for name in ("cat", "dog", "cow", "ox", "hen", "eel")
    ]
    hypotheses = [*references[:2], "the cow lay on the mat", *references[3:5], "nothing"]
    groups = bleu_by_length(sources, hypotheses, references)
    assert [(group["words"], group["count"]) for group in groups] == [
        ("1-5", 2), ("6-10", 3), ("51+", 1),
    ]  # fmt: skip
    assert (groups[0]["first"], groups[0]["last"], groups[2]["last"]) == (1, 5, None)
    assert groups[0]["bleu"] == pytest.approx(100)
    assert groups[1]["bleu"] == corpus_scores(hypotheses[2:5], references[2:5])["bleu"]
    assert 50 < groups[1]["bleu"] < 95
    assert groups[2]["bleu"] < 1


def test_exact_match_looks_past_case_and_white_space():
    hypotheses = ["The  cat ", "a dog", "an ox"]
    assert exact_match(hypotheses, ["the cat", "a dog", "an ax"]) == pytest.approx(2 / 3)
    assert exact_match(hypotheses, ["the cat", "a dog", "an ax"], lowercase=False) == 1 / 3


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
    monkeypatch.setattr(baselines, "ENOUGH", 200)
    pairs = [(f"wort{i} a b c", f"word{i} x y z") for i in range(100)]
    dictionary = baselines.learn(*zip(*pairs, strict=True))
    known = sum(word.startswith("wort") for word in dictionary)
    assert known == 11, "eleven pairs of 5 x 4 cells are the first above 200"
