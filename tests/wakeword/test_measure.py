"""Measuring and mining: the same tracks for all that listen, and few sounds in memory at once."""

import weakref

import numpy as np
import pytest

from recipes.common.run import Run
from recipes.wakeword import config, data, measure, mining, scoring, tracks
from recipes.wakeword.clips import Clips
from recipes.wakeword.detection.triggers import Track

SECOND = 16_000


class Alive:
    """Makes arrays and counts those that somebody still has."""

    def __init__(self):
        self.count = self.most = 0

    def array(self, length, seed):
        samples = np.random.default_rng(seed).integers(-999, 999, length).astype(np.int16)
        self.count += 1
        self.most = max(self.most, self.count)
        weakref.finalize(samples, self._gone)
        return samples

    def _gone(self):
        self.count -= 1


def test_sounds_are_made_once_for_all_that_listen_and_not_kept(monkeypatch):
    """Of the test part that is hours; it was all kept for a second listener that there was not."""
    monkeypatch.setattr(scoring, "AT_ONCE", 4.0)
    alive, made = Alive(), []

    def sounds():
        for number in range(40):
            made.append(number)
            yield tracks.Sound(f"{number}", alive.array(SECOND, number), (), "speech")

    def loudness(several):
        return [Track(sound.name, sound.samples[::160].astype(float)) for sound in several]

    def twice(several):
        return [Track(sound.name, 2.0 * sound.samples[::160]) for sound in several[:1]]

    found, other = measure.scored(sounds(), loudness, twice)
    assert made == list(range(40))
    assert [track.name for track in found] == list(map(str, range(40)))
    assert [track.name for track in other] == list(map(str, range(0, 40, 4)))
    np.testing.assert_array_equal(other[1].scores, 2 * found[4].scores)
    assert alive.most <= 9
    assert len(measure.scored(sounds(), loudness)) == 1
    assert alive.most <= 9


def clips(kinds, lengths, sound_of):
    """Utterances that are made when they are asked for."""

    class Made(Clips):
        def samples(self, i):
            return sound_of(i)

    zeros = np.zeros(len(kinds), int)
    return Made([None] * len(kinds), np.array(lengths), zeros, zeros, kinds, kinds, kinds)


class Loudness:
    """A detector whose logit is the loudness of the frame."""

    def __init__(self):
        self.shapes = []

    def predict_on_batch(self, inputs):
        samples = inputs["samples"]
        self.shapes.append(samples.shape)
        return np.abs(samples.reshape(len(samples), -1, 160)).mean(-1)


def test_hard_negatives_are_the_loudest_to_the_detector(tmp_path, monkeypatch):
    monkeypatch.setattr(mining, "HARD_LEAST", 5)
    alive, kinds = Alive(), ["phrase", "near_miss", *["word", "sentence", "recording"] * 60]
    lengths = [SECOND + 400 * (i % 7) for i in range(len(kinds))]
    loudness = np.random.default_rng(1).permutation(len(kinds)) + 1

    def sound(i):
        samples = alive.array(lengths[i], 0)
        samples[:] = loudness[i] if i > 1 else 32_000
        return samples

    run, model = Run("wakeword", config.Config(run=str(tmp_path))), Loudness()
    hard = mining.hard_negatives(run, clips(kinds, lengths, sound), model)
    expected = sorted(range(2, len(kinds)), key=lambda i: -loudness[i])[:5]
    assert hard.tolist() == expected
    assert alive.most <= 2  # they were all read before the first was heard
    assert len(model.shapes) == 3
    monkeypatch.setattr(scoring, "of_lengths", None)
    assert mining.hard_negatives(run, None, model).tolist() == expected  # those of the run


@pytest.mark.parametrize("phrases", [12, 0])
def test_epochs_are_compared_on_a_quarter_of_the_dev_tracks(phrases, tmp_path, monkeypatch):
    alive = Alive()

    def of_clips(clips, seed, *noise):
        for number in range(phrases):
            sound = alive.array(160 + number, number)
            yield tracks.Sound(f"p{number} {seed}", sound, (0.1,), "phrase")
        for number in range(21):
            yield tracks.Sound(f"n{number} {seed}", alive.array(200, number), (), "speech")
        yield tracks.Sound("near", alive.array(160, 0), (), tracks.NEAR_MISSES)

    monkeypatch.setattr(data.tracks, "of_clips", of_clips)

    def dev():
        return data._dev({"validation": None}, {"validation": ["noise"]}, None)

    assert iter(dev()) is not iter(dev())
    assert len([sound.name for sound in dev()]) == 2 * (phrases + 21)
    subset = data._subset(dev, tmp_path)
    assert alive.most <= 4  # the hours of them are never in memory
    whole = list(dev())
    for _ in range(2):  # it can be read again
        for sound, expected in zip(subset, whole[::4] if phrases else whole, strict=True):
            np.testing.assert_array_equal(sound.samples, expected.samples)
            assert (sound.name, sound.ends) == (expected.name, expected.ends)
    assert not list(tmp_path.iterdir())  # the file has no name, and goes with the process
