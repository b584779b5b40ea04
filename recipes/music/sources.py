"""Pieces from JSON piano rolls, MIDI files, folders of both, or the embedded set."""

import dataclasses
import json
import os
import pathlib

from recipes.common.data import files
from recipes.common.data.catalog import as_numpy, builder_of
from recipes.common.data.splits import PARTS, Rows, complete, digest, held_out, to_measure_on
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.music import events, midi

JSON_SUFFIXES = (".json", ".json.gz")
NAMES = {"train": "train", "valid": "validation", "validation": "validation", "test": "test"}
GRIDS = {"quarter": 1, "8th": 2, "eighth": 2, "16th": 4}  # frames a quarter, by a file's name
OF_MIDI = 2
WANTED = "it must hold lists of pieces as train, valid and test, or one list of pieces"


@dataclasses.dataclass(frozen=True)
class Pieces(Rows):
    """Pieces as text, such as `"48 55 64|50 57 65"`, and where each comes from."""

    KEY, PAYLOAD = "rolls", "titles"

    rolls: list[str]
    titles: list[str]
    places: list[str]

    @property
    def frames(self):
        """The frames of each piece: lists of rising tuples of keys."""
        return [parse(roll) for roll in self.rolls]


def parse(roll):
    """The frames that a text stands for."""
    return [tuple(map(int, frame.split())) for frame in roll.split("|")]


def text_of(frames):
    """The text that stands for frames."""
    return "|".join(" ".join(map(str, frame)) for frame in frames)


def load(config):
    """The parts `train`, `validation` and `test` that a configuration names.

    Returns:
        `parts, about`: a dict of `Pieces` by name; `sha256` of everything in it, and
        `frames_per_quarter`.

    Raises:
        UserError: If a source is unusable, or a part comes out empty.
    """
    grid = grid_of(config)
    parts = _read(config.data, config, grid)
    if "train" not in parts:
        raise UserError(f"--data {config.data} has no training part.")

    def split_off(pieces, share, by):
        return pieces.divide(held_out(pieces.rolls, share, by))

    parts = complete(parts, config, lambda data: load_one(data, config, grid), split_off)
    return parts, {"sha256": digest(parts), "frames_per_quarter": grid}


def load_one(data, config, grid):
    """One part to measure on: a file, a folder, or the test part of a set.

    Raises:
        UserError: If it is unusable or has no pieces.
    """
    if part := to_measure_on(_read(data, config, grid)):
        return part
    raise UserError(f"--data {data} has no pieces.")


def grid_of(config):
    """Frames a quarter note: those named, those of a JSON file's name, or the usual ones."""
    if config.frames_per_quarter:
        return config.frames_per_quarter
    name = os.path.basename(os.path.normpath(config.data)).lower()
    if name.endswith(JSON_SUFFIXES):
        return next((grid for word, grid in GRIDS.items() if word in name), 1)
    if not files.exists(config.data):
        return 1
    tell(f"{OF_MIDI} frames a quarter note; --frames-per-quarter names another number.")
    return OF_MIDI


def _read(data, config, grid):
    if os.path.isdir(data):
        return {"train": _of_folder(data, config, grid)}
    suffix = pathlib.Path(data).suffix.lower()
    if suffix in midi.SUFFIXES:
        return {"train": _pieces(data, [(1, read_midi(data, grid), pathlib.Path(data).stem)])}
    if data.lower().endswith(JSON_SUFFIXES):
        return _of_json(data, config)
    if files.looks_like_file(data):
        raise UserError(
            f"The file {data} is neither MIDI (.mid) nor a JSON file of piano rolls (.json)."
        )
    return _of_catalogue(data, config.data_dir)


def read_midi(path, grid):
    """The frames of a MIDI file, its keys on a piano.

    Raises:
        UserError: If it is unusable or has no notes.
    """
    frames = [events.within(frame) for frame in midi.read(path, grid)]
    if not frames:
        raise UserError(f"The file {path} has no notes, drums apart.")
    return frames


def _pieces(source, rows, unit="piece"):
    return Pieces.of(source, [(n, text_of(frames), title) for n, frames, title in rows], unit)


def _of_folder(folder, config, grid):
    midi.check_installed()
    paths = files.walk(folder, midi.SUFFIXES)
    if not paths:
        held = ", ".join(sorted(path.name for path in pathlib.Path(folder).iterdir())[:6])
        raise UserError(f"The folder {folder} has no MIDI files (it holds {held or 'nothing'}).")
    rows, bad = [], []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            rows.append((name, read_midi(path, grid), path.stem))
        except UserError as error:
            bad.append((name, str(error).removeprefix(f"The file {path} ").rstrip(".")))
    files.report(folder, bad, len(paths), config.bad_share, "file")
    return _pieces(folder, rows, "file")


def _of_json(path, config):
    try:
        content = json.loads(files.read_text(path, "lists of pieces", config.encoding))
    except (ValueError, RecursionError) as error:
        raise UserError(f"The file {path} is no JSON ({error}).") from None
    parts = content if isinstance(content, dict) else {"train": content}
    known = {NAMES[name]: value for name, value in parts.items() if name in NAMES}
    if not known or not all(isinstance(pieces, list) for pieces in known.values()):
        raise UserError(f"The file {path} has another shape: {WANTED}.")
    if list(known) == ["validation"] or "train" not in known:
        known = {"train": next(iter(known.values()))} if len(known) == 1 else known
    found = {}
    for name, pieces in known.items():
        rows, bad = [], []
        for number, piece in enumerate(pieces, start=1):
            if fault := _fault(piece):
                bad.append((number, fault))
            else:
                frames = [events.within(int(key) for key in frame if key >= 0) for frame in piece]
                rows.append((number, frames, f"{name} {number}"))
        files.report(path, bad, len(pieces), config.bad_share, "piece")
        if rows:
            found[name] = _pieces(path, rows)
    return found


def _fault(piece):
    """The reason why a value of JSON is no piece, or an empty string."""
    if not isinstance(piece, list) or not piece:
        return f"is no list of frames but {_short(piece)}"
    for number, frame in enumerate(piece, start=1):
        if not isinstance(frame, list):
            return f"has as frame {number} no list of notes but {_short(frame)}"
        for key in frame:
            # Some files have whole numbers as 67.0, and -1 where a voice is silent.
            if type(key) not in (int, float) or key % 1 or not -1 <= key <= 127:
                return f"has in frame {number} no MIDI note from 0 to 127 but {_short(key)}"
    return "" if any(key >= 0 for frame in piece for key in frame) else "has no notes"


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:36]} …"


def _of_catalogue(name, data_dir):
    builder = builder_of(name, data_dir)
    if "roll" not in builder.info.features:
        raise UserError(
            f"--data {name} has no feature 'roll'; it has {', '.join(builder.info.features)}."
        )
    found = {}
    for part, batches in as_numpy(builder, name).items():
        texts = [text.decode("utf-8") for batch in batches for text in batch["roll"]]
        rows = [(number, text, f"{part} {number}") for number, text in enumerate(texts, 1)]
        if part in PARTS:
            found[part] = Pieces.of(name, rows, "piece")
    return found
