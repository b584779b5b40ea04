"""Training clips of a phrase, mixed anew in every epoch: speech in rooms, noise, and labels."""

import copy
import dataclasses

import numpy as np
from scipy import fft

from recipes.common.data import batching
from recipes.common.sound import imperfections, noises, rooms, voices
from recipes.common.sound.samples import HOP, SAMPLE_RATE, add, power, static, stretch

# Frames after the end of the phrase that count as heard, and around them those that count nothing.
HEARD = range(2, 24)
UNSURE = range(-15, 60)
PHRASE_SHARE = 0.5
# Of the clips, in which a word or sentence stands alone as the phrase does: if none did, whatever
# follows silence would be taken for it. Near misses there cost more phrases than they save alarms.
LONE_SHARE = 0.06
BEFORE_SHARE, AFTER_SHARE = 0.5, 0.25  # of those clips, something said before it or after it
# Of what is said before it, in which it is the phrase: who is not heard says it again.
AGAIN_SHARE = 0.3
HARD_SHARE = 0.3  # of the other speech, once what is hard is known
QUIET_SHARE = 0.1  # of what is left: no speech in them
NEAR_MISS = "near_miss"
NEGATIVE_KINDS = {NEAR_MISS: 0.25, "word": 0.25, "sentence": 0.4, "recording": 0.4}
NOISE_SHARE = 0.75  # of the clips get added noise
ROOM_SHARE, CLOSE_SHARE = 0.5, 0.35  # in a room, and in one with the mouth near the microphone
ROOMS, COLOURINGS, NOISES, BABBLES, BANDS, HISSES = 64, 128, 84, 16, 16, 8


@dataclasses.dataclass(frozen=True)
class Mix:
    """How clips are made.

    Args:
        seconds: Length of a clip.
        examples: Clips an epoch.
        phrase_weight: Weight of a frame in which the phrase counts as heard.
        recorded_share: Share of the phrases taken from the user's recordings, where there are some.
        loudest, softest: Signal-to-noise ratios are drawn between these, in decibels.
    """

    seconds: float
    examples: int
    phrase_weight: float = 4.0
    recorded_share: float = 0.5
    softest: float = -3.0
    loudest: float = 40.0


