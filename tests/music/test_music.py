"""Events, keys, intervals and rules of the music recipe."""

import itertools

import numpy as np
import pytest

from recipes.datasets import rule_chorales
from recipes.music import events, harmony, midi, rules, sound

CHORDS = [(48, 55, 64, 72), (), (50, 57), (21, 108)]


def test_events_are_the_notes_from_low_to_high_and_the_next_frame():
    tokens = events.encode(CHORDS)
    assert tokens[:5] == [31, 38, 47, 55, events.NEXT]
    assert events.decode([*tokens, events.END, 40]) == CHORDS
    assert events.decode(tokens[:-1]) == CHORDS[:-1]
    assert events.within((9, 45, 120, 57)) == (21, 45, 57, 108)


def test_rolls_have_the_keys_that_sound():
    roll = events.rolls(CHORDS)
    assert roll.shape == (4, 88)
    assert [tuple(np.flatnonzero(row) + events.LOWEST) for row in roll] == CHORDS


def run_through(constraint, tokens):
    """True if a constraint allows each of the tokens."""
    state = int(constraint.start)
    for token in tokens:
        if not constraint.allowed[state, token]:
            return False
        state = int(constraint.following[state, token])
    return True


def test_keys_rise_within_a_frame_and_a_piece_ends_between_frames():
    rising = rules.rising()
    assert run_through(rising, [*events.encode(CHORDS), events.END])
    assert not run_through(rising, [40, 40])
    assert not run_through(rising, [40, 39])
    assert not run_through(rising, [40, events.END])
    assert run_through(rising, [events.NEXT, 40, events.NEXT, 39])


@pytest.mark.parametrize(
    ("frames", "right"),
    [
        ([(48, 52, 60), (50, 53, 62), ()], True),
        ([(48, 52, 55, 60), (50, 62), ()], True),
        ([(48, 52, 60), (62,), ()], False),  # too few notes,
        ([(48, 50, 52, 55, 60), (50, 62), ()], False),  # too many
        ([(48, 52, 60), (50, 53, 64), ()], False),  # another melody
        ([(48, 52, 60, 64), (50, 53, 62), ()], False),  # a note above it
        ([(48, 52, 60), (50, 53, 62), (50,)], False),  # one where it rests
        ([(48, 52, 60), (50, 53, 62)], False),  # too few frames
    ],
)
def test_frames_under_a_melody_have_it_on_top(frames, right):
    framed = rules.framed([60, 62, -1], most=4, least=2)
    assert run_through(framed, [*events.encode(frames), events.END]) is right


def test_frames_without_a_melody_are_as_many_as_asked_for():
    for open_end in (False, True):
        framed = rules.framed([None] * 3, most=2, open_end=open_end)
        assert run_through(framed, [*events.encode([(50, 57), (), (60,)]), events.END])
        assert not run_through(framed, events.encode([(50, 57, 60)]))
        assert run_through(framed, [*events.encode([(50,)]), events.END]) is open_end


def test_midi_that_is_written_is_read_again(tmp_path):
    frames = [(48, 60), (48, 62), (), (50,), (50,), (52, 55, 59)]
    for grid in (1, 2, 4):
        midi.write(tmp_path / "song.mid", frames, grid, 90)
        assert midi.read(tmp_path / "song.mid", grid) == frames


def test_twelve_tracks_are_read_together_and_drums_left_out(tmp_path):
    import mido

    song = mido.MidiFile(type=1, ticks_per_beat=96)
    for number in range(12):
        track = mido.MidiTrack()
        channel = 9 if number == 3 else number % 9
        track.append(mido.Message("note_on", note=40 + 2 * number, channel=channel, time=2))
        track.append(mido.Message("note_on", note=40 + 2 * number, channel=channel, velocity=0,
                                  time=90 if number else 190))  # fmt: skip
        song.tracks.append(track)
    song.save(tmp_path / "band.mid")
    expected = tuple(40 + 2 * number for number in range(12) if number != 3)
    assert midi.read(tmp_path / "band.mid", 1) == [expected, (40,)]


