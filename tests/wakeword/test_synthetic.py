"""The spoken phrase: refused ones, the extent of speech, and the same bytes each time."""

import dataclasses
import hashlib
import io
import re
import sys
import weakref

import numpy as np
import pytest

pytest.importorskip("espeakng_loader", reason="speech synthesis needs the extra speech")
pytest.importorskip("soundfile", reason="speech synthesis needs the extra speech")

from recipes.common.errors import UserError
from recipes.datasets import spoken_phrase
from recipes.datasets.speech import espeak, pico, pico_engine, worker
from recipes.datasets.speech import plan as speech_plan
from recipes.wakeword import clips as utterances
from recipes.wakeword import config, sources
from recipes.wakeword.sources import synthetic

SPLITS = ("train", "validation", "test")
TINY = 0.003


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """The same phrase generated twice, each time in a folder of its own."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    return folders, [synthetic.load("hey computer", str(folder), TINY) for folder in folders]


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
        synthetic.load(phrase, str(tmp_path))
    assert not list(tmp_path.iterdir())


def test_spaces_of_a_phrase_do_not_matter():
    assert synthetic.check("  hey   computer\n") == "hey computer"
    one, other = (spoken_phrase.config_of(text).name for text in ("hey computer", "hey  computer "))
    assert one == other
    assert re.fullmatch(r"hey_computer_[0-9a-f]{8}", one)
    told_apart = (("a b", 1.0, False), ("a-b",), ("a b", 0.5), ("a b", 1.0, True))
    assert len({spoken_phrase.config_of(*of).name for of in told_apart}) == 4


@pytest.mark.parametrize("package", ["espeakng_loader", "soundfile"])
def test_without_the_extra_it_is_named(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(espeak, "_library", espeak._Library)
    with pytest.raises(UserError, match=rf'needs the package .*{package[:6]}.*extra "speech"'):
        synthetic.check("alexa")


def test_a_run_keeps_to_the_speakers_that_it_began_with(tmp_path, monkeypatch, capsys):
    for there, speakers in ((True, "two"), (False, "one")):
        monkeypatch.setattr(pico_engine, "is_there", lambda there=there: there)
        kept = config.Config().resolved()
        assert kept.speakers == speakers
        assert kept.resolved() is kept
        assert ("Only espeak-ng speaks" in "".join(capsys.readouterr())) != there
    assert config.Config(data="words", keyword="go").resolved().speakers == "auto"
    with pytest.raises(UserError, match="Two speakers need the package ttspico"):
        synthetic.load("hey computer", str(tmp_path), TINY, second=True)
    clips = synthetic.load("hey computer", str(tmp_path), TINY, second=False)
    assert not [voice for part in clips.values() for voice in part.voices if "pico" in voice]


@pytest.mark.skipif(not pico_engine.is_there(), reason="it needs the package ttspico")
@pytest.mark.parametrize("voice", [*pico.ENGLISH, *pico.FOREIGN])
def test_a_phrase_of_the_second_speaker_ends_with_its_last_sound(voice):
    """A mark at the end of it made the Italian voice add a noise half a second later."""
    for text in ("alexa!", "hey computer?", "snowboy,"):
        row = speech_plan.Utterance("phrase", speech_plan._plain(text), voice, "", 170, 50, 50, 1.0)
        samples, start, end = worker.spoken(row)
        power = np.square(samples[: len(samples) // 160 * 160].reshape(-1, 160) / 32_768).mean(1)
        last = np.flatnonzero(power > 10**-2.5 * power.max())[-1] + 1
        assert start < end <= last * 160 + 15 * 160


def test_breath_does_not_depend_on_the_time_of_day():
    utterance = speech_plan.Utterance("word", "hello", "gmw/en", "f2", 170, 50, 50, 1.0)
    several = [utterance] * 3
    if pico_engine.is_there():
        several += [utterance._replace(voice="pico/en-GB", variant="")] * 3
    first, second = (list(spoken_phrase.speak(several)) for _ in range(2))
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
            plan = speech_plan.plan("hey computer", split, TINY, pico_engine.is_there())
            assert clips.texts == [u.text for u in plan]
            assert clips.kinds == [u.kind for u in plan]
            assert clips.voices == [f"{u.voice}+{u.variant}".removesuffix("+") for u in plan]
            assert len(clips) == len(plan)


def test_clips_are_read_from_the_files_of_the_data_set(generated):
    """They stay on the disk, and what is read is what tensorflow-datasets reads, bit for bit."""
    import soundfile
    import tensorflow_datasets as tfds

    settings = spoken_phrase.config_of("hey computer", TINY)
    builder = spoken_phrase.SpokenPhrase(config=settings, data_dir=str(generated[0][0]))
    for split, clips in generated[1][0].items():
        assert all(isinstance(sound, utterances.Flac) for sound in clips.sounds)
        examples = tfds.as_numpy(builder.as_dataset(split=split, shuffle_files=False))
        for i, example in enumerate(examples):
            whole = soundfile.read(io.BytesIO(example["audio"]), dtype="int16")[0]
            np.testing.assert_array_equal(clips.samples(i), whole)
            assert clips.lengths[i] == len(whole)
            assert clips.texts[i].encode() == example["text"]
            np.testing.assert_array_equal(clips.audio(i, 700, 90), whole[700:790] / 32_768)
        for i, samples in enumerate(utterances.in_order(clips)):
            assert samples.dtype == np.int16
            assert len(samples) == clips.lengths[i]
        assert i == len(clips) - 1


def test_the_sound_of_a_data_set_is_not_kept(generated, monkeypatch):
    """Voices of a phrase are gigabytes: at no time may more than a few be in memory."""
    alive = set()
    read = utterances.Flac.read

    def counted(flac):
        samples = read(flac)
        alive.add(id(samples))
        weakref.finalize(samples, alive.discard, id(samples))
        most.append(len(alive))
        return samples

    most = []
    monkeypatch.setattr(utterances.Flac, "read", counted)
    monkeypatch.setattr(utterances, "AHEAD", 8)
    clips = generated[1][0]
    assert sources.digest(clips, {split: [] for split in SPLITS})
    assert len(most) == sum(map(len, clips.values())) > 150
    assert max(most) <= 12


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
            assert power[start:end].sum() > 0.98 * power.sum()
            assert np.abs(audio).max() > 0.02
            # The last 20 ms are heard: half of them within 40 dB of the loudest frame.
            loudest = power[: len(power) // 160 * 160].reshape(-1, 160).mean(1).max()
            assert power[end - 320 : end].mean() > 4e-5 * loudest


def test_no_two_utterances_sound_the_same(generated):
    clips = generated[1][0]["train"]
    digests = {hashlib.sha256(clips.audio(i).tobytes()).digest() for i in range(len(clips))}
    assert len(digests) == len(clips)
    phrases = [clips.audio(i) for i, kind in enumerate(clips.kinds) if kind == "phrase"]
    lengths = sorted({len(samples) for samples in phrases})
    assert lengths[-1] > 1.3 * lengths[0]


def rows(count):
    utterance = speech_plan.Utterance("word", "hello", "gmw/en", "", 170, 50, 50, 1.0)
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
        synthetic.load("alexa", str(tmp_path), TINY)
    monkeypatch.undo()
    assert len(synthetic.load("alexa", str(tmp_path), TINY)["test"]) > 0


def test_the_builder_wants_a_phrase():
    with pytest.raises(ValueError, match="made for one phrase at a time"):
        spoken_phrase.SpokenPhrase()
    fields = {field.name for field in dataclasses.fields(spoken_phrase.SpokenConfig)}
    assert {"phrase", "scale", "second"} <= fields