class MixedClips(batching.Epochs):
    """Batches of clips; each is a function of seed, epoch and its number alone.

    Args:
        clips: `spoken.Clips` to draw from: phrases, near misses, words, sentences, recordings.
        noise: A list of arrays of recorded noise, or none.
        mix: A `Mix`.
        batch_size: Clips a batch.
        seed: Seed of everything that is drawn.
    """

    def __init__(self, clips, noise, mix, batch_size, seed):
        self.clips, self.mix, self.batch_size, self.seed = clips, mix, batch_size, seed
        self.length = round(mix.seconds * SAMPLE_RATE) // HOP * HOP
        points = fft.next_fast_len(self.length + rooms.LENGTH, real=True)
        self.rooms = rooms.spectra(ROOMS, points, seed)
        self.colourings = rooms.colourings(COLOURINGS, points, seed)
        self.bands = imperfections.bands(BANDS, points, seed)
        self.hisses = imperfections.hisses(HISSES, 2 * self.length, seed)
        self.points = points
        kinds = np.asarray(clips.kinds)
        self.by_kind = {kind: np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}
        self.noises = [*noises.pool(NOISES, 2 * mix.seconds, seed), *self._babbles()]
        self.recorded_noise = [x for x in noise if len(x) > HOP]
        self.hard = np.zeros(0, int)

    def with_hard(self, numbers):
        """The same clips, a part of the other speech taken from these numbers."""
        other = copy.copy(self)
        other.hard = np.asarray(numbers)
        return other

    def _babbles(self):
        """Several people speaking at once, `(BABBLES, 2 * length)`."""
        generator = np.random.Generator(np.random.PCG64([self.seed, 6]))
        spoken = np.concatenate([self.by_kind.get(k, []) for k in ("sentence", "recording")])
        if not len(spoken):
            return []
        heard = np.zeros((BABBLES, 2 * self.length), np.float32)
        for row in heard:
            for _ in range(generator.integers(3, 8)):
                place = 0
                while place < len(row):
                    voice = self.clips.audio(int(generator.choice(spoken)))
                    voice = voices.level(voice) * generator.uniform(0.3, 1)
                    end = min(place + len(voice), len(row))
                    row[place:end] += voice[: end - place]
                    place = end
        return list(heard)

    def __len__(self):
        return -(-self.mix.examples // self.batch_size)

    def order(self, epoch=0):
        """The numbers of each batch's clips, all epochs counted on."""
        numbers = np.arange(len(self) * self.batch_size) + epoch * len(self) * self.batch_size
        return list(numbers.reshape(-1, self.batch_size))

    def batch(self, indices):
        """`{"samples": (B, N) float32}, labels (B, T) float32, weights (B, T) float32`."""
        generators = [np.random.Generator(np.random.PCG64([self.seed, int(i)])) for i in indices]
        dry = np.zeros((len(indices), self.points), np.float32)
        spoken = [
            self._speak(row[: self.length], generator)
            for row, generator in zip(dry, generators, strict=True)
        ]
        spectra = fft.rfft(dry)
        for row, generator in zip(spectra, generators, strict=True):
            self._colour(row, generator)
        samples = np.stack(self._heard(spectra, generators))
        for row, generator in zip(samples, generators, strict=True):
            if generator.random() < imperfections.FILLED_SHARE:
                imperfections.fill(row, stretch(self.hisses, len(row), generator), generator)
            if generator.random() < imperfections.OVERLOADED_SHARE:
                imperfections.overload(row, generator)
            self._add_noise(row, generator)
        frames = np.arange(self.length // HOP)
        labels = np.zeros((len(indices), len(frames)), np.float32)
        weights = np.ones_like(labels)
        for label, weight, phrases in zip(labels, weights, spoken, strict=True):
            for end, _ in phrases:
                after = frames - end // HOP
                weight[(after >= UNSURE.start) & (after < UNSURE.stop)] = 0
            for end in (end for end, is_whole in phrases if is_whole):
                after = frames - end // HOP
                heard = (after >= HEARD.start) & (after < HEARD.stop)
                label[heard], weight[heard] = 1, self.mix.phrase_weight
        return {"samples": samples}, labels, weights

    def signature(self):
        """The specs of a batch."""
        import tensorflow as tf

        frames = tf.TensorSpec((self.batch_size, self.length // HOP), tf.float32)
        samples = tf.TensorSpec((self.batch_size, self.length), tf.float32)
        return {"samples": samples}, frames, frames

    def _speak(self, row, generator):
        """Fill a clip with speech; where phrases end in it, and whether each is whole."""
        chance = generator.random()
        if chance < PHRASE_SHARE:
            end, before = self._speak_one(row, self._phrase(generator), generator)
            return [*before, (end, True)]
        if chance < PHRASE_SHARE + LONE_SHARE:
            return self._speak_one(row, self._negative(generator, NEAR_MISS), generator)[1]
        if generator.random() > QUIET_SHARE:
            place = -int(generator.uniform(0, 1.5) * SAMPLE_RATE)
            while place < len(row):
                voice, _, _ = self._utterance(self._negative(generator), generator)
                add(row, voice, place)
                place += len(voice) + int(generator.uniform(0, 0.6) * SAMPLE_RATE)
        return []

    def _phrase(self, generator):
        kind = "phrase"
        if "own_phrase" in self.by_kind and generator.random() < self.mix.recorded_share:
            kind = "own_phrase"
        return int(generator.choice(self.by_kind[kind]))

    def _speak_one(self, row, chosen, generator):
        """Say an utterance somewhere in a clip, often among others.

        Returns:
            Where it ends, and a list of where a phrase before it ends, and whether that is whole.
        """
        voice, start, end = self._utterance(chosen, generator)
        latest = len(row) - (HEARD.stop + 2) * HOP
        earliest = min(end - start, 0.9 * latest)
        is_second = generator.random() < BEFORE_SHARE
        again = is_second and generator.random() < AGAIN_SHARE
        if again:  # late, so that there is room for the other, or at least for its end
            earliest = (earliest + latest) / 2
        at = int(generator.uniform(earliest, latest))
        add(row, voice, at - end)
        phrases = []
        if is_second:
            number = self._phrase(generator) if again else self._negative(generator)
            before, first, last = self._utterance(number, generator)
            place = at - end + start - last - int(generator.uniform(500, 12_000))
            add(row, before, place)
            phrases = [(place + last, place + first >= 0)] if again else []
        if generator.random() < AFTER_SHARE:
            after, first, _ = self._utterance(self._negative(generator), generator)
            add(row, after, at - first + int(generator.uniform(1_000, 8_000)))
        return at, phrases

    def _negative(self, generator, but=""):
        """The number of an utterance without the phrase, of any kind but one."""
        if len(self.hard) and generator.random() < HARD_SHARE:
            return int(generator.choice(self.hard))
        kinds = [kind for kind in NEGATIVE_KINDS if kind in self.by_kind]
        kinds = [kind for kind in kinds if kind != but] or kinds
        share = np.array([NEGATIVE_KINDS[kind] for kind in kinds])
        kind = kinds[int(np.searchsorted(np.cumsum(share / share.sum()), generator.random()))]
        return int(generator.choice(self.by_kind[kind]))

    def _utterance(self, number, generator):
        """A recording said in a drawn way, and where the words start and end in it."""
        clips = self.clips
        start, end = int(clips.speech_start[number]), int(clips.speech_end[number])
        length = int(clips.lengths[number])
        if length > 2 * self.length:  # a long recording: a stretch of it
            first = int(generator.integers(0, length - 2 * self.length))
            voice, start, end = clips.audio(number, first, 2 * self.length), 0, 2 * self.length
        else:
            voice = clips.audio(number)
        voice, start, end = voices.vary(voice, start, end, generator)
        return voice * 10 ** (generator.uniform(-6, 6) / 20), start, end

    def _colour(self, spectrum, generator):
        """Multiply a clip's spectrum `(F,)` by those of a microphone and mostly of a room."""
        spectrum *= self.colourings[generator.integers(len(self.colourings))]
        chance, room = generator.random(), self.rooms[generator.integers(len(self.rooms))]
        if chance < ROOM_SHARE:
            spectrum *= room
        elif chance < ROOM_SHARE + CLOSE_SHARE:
            spectrum *= 1 + 10 ** (generator.uniform(-30, -3) / 20) * room

    def _heard(self, spectra, generators):
        """Clips from their spectra `(B, F)`, the balance of low and high mostly straying."""
        parts = []
        for row, generator in zip(spectra, generators, strict=True):
            is_even = generator.random() < imperfections.EVEN_SHARE
            bands = 1 if is_even else self.bands[generator.integers(len(self.bands))]
            parts.append(np.atleast_2d(row * bands))
        # All at once: one by one takes three times as long.
        sounds = fft.irfft(np.concatenate(parts), self.points)[:, : self.length]
        sounds = np.split(sounds, np.cumsum([len(part) for part in parts])[:-1])
        return [
            imperfections.stray(sound, generator) if len(sound) > 1 else sound[0]
            for sound, generator in zip(sounds, generators, strict=True)
        ]

    def _add_noise(self, row, generator):
        """Noise at a drawn ratio to the speech, and the loudness of a drawn microphone."""
        energy = power(row) or 1e-2
        if generator.random() < NOISE_SHARE:
            own = self.recorded_noise and generator.random() < 0.6
            noise = stretch(self.recorded_noise if own else self.noises, len(row), generator)
            if generator.random() < 0.2:
                noise = noise + stretch(self.noises, len(row), generator)
            ratio = generator.uniform(self.mix.softest, self.mix.loudest)
            scale = np.sqrt(energy / (power(noise) + 1e-12)) * 10 ** (-ratio / 20)
            row += scale * noise
        loudness = 10 ** (generator.uniform(-46, -14) / 20)
        row *= loudness / np.sqrt(power(row) + 1e-12)
        row += 10 ** (generator.uniform(-115, -62) / 20) * stretch(static(), len(row), generator)
        np.clip(row, -1, 1, out=row)
