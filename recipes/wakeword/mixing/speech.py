"""Speech in a training clip: drawn utterances, and where the phrase ends in it."""

import dataclasses

import numpy as np

from recipes.common.sound import voices
from recipes.common.sound.samples import SAMPLE_RATE, add
from recipes.wakeword.clips import Clips

PHRASE_SHARE = 0.5
# Of the clips, in which a word or sentence stands alone as the phrase does: if none did, whatever
# follows silence would be taken for it. Near misses there cost more phrases than they save alarms.
LONE_SHARE = 0.06
BEFORE_SHARE, AFTER_SHARE = 0.5, 0.25  # of those clips, something said before it or after it
# Of what is said before it, in which it is the phrase: who is not heard says it again.
AGAIN_SHARE = 0.3
HARD_SHARE = 0.3  # of the other speech, once hard negatives are known
QUIET_SHARE = 0.1  # of what is left: no speech in them
NEAR_MISS = "near_miss"
NEGATIVE_KINDS = {NEAR_MISS: 0.25, "word": 0.25, "sentence": 0.4, "recording": 0.4}
BABBLES = 16


@dataclasses.dataclass(frozen=True)
class Speech:
    """Draws what is said in a clip.

    Attributes:
        clips: `Clips` to draw from: phrases, near misses, words, sentences, recordings.
        by_kind: Numbers of the utterances by kind.
        length: Samples of a clip.
        tail: Samples that a clip has at least after the end of its phrase.
        recorded_share: Share of the phrases taken from the user's recordings, where there are some.
        hard_negatives: Numbers of utterances that other speech is taken from more often, or none.
    """

    clips: Clips
    by_kind: dict[str, np.ndarray]
    length: int
    tail: int
    recorded_share: float
    hard_negatives: np.ndarray

    @classmethod
    def of(cls, clips, length, tail, recorded_share):
        """Speech of these utterances; hard negatives are not known yet."""
        kinds = np.asarray(clips.kinds)
        by_kind = {kind: np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}
        return cls(clips, by_kind, length, tail, recorded_share, np.zeros(0, int))

    def speak(self, row, generator):
        """Fill a clip of silence with speech.

        Args:
            row: `(length,)` zeros.
            generator: The generator of this clip.

        Returns:
            A list of `(end, is_whole)` in samples, of the phrases in it.
        """
        chance = generator.random()
        if chance < PHRASE_SHARE:
            end, before = self._speak_one(row, self._phrase(generator), generator)
            return [*before, (end, True)]
        if chance < PHRASE_SHARE + LONE_SHARE:
            return self._speak_one(row, self.negative(generator, NEAR_MISS), generator)[1]
        if generator.random() > QUIET_SHARE:
            place = -int(generator.uniform(0, 1.5) * SAMPLE_RATE)
            while place < len(row):
                voice, _, _ = self._utterance(self.negative(generator), generator)
                add(row, voice, place)
                place += len(voice) + int(generator.uniform(0, 0.6) * SAMPLE_RATE)
        return []

    def babbles(self, generator):
        """Several people speaking at once, to be used as noise.

        Returns:
            A list of `(2 * length,)` float32, empty if there are no sentences or recordings.
        """
        spoken = np.concatenate([self.by_kind.get(k, []) for k in ("sentence", "recording")])
        if not len(spoken):
            return []
        babbles = np.zeros((BABBLES, 2 * self.length), np.float32)
        for row in babbles:
            for _ in range(generator.integers(3, 8)):
                place = 0
                while place < len(row):
                    voice = self.clips.audio(int(generator.choice(spoken)))
                    voice = voices.level(voice) * generator.uniform(0.3, 1)
                    end = min(place + len(voice), len(row))
                    row[place:end] += voice[: end - place]
                    place = end
        return list(babbles)

    def _phrase(self, generator):
        kind = "phrase"
        if "own_phrase" in self.by_kind and generator.random() < self.recorded_share:
            kind = "own_phrase"
        return int(generator.choice(self.by_kind[kind]))

    def negative(self, generator, but=""):
        """The number of an utterance without the phrase, of any kind but one."""
        if len(self.hard_negatives) and generator.random() < HARD_SHARE:
            return int(generator.choice(self.hard_negatives))
        kinds = [kind for kind in NEGATIVE_KINDS if kind in self.by_kind]
        kinds = [kind for kind in kinds if kind != but] or kinds
        share = np.array([NEGATIVE_KINDS[kind] for kind in kinds])
        kind = kinds[int(np.searchsorted(np.cumsum(share / share.sum()), generator.random()))]
        return int(generator.choice(self.by_kind[kind]))

    def _speak_one(self, row, chosen, generator):
        """Say an utterance somewhere in a clip, often among others.

        Returns:
            `end, before`: where it ends, and the same as `speak` for a phrase before it.
        """
        voice, start, end = self._utterance(chosen, generator)
        latest = len(row) - self.tail
        earliest = min(end - start, 0.9 * latest)
        is_second = generator.random() < BEFORE_SHARE
        again = is_second and generator.random() < AGAIN_SHARE
        if again:  # late, so that there is room for the other, or at least for its end
            earliest = (earliest + latest) / 2
        at = int(generator.uniform(earliest, latest))
        add(row, voice, at - end)
        phrases = []
        if is_second:
            number = self._phrase(generator) if again else self.negative(generator)
            before, first, last = self._utterance(number, generator)
            place = at - end + start - last - int(generator.uniform(500, 12_000))
            add(row, before, place)
            phrases = [(place + last, place + first >= 0)] if again else []
        if generator.random() < AFTER_SHARE:
            after, first, _ = self._utterance(self.negative(generator), generator)
            add(row, after, at - first + int(generator.uniform(1_000, 8_000)))
        return at, phrases

    def _utterance(self, number, generator):
        """An utterance said in a drawn way, and where the words start and end in it."""
        clips, most = self.clips, 2 * self.length
        if (length := int(clips.lengths[number])) > most:  # a long recording: a stretch of it
            first = int(generator.integers(0, length - most))
            voice, start, end = clips.audio(number, first, most), 0, most
        else:
            voice = clips.audio(number)
            start, end = int(clips.speech_start[number]), int(clips.speech_end[number])
        voice, start, end = voices.vary(voice, start, end, generator)
        return voice * 10 ** (generator.uniform(-6, 6) / 20), start, end
