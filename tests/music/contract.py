"""The music recipe for the contract of recipes: tiny pieces, settings, inputs, odd input."""

import json
import pathlib

OPTIONS = (
    "--embedding-dim 8 --units 12 --num-layers 1 --epochs 2 --batch-size 4 --steps 16 "
    "--dropout 0.1 --checkpoint-every 3 --frame-units 8 --frame-epochs 1"
).split()


def piece(number):
    """Chords that go up and down, in a key of its own for each number."""
    roots = [48, 53, 55, 48, 57, 53, 55, 48][: 4 + number % 5]
    return [[root + number % 3 + step for step in (0, 7, 16, 24)] for root in roots]


def data(folder):
    """Write pieces as JSON and as MIDI, and files that are neither."""
    import mido

    parts = {"train": [piece(n) for n in range(24)], "valid": [piece(n)[::-1] for n in range(6)]}
    (folder / "quarter.json").write_text(json.dumps(parts), encoding="utf-8")
    (folder / "shape.json").write_text(json.dumps({"train": {"a": 1}}), encoding="utf-8")
    (folder / "notes.json").write_text(json.dumps([[[60], ["C4"]]]), encoding="utf-8")
    (folder / "broken.json").write_text('{"train": [', encoding="utf-8")
    for name, keys, channel in (("theme", (60, 64, 67, 72), 0), ("drums", (36, 38), 9)):
        track = mido.MidiTrack()
        for key in keys:
            track.append(mido.Message("note_on", note=key, channel=channel))
            track.append(mido.Message("note_off", note=key, channel=channel, time=480))
        song = mido.MidiFile(ticks_per_beat=480)
        song.tracks.append(track)
        song.save(folder / f"{name}.mid")
    content = (folder / "theme.mid").read_bytes()
    (folder / "cut.mid").write_bytes(content[: len(content) // 2])
    (folder / "none").mkdir(exist_ok=True)
    (folder / "none" / "notes.txt").write_text("C E G")


def options(folder):
    """Options that name the data."""
    return ["--data", str(folder / "quarter.json")]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / "theme.mid")]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    named = [
        ("drums.mid", "drums.mid has no notes, drums apart"),
        ("cut.mid", "cut.mid is damaged or no MIDI file"),
        ("shape.json", "has another shape: it must hold lists of pieces as train"),
        ("notes.json", 'piece 1 has in frame 2 no MIDI note from 0 to 127 but "C4"'),
        ("broken.json", "broken.json is no JSON"),
        ("none", "has no MIDI files (it holds notes.txt)"),
        ("no.mid", "There is no file"),
    ]
    return [
        *((["--data", str(pathlib.Path(folder, name))], message) for name, message in named),
        (["--data", "bach"], "neither a file nor a name of the catalogue"),
        ([*options(folder), "--dropout", "1"], "--dropout must be at least 0 and below 1"),
    ]
