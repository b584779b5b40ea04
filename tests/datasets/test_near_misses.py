"""Near misses: alike in sound, never the phrase; and the words and sentences beside them."""

import collections
import itertools
import re

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="speech synthesis needs the extra speech")
pytest.importorskip("soundfile", reason="speech synthesis needs the extra speech")

from recipes.datasets.draw import Draw
from recipes.datasets.speech import near_misses, phonetics, words

PHRASES = ("alexa", "hey computer", "snowboy")


def test_sounds_have_no_marks():
    assert phonetics.sounds("hey computer") == tuple("h eɪ k ə m p j u ɾ ɚ".split())
    assert phonetics.sounds("march") == tuple("m ɑ ɹ tʃ".split())
    # Swedish leaves the word to English, which is noted in between and is no sound.
    assert "sv" not in "".join(phonetics.sounds("hey computer", "gmq/sv"))


def test_distances_are_of_sounds():
    near = {
        "a lexus": "a taxi", "election": "erection of a tower", "alexis": "adele",
        "elixir": "mixture", "alex": "ox",
    }  # fmt: skip
    target = phonetics.sounds("alexa")
    for closer, farther in near.items():
        costs = [phonetics.distance(phonetics.sounds(text), target) for text in (closer, farther)]
        assert costs[0] < costs[1], (closer, farther)
    for one, other in itertools.combinations(("alexa", "election", "hey computer", "a"), 2):
        first, second = phonetics.sounds(one), phonetics.sounds(other)
        assert phonetics.distance(first, first) == 0
        assert phonetics.distance(first, second) == pytest.approx(phonetics.distance(second, first))
    assert phonetics.nearest_within(phonetics.sounds("I said alexa twice"), target) == 0


def test_near_misses_are_those_that_are_asked_for():
    alexa, computer = near_misses.near_misses("alexa"), near_misses.near_misses("hey computer")
    assert {"a lexus", "election", "alexis", "alex", "elixir"} <= set(alexa[:80])
    assert {"computer", "hey", "hey commuter"} <= set(computer[:40])
    assert {"compute", "computer hey"} <= set(computer)
    assert any(text.startswith("[[") for text in alexa)


@pytest.mark.parametrize("phrase", PHRASES)
def test_near_misses_never_are_the_phrase(phrase):
    target, found = phonetics.sounds(phrase), near_misses.near_misses(phrase)
    assert 200 < len(found) == len(set(found))
    for text in found:
        assert not re.search(rf"\b{phrase}\b", text)
        if not text.startswith("[["):
            distance = phonetics.distance(phonetics.sounds(text), target)
            assert distance >= phonetics.same(target), text
    heard = collections.Counter(phonetics.sounds(text) for text in found if text[0] != "[")
    assert heard.most_common(1)[0][1] == 1
    # The same phrase in other letters is no near miss.
    assert not {"uh lexa", "hay computer", "hey com puter"} & set(found)


@pytest.mark.parametrize("phrase", PHRASES)
def test_hidden_near_misses_have_something_like_the_phrase_in_them(phrase):
    target, found = phonetics.sounds(phrase), near_misses.hidden_near_misses(phrase)
    whole = sum(phonetics.omission(sound) for sound in target)
    assert 200 < len(found) == len({phonetics.sounds(text) for text in found})
    nearest = [
        min(row[-1] for row in phonetics.rows(phonetics.sounds(text), target, anywhere=True))
        for text in found
    ]
    assert min(nearest) >= phonetics.same(target)  # never the phrase itself
    assert max(nearest) < 0.5 * whole
    assert np.mean(nearest[:50]) < np.mean(nearest[-50:])
    often = collections.Counter(itertools.chain.from_iterable(map(str.split, found)))
    assert all(count <= 4 for word, count in often.items() if word not in phrase.split())


def test_hidden_near_misses_begin_and_end_with_anything():
    assert {"flexible", "reflection", "doll exception"} <= set(
        near_misses.hidden_near_misses("alexa")
    )


def test_what_sounds_like_the_phrase_is_found_in_texts():
    target = phonetics.sounds("hey computer")
    assert phonetics.has("hey computer", target)
    assert phonetics.has("say hay computer now", target)
    assert not phonetics.has("hey commuter", target)
    assert not phonetics.has("computer hey", target)


def test_sentences_are_many_and_whole():
    draw = Draw("sentences")
    texts = {words.sentence(draw) for _ in range(1000)}
    assert len(texts) > 900
    for text in [*texts, *words.help_sentences()]:
        assert "{" not in text
        assert 3 <= len(text.split()) <= 20
    assert len(words.help_sentences()) > 100
    assert len(words.words()) > 2000
