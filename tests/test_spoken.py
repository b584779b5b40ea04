"""The spoken phrase: voices apart by split, near misses that are none, the same bytes each time."""

import collections
import dataclasses
import hashlib
import itertools
import re
import sys

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="speech synthesis needs the extra speech")
pytest.importorskip("soundfile", reason="speech synthesis needs the extra speech")

from recipes.common import spoken
from recipes.common.errors import UserError
from recipes.datasets import near_misses, speaker, spoken_phrase, spoken_plan, spoken_words
from recipes.datasets.draw import Draw

PHRASES = ("alexa", "hey computer", "snowboy")
SPLITS = ("train", "validation", "test")
TINY = 0.003


@pytest.fixture(scope="module")
def plans():
    return {
        (phrase, split): spoken_plan.plan(phrase, split, 0.2)
        for phrase in PHRASES
        for split in SPLITS
    }


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The same phrase generated twice, each time in a folder of its own."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    return folders, [spoken.load("hey computer", str(folder), TINY) for folder in folders]


def test_the_voices_are_there():
    assert set(speaker.ENGLISH) | set(speaker.FOREIGN) <= set(speaker.voices())
    listed = [*itertools.chain.from_iterable(spoken_plan.VARIANTS.values()), *spoken_plan.UNUSED]
    assert set(listed) <= set(speaker.variants())
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("voice", "variant"), [("gmw/xx", ""), ("en-gb", ""), ("gmw/en", "nosuchvariant")]
)
def test_a_voice_that_is_not_there_is_no_other(voice, variant):
    with pytest.raises(ValueError, match=r"espeak-ng has no v"):
        speaker.say("hello", voice, variant)


def centroid(samples):
    power = np.abs(np.fft.rfft(samples)) ** 2
    return (power * np.arange(len(power))).sum() / power.sum() / len(power)


def test_what_is_asked_for_is_heard():
    plain = speaker.say("turn on the lamp")
    assert plain.dtype == np.float32
    assert 0.1 < np.abs(plain).max() <= 1
    assert len(speaker.say("turn on the lamp", rate=110)) > 1.3 * len(plain)
    assert len(speaker.say("turn on the lamp", rate=260)) < 0.8 * len(plain)
    lower, higher = (speaker.say("turn on the lamp", warp=warp) for warp in (400 / 441, 500 / 441))
    assert centroid(higher) > 1.15 * centroid(lower)
    assert abs(len(higher) / len(lower) - 1) < 0.08  # the speed stays
    for voice, variant in (("gmw/en-US", "f2"), ("gmw/en-GB-scotland", ""), ("roa/fr", "")):
        other = speaker.say("turn on the lamp", voice, variant)
        assert len(other) != len(plain) or np.abs(other - plain).max() > 0.05


def test_resampling_keeps_tones_and_drops_what_is_too_high():
    for rate in (22_050, 22_050 * 392 / 441, 22_050 * 500 / 441):
        time = np.arange(round(rate)) / rate
        tone, high = (np.sin(2 * np.pi * hertz * time) for hertz in (1_000, 8_900))
        found = speaker._resampled((tone + high).astype(np.float32), rate)
        assert abs(len(found) - 16_000) <= 1
        expected = np.sin(2 * np.pi * 1_000 * np.arange(len(found)) / 16_000)
        np.testing.assert_allclose(found[500:-500], expected[500:-500], atol=0.02)


