"""Chorales by rules of harmony: phrases with cadences, for four voices."""

import tensorflow_datasets as tfds

from recipes.datasets.draw import Draw
from recipes.datasets.harmony import chords, voices

SIZES = {"train": 240, "validation": 30, "test": 60}
MODES = ["major", "minor"]


class RuleChorales(tfds.core.GeneratorBasedBuilder):
    """Chorales in C major and A minor for four voices, a frame each quarter note.

    A phrase has two bars: an opening, a chord that leads on, a cadence and its last chord again.
    Chords follow each other as functional harmony has it; of all ways to write them for four voices
    the one is taken that moves least, without parallel fifths and octaves, notes doubled and led by
    rule. The soprano's taste is drawn, so the same chords have many melodies.

    Pairs of an opening and a cadence are set aside: train and validation never have them, and each
    test chorale has one at least. `roll` has the notes of a frame as numbers of MIDI from low to
    high, with `|` between frames.
    """

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        return self.dataset_info_from_configs(
            description=self.__doc__,
            features=tfds.features.FeaturesDict(
                {
                    "roll": tfds.features.Text(),
                    "mode": tfds.features.ClassLabel(names=MODES),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(split) for split in SIZES}

    def _generate_examples(self, split):
        for number, (roll, mode) in enumerate(chorales(split)):
            yield number, {"roll": roll, "mode": mode}


def chorales(split):
    """The `(roll, mode)` of each chorale of a split, always the same ones."""
    draw, found = Draw(f"rule chorales {split}"), 0
    while found < SIZES[split]:
        mode = MODES[found % 2]
        phrases, held_out = chords.chorale(draw, mode)
        if held_out != (split == "test"):
            continue
        found += 1
        frames = voices.led(draw, mode, [name for phrase in phrases for name in phrase])
        text, place = [], 0
        for phrase in phrases:
            those = [" ".join(map(str, frame)) for frame in frames[place : place + len(phrase)]]
            text += [*those, those[-1]]
            place += len(phrase)
        yield "|".join(text), mode
