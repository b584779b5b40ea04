"""The tasks: answers, distances, parts, and what a user types."""

import itertools

import numpy as np
import pytest

from recipes.common.errors import UserError
from recipes.memory import grammar, tasks
from recipes.memory.config import TASKS

PLACES = grammar.SLOTS["PLACE"]
DISTANCES = (5, 6, 7, 8, 25, 100)


def words_of(ids):
    return [tasks.VOCABULARY[token] for token in ids]


def drawn(task, distance, rows=50, seed=(0, 0, 0), part="train"):
    """Sequences as lists of words, each with its answer."""
    tokens, labels, weights = tasks.examples(task, distance, rows, seed, part)
    assert tokens.shape == labels.shape == weights.shape
    return [
        (words_of(row), words_of(label[weight > 0]))
        for row, label, weight in zip(tokens, labels, weights, strict=True)
    ]


@pytest.mark.parametrize("distance", DISTANCES)
def test_adding_asks_for_the_sum_of_two_marked_numbers(distance):
    seconds = set()
    for words, answer in drawn("adding", distance):
        marked = [place for place, word in enumerate(words) if word.startswith("*")]
        assert words[-1] == "="
        assert len(words) - 1 - marked[0] == distance
        assert len(marked) == 2
        assert marked[1] < max(2, distance // 2)
        assert [str(sum(int(words[place][1:]) for place in marked))] == answer
        seconds.add(marked[1])
    assert len(seconds) == len(range(1, max(2, distance // 2))) or distance > 50


@pytest.mark.parametrize("distance", DISTANCES)
def test_copying_asks_for_each_symbol_a_distance_later(distance):
    for words, answer in drawn("copying", distance):
        asked = words.index("recall")
        for number, symbol in enumerate(answer):
            assert words[asked + number - distance] == symbol
        assert words[asked + 1 :] == answer[:-1]
        assert set(words[len(answer) : asked]) <= set(tasks.NOISE)


@pytest.mark.parametrize("distance", DISTANCES)
def test_agreement_asks_for_the_language_of_the_first_place(distance):
    language = {place: name for name, places in grammar.PLACES.items() for place in places}
    others = 0
    for words, answer in drawn("agreement", distance):
        named = [place for place, word in enumerate(words) if word in language]
        assert " ".join(words[: named[0]]) in grammar.OPENINGS
        assert len(words) - 1 - named[0] == distance
        assert [language[words[named[0]]]] == answer
        assert " ".join(words).endswith(f" {grammar.ENDING}")
        others += len(named) - 1
    assert others > 50 or distance < 25, "other places stand between"


def test_sentences_of_one_part_are_in_no_other():
    parts = {
        part: {
            (words[1], words[4])  # of the opening, and the place
            for words, _ in drawn("agreement", 5, 2000, part=part)
        }
        for part in ("train", "validation", "test")
    }
    for one, other in itertools.combinations(parts.values(), 2):
        assert not one & other
        assert {place for _, place in one} == {place for _, place in other} == set(PLACES)


@pytest.mark.parametrize("task", TASKS)
def test_sequences_follow_from_their_seed(task):
    same = [drawn(task, 25, seed=(0, 1, 2)) for _ in range(2)]
    assert same[0] == same[1]
    for other in ({"seed": (1, 1, 2)}, {"seed": (0, 2, 2)}, {"seed": (0, 1, 3)}, {"part": "test"}):
        assert drawn(task, 25, **{"seed": (0, 1, 2), **other}) != same[0]


@pytest.mark.parametrize("task", TASKS)
def test_chance_is_the_share_of_the_commonest_answer(task):
    answers = [word for _, answer in drawn(task, 8, 4000) for word in answer]
    assert set(answers) == set(tasks.ANSWERS[task])
    commonest = max(map(answers.count, set(answers))) / len(answers)
    assert commonest == pytest.approx(tasks.CHANCE[task], abs=0.025)


@pytest.mark.parametrize("task", TASKS)
def test_the_mean_over_steps_is_the_mean_over_answers(task):
    _, _, weights = tasks.examples(task, 25, 3, (0, 0, 0), "train")
    np.testing.assert_allclose(weights.mean(1), 1)


@pytest.mark.parametrize("task", TASKS)
def test_what_a_user_types_is_the_sequence_that_was_drawn(task):
    asked = {"adding": 0, "copying": tasks.COPIED - 1, "agreement": 0}[task]
    tokens, _, _ = tasks.examples(task, 25, 5, (0, 0, 0), "test")
    for row in tokens[:, : tokens.shape[1] - asked]:
        found, ids = tasks.parse(" ".join(words_of(row)))
        assert found == task
        np.testing.assert_array_equal(ids, row)
        assert tasks.distance_of(task, ids) == 25


def test_full_stops_and_commas_may_stand_at_the_words():
    plain = tasks.parse("I was born in Chennai . it rained . at home I speak")
    typed = tasks.parse("I was born in Chennai. it rained. at home, I speak")
    np.testing.assert_array_equal(plain[1], typed[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I was born in Berlin . at home I speak", "know no 'Berlin'"),
        (
            "I was born in Chennai .",
            "asks for no answer: a sequence ends in '=', 'recall', 'speak'",
        ),
        ("", "asks for no answer"),
        ("*7 2 =", "know no '*7'"),
    ],
)
def test_other_texts_are_refused_with_a_sentence(text, message):
    with pytest.raises(UserError, match=message.replace("*", r"\*")):
        tasks.parse(text)