def test_a_key_is_found_and_its_notes_are_counted():
    major = [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)]
    assert harmony.key_of(major) == (0, "major")
    assert harmony.in_key(major) == 1
    for shift in range(12):
        moved = [tuple(key + shift for key in frame) for frame in major]
        assert harmony.key_of(moved) == (shift, "major")
    minor = [(57, 60, 64), (62, 65, 69), (64, 68, 71), (57, 60, 64), (57, 60, 64)]
    assert harmony.name_of(harmony.key_of(minor)) == "A minor"
    assert harmony.in_key([*major, (61,)]) == pytest.approx(12 / 13)
    assert harmony.shared_key([major, minor]) == 1  # of signature
    assert harmony.shared_key([major, [(61, 65, 68), (66, 70, 73), (61, 65, 68)]]) == 0.5


def test_parallel_fifths_and_octaves_are_counted():
    for before, after, fifths, octaves in (
        ((48, 55), (50, 57), 1, 0),
        ((48, 67), (50, 69), 1, 0),  # a twelfth
        ((48, 60), (53, 65), 0, 1),
        ((48, 55), (48, 55), 0, 0),  # nothing moves
        ((48, 67), (60, 67), 0, 0),  # one voice moves
        ((48, 67), (50, 57), 0, 0),  # against each other
        ((48, 55, 60), (50, 57), 0, 0),  # another number of voices
        ((48, 55, 60), (50, 57, 62), 1, 1),
    ):
        found, _ = harmony.parallels([before, after])
        assert found == {"fifths": fifths, "octaves": octaves}, (before, after)


def test_the_longest_copy_is_found():
    known = [[(1, 2), (3,), (4,), (5,)], [(6,), (7,)]]
    library = harmony.Library(known)
    assert library.longest_copy([(9,), (3,), (4,), (5,), (6,), (7,)]) == 3
    assert library.longest_copy([(5,), (6,)]) == 1
    assert library.longest_copy([(2, 3), (8,)]) == 0
    assert harmony.Library(known, keys=True).longest_copy([(6,), (7,), (8,)]) == 3


def test_a_melody_is_moved_into_a_known_register():
    melody = [60, 62, 64, 65, 67, 65, 64, 62, 60]
    registers = harmony.registers([[(40, key) for key in melody], [(40, 90), (40, 85)]])
    for shift in (-13, -1, 0, 5):
        assert harmony.best_shift([key - shift for key in melody], registers) == shift


def test_notes_on_end_are_one_and_sound_as_long():
    frames = [(60, 64), (60,), (), (60,)]
    assert sound.notes(frames) == [(60, 0, 2), (64, 0, 1), (60, 3, 4)]
    samples = sound.synthesise(frames, 1, 60)
    power = [np.square(samples[n * sound.RATE :][: sound.RATE]).mean() for n in range(4)]
    assert power[2] < 0.05 * min(power[0], power[1], power[3])
    spectrum = np.abs(np.fft.rfft(samples[sound.RATE : 2 * sound.RATE]))
    assert abs(int(spectrum.argmax()) - 262) <= 1  # Hz of middle C
    assert np.abs(samples).max() <= 1


@pytest.fixture(scope="module")
def chorales():
    return {split: list(rule_chorales.chorales(split)) for split in rule_chorales.SIZES}


def test_embedded_chorales_keep_the_rules(chorales):
    assert sum(len(roll) for part in chorales.values() for roll, _ in part) < 1_000_000
    wrong = changes = 0
    for roll, _ in chorales["train"]:
        frames = [tuple(map(int, frame.split())) for frame in roll.split("|")]
        assert len(frames) % 8 == 0
        for begin in range(0, len(frames), 8):  # within each phrase
            found, count = harmony.parallels(frames[begin : begin + 8])
            wrong, changes = wrong + sum(found.values()), changes + count
        for frame in frames:
            assert all(low < high for low, high in itertools.pairwise(frame))
            assert frame[0] >= 40
            assert frame[-1] <= 79
    assert wrong / changes < 0.002


def test_embedded_chorales_are_distinct_and_the_same_again(chorales):
    rolls = [roll for part in chorales.values() for roll, _ in part]
    assert len(set(rolls)) == len(rolls)
    assert list(rule_chorales.chorales("validation")) == chorales["validation"]
