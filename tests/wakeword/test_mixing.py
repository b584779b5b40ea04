"""Training clips of a phrase: drawn speech, rooms and noise, labels, and the same ones again."""

import dataclasses
import itertools

import numpy as np
import pytest

from recipes.common.sound import noises, recordings, rooms
from recipes.wakeword import mixing, sources, tracks
from recipes.wakeword.clips import Clips
from recipes.wakeword.mixing import acoustics, speech

SECOND = 16_000


def clips(kinds="phrase phrase near_miss word sentence sentence", seconds=0.6, seed=0):
    """Utterances of noise that falls silent a tenth of a second before their end."""
    kinds = kinds.split()
    generator = np.random.default_rng(seed)
    length = round(seconds * SECOND)
    samples = generator.normal(0, 3_000, (len(kinds), length)).astype(np.int16)
    samples[:, -SECOND // 10 :] = 0
    count = len(kinds)
    ends = np.full(count, length - SECOND // 10)
    return Clips(
        list(samples), np.full(count, length), np.zeros(count, int), ends, kinds, kinds, kinds
    )


@pytest.fixture(scope="module", autouse=True)
def few_rooms():
    """Fewer rooms and noises to draw from, which are most of the time of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name, number in (("ROOMS", 8), ("COLOURINGS", 8), ("NOISES", 7)):
            patch.setattr(acoustics, name, number)
        yield


@pytest.fixture(scope="module")
def mixed():
    return mixing.MixedClips(clips(), [], mixing.Mix(2.0, 64), 16, seed=3)


def speech_of(kinds):
    """What draws the speech of clips of two seconds from utterances of 0.4 s."""
    tail = (mixing.POSITIVE.stop + 2) * 160
    return speech.Speech.of(clips(kinds, seconds=0.4), 2 * SECOND, tail, 0.5)


def test_a_batch_is_a_function_of_seed_and_numbers(mixed):
    first, second = mixed.order(epoch=0)[1], mixed.order(epoch=2)[1]
    assert len(mixed) == 4
    assert not set(first) & set(second)
    again = mixing.MixedClips(clips(), [], mixing.Mix(2.0, 64), 16, seed=3)
    for one, other in zip(mixed.batch(first), again.batch(first), strict=True):
        one, other = (x["samples"] if isinstance(x, dict) else x for x in (one, other))
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(mixed.batch(first)[0]["samples"], mixed.batch(second)[0]["samples"])


def test_each_clip_is_the_same_whatever_the_batch(mixed):
    numbers = mixed.order()[0]
    whole = mixed.batch(numbers)[0]["samples"]
    np.testing.assert_allclose(mixed.batch(numbers[5:7])[0]["samples"], whole[5:7], atol=1e-5)


def test_labels_follow_the_end_of_the_phrase():
    quiet = dataclasses.replace(mixing.Mix(2.0, 320), loudest=60.0, softest=60.0)
    made = mixing.MixedClips(clips("phrase word"), [], quiet, 64, seed=0)
    samples, labels, weights = made.batch(made.order()[0])
    positive = labels.sum(1) > 0
    assert 0.3 < positive.mean() < 0.7
    assert set(labels[positive].sum(1)) == {len(mixing.POSITIVE), 2 * len(mixing.POSITIVE)}
    assert (weights[labels > 0] == quiet.phrase_weight).all()
    assert set(np.unique(weights[~positive])) <= {0, 1}  # 0 after one that began before the clip
    assert (weights[~positive] == 1).all(1).mean() > 0.9
    assert np.isfinite(samples["samples"]).all()
    assert np.abs(samples["samples"]).max() <= 1
    for row in labels[positive]:
        first = int(np.flatnonzero(row)[0])
        assert 40 <= first <= len(row) - len(mixing.POSITIVE)


def test_silence_around_it_alone_does_not_tell_the_phrase():
    """Where other speech never was alone, a detector took what follows silence for the phrase."""
    spoken, alone = speech_of("phrase word"), []
    for number in range(1_000):
        row = np.zeros(spoken.length, np.float32)
        phrases = spoken.speak(row, np.random.default_rng(number))
        heard = np.flatnonzero(np.abs(row) > 1e-3)
        if len(heard) and heard[0] > 0.5 * SECOND and heard[-1] - heard[0] < 0.5 * SECOND:
            alone.append(bool(phrases))
    assert len(alone) > 100
    assert 0.5 < np.mean(alone) < 0.96


def test_the_phrase_follows_itself():
    """Where it never did, a detector that had just heard it was deaf to it for seconds."""
    spoken, both, whole = speech_of("phrase word"), 0, 0
    for number in range(800):
        row = np.zeros(spoken.length, np.float32)
        phrases = spoken.speak(row, np.random.default_rng(number))
        both += len(phrases) == 2
        whole += all(is_whole for _, is_whole in phrases) and len(phrases) == 2
        assert all(
            earlier + 0.2 * SECOND < later
            for (earlier, _), (later, _) in itertools.pairwise(phrases)
        )
        for end, is_whole in phrases:
            start = end - round(0.45 * SECOND)  # at most, and said as slowly as it can be
            assert is_whole or start < 0
            if is_whole:
                assert np.abs(row[max(0, end - 1_600) : end]).max() > 0
    assert 0.6 * both < whole < both < 90


def test_recorded_phrases_hard_negatives_and_noise_are_drawn():
    own = clips("phrase own_phrase near_miss word sentence recording")
    mix = mixing.Mix(2.0, 64, recorded_share=1.0)
    made = mixing.MixedClips(own, [np.ones(4 * SECOND, np.float32)], mix, 16, seed=0)
    draw = np.random.default_rng(0)
    assert {own.kinds[made.speech._phrase(draw)] for _ in range(20)} == {"own_phrase"}
    drawn = [made.speech.negative(draw) for _ in range(400)]
    assert {own.kinds[i] for i in drawn} == {"near_miss", "word", "sentence", "recording"}
    hard = made.with_hard_negatives([3]).speech
    assert 0.35 < np.mean([hard.negative(draw) == 3 for _ in range(400)]) < 0.55
    assert not len(made.speech.hard_negatives)
    assert np.isfinite(made.batch(made.order()[0])[0]["samples"]).all()


def test_long_recordings_are_cut_so_that_parts_of_them_can_be_mined():
    names, second = ["long", "short"], np.arange(SECOND, dtype=np.float32)
    found = recordings.Recordings(names, [np.tile(second, 25), np.tile(second, 19)])
    cut = sources.in_stretches(found)
    assert cut.names == ["long, part 1", "long, part 2", "long, part 3", "short"]
    np.testing.assert_array_equal(np.concatenate(cut.samples[:3]), found.samples[0])
    assert max(map(len, cut.samples[:3])) <= 10 * SECOND


def test_a_long_recording_gives_stretches():
    made = mixing.MixedClips(
        clips("phrase recording", seconds=9.0), [], mixing.Mix(2.0, 32), 32, seed=0
    )
    assert np.isfinite(made.batch(made.order()[0])[0]["samples"]).all()


def test_noises_have_one_loudness_and_differ_by_kind():
    made = noises.pool(len(noises.KINDS), 1.0, 0)
    np.testing.assert_allclose(np.mean(np.square(made), 1), 1, atol=1e-3)
    np.testing.assert_array_equal(made, noises.pool(len(noises.KINDS), 1.0, 0))
    brightness = np.abs(np.fft.rfft(made))[:, 1000:].sum(1) / np.abs(np.fft.rfft(made)).sum(1)
    assert len(set(np.round(brightness, 3))) == len(noises.KINDS)


def test_rooms_echo_as_long_as_their_walls_are_hard():
    def echo(absorption):
        drawn = np.random.default_rng(0)
        heard = rooms.response((5, 4, 3), (1, 1, 1.5), (3, 2, 1.2), absorption, drawn)
        assert heard[0] >= 1
        return np.sum(heard[800:] ** 2) / np.sum(heard**2)

    assert echo(0.1) > 2 * echo(0.4) > 4 * echo(0.8)


def test_tracks_say_where_phrases_end():
    several = clips("phrase phrase phrase near_miss word sentence " * 4)
    sounds = list(tracks.of_clips(several, seed=1))
    assert sum(len(sound.ends) for sound in sounds) == 12
    groups = {sound.group for sound in sounds}
    assert groups == {"phrase, clean", "speech, clean", "near misses, clean"}
    near_misses = filter(tracks.is_of_near_misses, sounds)
    assert {sound.group for sound in near_misses} == {"near misses, clean"}
    for sound in sounds:
        assert sound.samples.dtype == np.int16
        for end in sound.ends:
            place = round(end * SECOND)
            before = np.abs(sound.samples[place - 1_600 : place].astype(float)).mean()
            after = np.abs(sound.samples[place : place + 1_600].astype(float)).mean()
            assert before > 10 * after
            assert sound.seconds > end + 1
    noisy = list(tracks.of_clips(several, 1, 10.0, [np.ones(SECOND, np.float32)]))
    assert [sound.ends for sound in noisy if sound.ends]
    again = list(tracks.of_clips(several, seed=1))
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(sounds, again, strict=True))


def test_batches_that_are_mixed_side_by_side_come_in_order(mixed):
    ahead = mixed.stream(epoch=1, step=2)
    wanted = [*mixed.order(1)[2:], *mixed.order(2), *mixed.order(3)[:1]]
    for indices, (inputs, labels, weights) in zip(wanted, ahead, strict=False):
        one, its_labels, its_weights = mixed.batch(indices)
        np.testing.assert_array_equal(inputs["samples"], one["samples"])
        np.testing.assert_array_equal(labels, its_labels)
        np.testing.assert_array_equal(weights, its_weights)
    ahead.close()
