"""What is spoken: voices apart by split, near misses that are none, and who says how much."""

import collections
import itertools
import re

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="speech synthesis needs the extra speech")

from recipes.datasets.speech import espeak, phonetics, pico
from recipes.datasets.speech import plan as speech_plan

PHRASES = ("alexa", "hey computer", "snowboy")
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def plans():
    return {
        (phrase, split): speech_plan.plan(phrase, split, 0.2)
        for phrase in PHRASES
        for split in SPLITS
    }


def has_words(text, phrase):
    return f" {' '.join(phrase.split())} " in f" {' '.join(re.findall(r'[a-z]+', text.lower()))} "


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_voice_is_in_two_splits(plans, phrase):
    variants = {split: {u.variant for u in plans[phrase, split]} for split in SPLITS}
    for one, other in itertools.combinations(SPLITS, 2):
        assert not variants[one] & variants[other]
    # Variants of one name and another number are near to each other, so they stay together.
    families = {
        split: {re.sub(r"\d+$", "", name).lower() for name in names if len(name) > 2}
        for split, names in variants.items()
    }
    shared = families["train"] & (families["test"] | families["validation"])
    assert shared <= {"edward", "mike"}, shared  # these differ in more than the number
    assert not families["test"] & families["validation"]
    used = set(itertools.chain.from_iterable(variants.values()))
    assert not used & set(speech_plan.UNUSED)


def test_there_are_hundreds_of_voices():
    voices = {(u.voice, u.variant) for u in speech_plan.plan("alexa", "train", 0.3)}
    assert len(voices) > 1500
    assert len({(u.voice, u.variant) for u in speech_plan.plan("alexa", "test", 0.5)}) > 300


@pytest.mark.parametrize("phrase", PHRASES)
def test_only_phrases_have_the_phrase(plans, phrase):
    target = phonetics.sounds(phrase)
    for split in SPLITS:
        counts = collections.Counter(u.kind for u in plans[phrase, split])
        assert counts == {k: round(0.2 * n) for k, n in speech_plan.SIZES[split].items()}
        for utterance in plans[phrase, split]:
            assert has_words(utterance.text, phrase) == (utterance.kind == "phrase"), utterance
            if utterance.kind in ("word", "sentence"):
                heard = phonetics.sounds(utterance.text)
                assert phonetics.nearest_within(heard, target) >= phonetics.same(target)
            if utterance.text.startswith("[["):
                assert utterance.voice in espeak.ENGLISH


def test_some_near_misses_and_words_are_new_in_the_test(plans):
    for kind in ("near_miss", "word"):
        texts = {s: {u.text for u in plans["alexa", s] if u.kind == kind} for s in SPLITS}
        assert len(texts["test"] - texts["train"]) > 0.1 * len(texts["test"])
        if kind == "near_miss":
            assert len(texts["test"] & texts["train"]) > 50


@pytest.mark.parametrize("phrase", ["éé", "agent 47", "turn on all the lights in the living room"])
def test_odd_phrases_have_near_misses_too(phrase):
    spoken = speech_plan.plan(phrase, "train", 0.05)
    near = [u.text for u in spoken if u.kind == "near_miss"]
    assert len(set(near)) > 0.4 * len(near)
    target = phonetics.sounds(phrase)
    whole = sum(phonetics.omission(sound) for sound in target)
    costs = [
        min(row[-1] for row in phonetics.rows(phonetics.sounds(text), target, anywhere=True))
        for text in near
        if not text.startswith("[[")
    ]
    assert np.quantile(costs, 0.9) < 0.9 * whole  # and not any words


def test_accents_keep_the_phrase():
    assert len(speech_plan.accents("alexa")) > 15
    familiar = speech_plan.accents("hey computer")
    assert "gmw/de" in familiar
    assert "zls/hr" not in familiar  # it says "tsomputer"
    foreign = [u for u in speech_plan.plan("hey computer", "test", 0.5) if u.kind == "phrase"]
    assert {u.voice for u in foreign} <= {*espeak.ENGLISH, *familiar}
    share = np.mean([u.voice in familiar for u in foreign])
    assert 0.15 < share < 0.45


def test_the_second_speaker_says_a_part_of_the_training():
    for split in SPLITS:
        plan = speech_plan.plan("hey computer", split, 0.1, second=True)
        second = [u for u in plan if u.voice.startswith("pico/")]
        if split != "train":
            assert not second
            assert plan == speech_plan.plan("hey computer", split, 0.1)
            continue
        for kind, wanted in speech_plan.SECOND_SHARES.items():
            share = sum(u.kind == kind for u in second) / sum(u.kind == kind for u in plan)
            assert abs(share - wanted) < 0.1, kind
        assert not any(u.text.startswith("[[") for u in second)
        accents = {pico.FOREIGN.get(u.voice) for u in second if u.kind == "phrase"}
        assert accents - {None} <= set(speech_plan.accents("hey computer"))
        assert len(accents) > 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hey computer!", "hey computer"),
        ("hey_computer", "hey computer"),
        ("HEY COMPUTER?", "hey computer"),
        ("don't stop,", "don't stop"),
        ("hey şiri", ""),  # it has no sound for the ş
    ],
)
def test_the_second_speaker_says_a_phrase_as_the_first_does(text, said):
    assert speech_plan._plain(text) == said
