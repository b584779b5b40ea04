"""Blends: what may be joined, the seam, the ranking, and the known blends it finds."""

import numpy as np
import pytest

from recipes.common.text import ngrams
from recipes.datasets import given_names
from recipes.names import blending
from recipes.names.characters import Characters

END = 3


@pytest.fixture(scope="module")
def nats_of():
    """N-grams of the embedded list in place of a network, which takes minutes to train."""
    names = [name.lower() for name in given_names.names()]
    characters = Characters.of(names)
    model = ngrams.KneserNey.fit(*characters.documents(names), 5, len(characters), END)

    def nats(strings):
        logs = model.log_probabilities(*characters.documents(strings))
        return np.split(-logs, np.cumsum([len(text) + 1 for text in strings])[:-1])

    return nats


def places(rows, nats_of):
    found = []
    for first, second, name in rows:
        ranked = blending.ranked(*blending.described(first, second, nats_of))
        found.append([blend.name for blend, _ in ranked].index(name) + 1)
    return found


@pytest.mark.parametrize(
    ("first", "second"), [("brad", "angelina"), ("a", "bo"), ("anna", "hannah"), ("ab", "abab")]
)
def test_every_blend_has_a_beginning_and_an_end(first, second):
    found = blending.blends(first, second)
    assert len(found) == len({(blend.name, blend.first) for blend in found}) > 0
    for blend in found:
        assert {blend.first, blend.second} == {first, second}
        assert blend.name not in (first, second)
        assert not blend.first.startswith(blend.name)
        assert not blend.second.endswith(blend.name)
        left, both, right = blend.parts
        assert left + both + right == blend.name
        assert blend.first.startswith(left + both)
        assert blend.second.endswith(both + right)
    names = {(blend.name, blend.first) for blend in found}
    if not set(first) & set(second):
        assert (first + second, first) not in names


def test_single_letters_have_no_blend():
    assert blending.blends("a", "b") == []


def test_letters_that_both_names_have_are_rewarded(nats_of):
    blend = blending.Blend("brangelina", "brad", "angelina")
    assert blend.parts == ("br", "a", "ngelina")
    rows = dict(zip(blending.WEIGHTS, blending.features(blend, "brad", _flat), strict=True))
    assert rows["shared"] == 1
    assert rows["first_kept"] == 3 / 4
    assert rows["second_kept"] == 1
    assert not rows["whole"]
    assert rows["given_order"]
    assert blending.WEIGHTS["shared"] > 0


def _flat(text):
    return np.ones(len(text) + 1)


def test_a_parent_that_stays_whole_and_a_seam_that_surprises_count_against_a_blend():
    assert blending.WEIGHTS["whole"] < 0
    assert blending.WEIGHTS["surprise"] < 0
    blend = blending.Blend("charizard", "char", "lizard")
    rows = dict(zip(blending.WEIGHTS, blending.features(blend, "char", _flat), strict=True))
    assert rows["whole"]
    assert rows["surprise"] == 0

    def surprised(text):
        return _flat(text) + 2.0 * (text == "charizard")

    rows = dict(zip(blending.WEIGHTS, blending.features(blend, "char", surprised), strict=True))
    assert rows["surprise"] == blending.SURPRISES[1]  # six characters of two nats each, and no more


def test_known_names_are_among_the_first_five_by_one_setting(nats_of):
    rows = [
        ("brad", "angelina", "brangelina"),
        ("char", "lizard", "charizard"),
        ("britain", "exit", "brexit"),
    ]
    assert max(places(rows, nats_of)) <= 5


def test_the_list_of_known_blends_is_long_distinct_and_reachable():
    halves = blending.known()
    names = [name for rows in halves.values() for *_, name in rows]
    assert len(names) == len(set(names)) >= 150
    assert min(map(len, halves.values())) >= 60
    assert not {"brangelina", "charizard", "brexit"} & set(names)
    for rows in halves.values():
        for first, second, name in rows:
            found = blending.blends(first, second)
            assert (name, first) in {(blend.name, blend.first) for blend in found}, name


def test_known_blends_of_the_test_half_are_found(nats_of):
    """Of some hundred joins of two words, the one that people have made comes among the first."""
    found = np.array(places(blending.known()["test"][::2], nats_of))
    assert np.mean(found <= 5) > 0.55
    assert np.mean(found <= 1) > 0.3
