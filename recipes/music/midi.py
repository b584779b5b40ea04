"""MIDI files, read as frames and written from them."""

import pathlib

from recipes.common import storage
from recipes.common.data import files
from recipes.common.errors import UserError
from recipes.common.export import installed

SUFFIXES = (".mid", ".midi")
DRUMS = 9  # the tenth channel, by the General MIDI standard
VELOCITY, ORGAN = 80, 19  # of the notes that are written, and their sound: a church organ
LONGEST = 100_000  # frames that are read of a file


def check_installed():
    """Refuse to go on without mido.

    Raises:
        UserError: With the command that installs it.
    """
    if not installed("mido"):
        raise UserError("MIDI files need mido: pip install 'sequence-zoo[music]'.")


def read(path, frames_per_quarter):
    """The frames of a file: the keys that sound in each, drums left out.

    Args:
        path: The file.
        frames_per_quarter: Frames a quarter note; beginnings and ends of notes go to the nearest.

    Returns:
        A list of rising tuples, from the first note to the last; empty if there is no note.

    Raises:
        UserError: If the file is missing, damaged or of a kind that has no beats.
    """
    check_installed()
    import mido

    files.read_bytes(path)  # whose messages say more
    try:
        song = mido.MidiFile(path, clip=True)
    except Exception as error:  # of many kinds, by what is damaged
        detail = str(error).strip() or "it ends too early"
        raise UserError(f"The file {path} is damaged or no MIDI file ({detail}).") from None
    if song.ticks_per_beat <= 0 or song.type == 2:
        why = "has songs of their own" if song.type == 2 else "counts seconds and not beats"
        raise UserError(f"The file {path} {why}; save it as MIDI of type 0 or 1, with beats.")
    grid = song.ticks_per_beat / frames_per_quarter
    notes = [note for track in song.tracks for note in _notes(track)]
    spans = []
    for start, end, key in notes:
        first = int(start / grid + 0.5)
        spans.append((first, max(first + 1, int(end / grid + 0.5)), key))
    if not spans:
        return []
    begin, length = min(span[0] for span in spans), max(span[1] for span in spans)
    if length - begin > LONGEST:
        raise UserError(f"The file {path} has {length - begin:,} frames, more than {LONGEST:,}.")
    sounding = [set() for _ in range(begin, length)]
    for first, last, key in spans:
        for place in range(first, last):
            sounding[place - begin].add(key)
    return [tuple(sorted(keys)) for keys in sounding]


def _notes(track):
    """`(start, end, key)` in ticks of the notes of a track; what is never ended ends with it."""
    now, open_notes = 0, {}
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == DRUMS:
            continue
        at = message.channel, message.note
        if at in open_notes:
            yield open_notes.pop(at), now, message.note
        if message.type == "note_on" and message.velocity:
            open_notes[at] = now
    for (_, key), start in open_notes.items():
        yield start, now, key


def write(path, frames, frames_per_quarter, tempo):
    """Write frames as a MIDI file; a key that sounds in frames on end is one long note.

    Args:
        path: The file.
        frames: A list of tuples of keys.
        frames_per_quarter: Frames a quarter note.
        tempo: Quarter notes a minute.
    """
    check_installed()
    import mido

    song = mido.MidiFile(type=0, ticks_per_beat=480)
    track = mido.MidiTrack()
    song.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)))
    track.append(mido.Message("program_change", program=ORGAN))
    step, waited = 480 // frames_per_quarter, 0
    before = ()
    for frame in [*frames, ()]:
        for kind, keys in (
            ("note_off", sorted(set(before) - set(frame))),
            ("note_on", sorted(set(frame) - set(before))),
        ):
            for key in keys:
                track.append(mido.Message(kind, note=key, velocity=VELOCITY, time=waited))
                waited = 0
        waited, before = waited + step, frame
    with storage.replacing(pathlib.Path(path)) as temporary:
        song.save(temporary)