def test_extent_of_clean_speech():
    burst = np.sin(np.arange(8_000)).astype(np.float32)
    samples = np.concatenate([np.zeros(3_200), burst, np.zeros(1_600)]).astype(np.float32)
    assert speaker.extent(samples) == (3_200, 11_200)
    assert speaker.extent(np.zeros(5_000, np.float32)) == (0, 0)
    assert speaker.extent(samples[:0]) == (0, 0)


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("", "has no letters"),
        ("... 123 !", "has no letters"),
        ("你好", "has the letter '你'"),
        ("привет", "has the letter 'п'"),
        ("oh", "has 1 sounds"),
        ("[[a#l'Eks@]]", r"has the character '\['"),
        ("hey\0you", "has the character"),
        ("word " * 19, "has 57 sounds, where 2 to 40"),
        ("computer " * 20, "is longer than 100 characters"),
    ],
)
def test_a_phrase_that_cannot_be_spoken(phrase, why, tmp_path):
    with pytest.raises(UserError, match=rf"The phrase .* cannot be spoken: it {why}"):
        spoken.load(phrase, str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_spaces_of_a_phrase_do_not_matter():
    assert spoken.check("  hey   computer\n") == "hey computer"
    one, other = (spoken_phrase.config_of(text).name for text in ("hey computer", "hey  computer "))
    assert one == other
    assert re.fullmatch(r"hey_computer_[0-9a-f]{8}", one)
    names = {spoken_phrase.config_of(*of).name for of in (("a b",), ("a-b",), ("a b", 0.5))}
    assert len(names) == 3


@pytest.mark.parametrize("package", ["espeakng_loader", "soundfile"])
def test_without_the_extra_it_is_named(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(speaker, "_library", speaker._Library)
    with pytest.raises(UserError, match=rf'needs the package .*{package[:6]}.*extra "speech"'):
        spoken.check("alexa")


def test_sounds_have_no_marks():
    assert near_misses.sounds("hey computer") == tuple("h eɪ k ə m p j u ɾ ɚ".split())
    assert near_misses.sounds("march") == tuple("m ɑ ɹ tʃ".split())
    # Swedish leaves the word to English, which is noted in between and is no sound.
    assert "sv" not in "".join(near_misses.sounds("hey computer", "gmq/sv"))


def test_distances_are_of_sounds():
    near = {
        "a lexus": "a taxi", "election": "erection of a tower", "alexis": "adele",
        "elixir": "mixture", "alex": "ox",
    }  # fmt: skip
    target = near_misses.sounds("alexa")
    for closer, farther in near.items():
        costs = [
            near_misses.distance(near_misses.sounds(text), target) for text in (closer, farther)
        ]
        assert costs[0] < costs[1], (closer, farther)
    for one, other in itertools.combinations(("alexa", "election", "hey computer", "a"), 2):
        first, second = near_misses.sounds(one), near_misses.sounds(other)
        assert near_misses.distance(first, first) == 0
        assert near_misses.distance(first, second) == pytest.approx(
            near_misses.distance(second, first)
        )
    assert near_misses.nearest_within(near_misses.sounds("I said alexa twice"), target) == 0


def test_near_misses_are_those_that_are_asked_for():
    alexa, computer = near_misses.near_misses("alexa"), near_misses.near_misses("hey computer")
    assert {"a lexus", "election", "alexis", "alex", "elixir"} <= set(alexa[:80])
    assert {"computer", "hey", "hey commuter"} <= set(computer[:40])
    assert {"compute", "computer hey"} <= set(computer)
    assert any(text.startswith("[[") for text in alexa)


@pytest.mark.parametrize("phrase", PHRASES)
def test_near_misses_never_are_the_phrase(phrase):
    target, found = near_misses.sounds(phrase), near_misses.near_misses(phrase)
    assert 200 < len(found) == len(set(found))
    for text in found:
        assert not has_words(text, phrase)
        if not text.startswith("[["):
            distance = near_misses.distance(near_misses.sounds(text), target)
            assert distance >= near_misses.same(target), text
    heard = collections.Counter(near_misses.sounds(text) for text in found if text[0] != "[")
    assert heard.most_common(1)[0][1] == 1
    # The same phrase in other letters is no near miss.
    assert not {"uh lexa", "hay computer", "hey com puter"} & set(found)


def has_words(text, phrase):
    return f" {' '.join(phrase.split())} " in f" {' '.join(re.findall(r'[a-z]+', text.lower()))} "


def test_what_sounds_like_the_phrase_is_found_in_texts():
    target = near_misses.sounds("hey computer")
    assert near_misses.has("hey computer", target)
    assert near_misses.has("say hay computer now", target)
    assert not near_misses.has("hey commuter", target)
    assert not near_misses.has("computer hey", target)


def test_sentences_are_many_and_whole():
    draw = Draw("sentences")
    texts = {spoken_words.sentence(draw) for _ in range(1000)}
    assert len(texts) > 900
    for text in [*texts, *spoken_words.help_sentences()]:
        assert "{" not in text
        assert 3 <= len(text.split()) <= 20
    assert len(spoken_words.help_sentences()) > 100
    assert len(spoken_words.words()) > 2000


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
    assert not used & set(spoken_plan.UNUSED)


def test_there_are_hundreds_of_voices():
    voices = {(u.voice, u.variant) for u in spoken_plan.plan("alexa", "train")}
    assert len(voices) > 1500
    assert len({(u.voice, u.variant) for u in spoken_plan.plan("alexa", "test", 0.5)}) > 300


@pytest.mark.parametrize("phrase", PHRASES)
def test_only_phrases_have_the_phrase(plans, phrase):
    target = near_misses.sounds(phrase)
    for split in SPLITS:
        counts = collections.Counter(u.kind for u in plans[phrase, split])
        assert counts == {k: round(0.2 * n) for k, n in spoken_plan.SIZES[split].items()}
        for utterance in plans[phrase, split]:
            assert has_words(utterance.text, phrase) == (utterance.kind == "phrase"), utterance
            if utterance.kind in ("word", "sentence"):
                heard = near_misses.sounds(utterance.text)
                assert near_misses.nearest_within(heard, target) >= near_misses.same(target)
            if utterance.text.startswith("[["):
                assert utterance.voice in speaker.ENGLISH


def test_some_near_misses_and_words_are_new_in_the_test(plans):
    for kind in ("near_miss", "word"):
        texts = {s: {u.text for u in plans["alexa", s] if u.kind == kind} for s in SPLITS}
        assert len(texts["test"] - texts["train"]) > 0.1 * len(texts["test"])
        if kind == "near_miss":
            assert len(texts["test"] & texts["train"]) > 50


def test_accents_keep_the_phrase():
    assert len(spoken_plan.accents("alexa")) > 15
    familiar = spoken_plan.accents("hey computer")
    assert "gmw/de" in familiar
    assert "zls/hr" not in familiar  # it says "tsomputer"
    foreign = [u for u in spoken_plan.plan("hey computer", "test", 0.5) if u.kind == "phrase"]
    assert {u.voice for u in foreign} <= {*speaker.ENGLISH, *familiar}
    share = np.mean([u.voice in familiar for u in foreign])
    assert 0.15 < share < 0.45


def test_breath_does_not_depend_on_the_time_of_day():
    utterance = spoken_plan.Utterance("word", "hello", "gmw/en", "f2", 170, 50, 50, 1.0)
    first, second = (list(spoken_phrase.speak([utterance] * 3)) for _ in range(2))
    assert first == second


def test_two_generations_are_the_same_to_the_byte(generated):
    digests = []
    for folder in generated[0]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append({path.name: hashlib.sha256(path.read_bytes()).digest() for path in files})
    assert len(digests[0]) >= 5
    assert digests[0] == digests[1]


def test_clips_are_what_was_planned(generated):
    for parts in generated[1]:
        assert list(parts) == list(SPLITS)
        for split, clips in parts.items():
            plan = spoken_plan.plan("hey computer", split, TINY)
            assert clips.texts == [u.text for u in plan]
            assert clips.kinds == [u.kind for u in plan]
            assert clips.voices == [f"{u.voice}+{u.variant}".removesuffix("+") for u in plan]
            assert clips.samples.dtype == np.int16
            assert len(clips) == len(plan)
            assert clips.lengths.sum() == len(clips.samples)
            np.testing.assert_array_equal(np.cumsum(clips.lengths)[:-1], clips.starts[1:])


def test_speech_is_where_it_is_said_to_be(generated):
    for clips in generated[1][0].values():
        for i in range(len(clips)):
            start, end, audio = clips.speech_start[i], clips.speech_end[i], clips.audio(i)
            assert audio.dtype == np.float32
            assert len(audio) == clips.lengths[i]
            assert 0 <= start < end <= len(audio)
            assert start <= 0.06 * 16_000
            assert len(audio) - end >= 0.09 * 16_000
            power = np.square(audio)
            assert power[start:end].sum() > 0.99 * power.sum()
            assert np.abs(audio).max() > 0.02
            # The last 20 ms are heard: within 40 dB of the loudest.
            assert power[end - 320 : end].mean() > 1e-5 * power.max()


def test_no_two_utterances_sound_the_same(generated):
    clips = generated[1][0]["train"]
    digests = {hashlib.sha256(clips.audio(i).tobytes()).digest() for i in range(len(clips))}
    assert len(digests) == len(clips)
    phrases = [clips.audio(i) for i, kind in enumerate(clips.kinds) if kind == "phrase"]
    lengths = sorted({len(samples) for samples in phrases})
    assert lengths[-1] > 1.3 * lengths[0]


def rows(count):
    utterance = spoken_plan.Utterance("word", "hello", "gmw/en", "", 170, 50, 50, 1.0)
    return [utterance._replace(text=f"hello {'x' * n}") for n in range(count)]


def test_an_utterance_that_crashes_the_library_is_left_out(monkeypatch):
    calls = []

    def crash_at_the_third(group):
        calls.append(len(group))
        done = b"".join(b"3 1 2\nabc" for row in group if len(row.text) < 8)
        return (-11, done + b"3 1 2\na", "") if len(group) > 2 else (0, b"3 1 2\nabc" * 2, "")

    monkeypatch.setattr(spoken_phrase, "_work", crash_at_the_third)
    found = list(spoken_phrase.speak(rows(5)))
    assert calls == [5, 2]
    assert [utterance.text for utterance, *_ in found] == [row.text for row in rows(5)]
    assert [end for *_, end in found] == [2, 2, 0, 2, 2]


def test_order_does_not_depend_on_who_is_faster(monkeypatch):
    monkeypatch.setattr(spoken_phrase, "AT_ONCE", 2)
    expected = [row.text for row in rows(7)]
    found = list(spoken_phrase.speak(rows(7)))
    assert [utterance.text for utterance, *_ in found] == expected
    assert all(flac.startswith(b"fLaC") and 0 < start < end for _, flac, start, end in found)
    assert list(spoken_phrase.speak([])) == []


def test_a_worker_that_fails_is_told_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(
        spoken_phrase, "_work", lambda group: (1, b"", "ImportError: no such thing")
    )
    with pytest.raises(UserError, match=r"could not be prepared .*: .*ImportError: no such thing"):
        spoken.load("alexa", str(tmp_path), TINY)
    monkeypatch.undo()
    assert len(spoken.load("alexa", str(tmp_path), TINY)["test"]) > 0


def test_the_builder_wants_a_phrase():
    with pytest.raises(ValueError, match="made for one phrase at a time"):
        spoken_phrase.SpokenPhrase()
    fields = {field.name for field in dataclasses.fields(spoken_phrase.SpokenConfig)}
    assert {"phrase", "scale"} <= fields
