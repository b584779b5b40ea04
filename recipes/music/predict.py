"""Write music with a trained network, as MIDI, sound and picture."""

import pathlib

from recipes.common import plots, report
from recipes.common.errors import UserError
from recipes.music import harmony, sound, sources, writing
from recipes.music import midi as midi_files
from recipes.music import plots as music_plots
from recipes.music.trained import restore

SHOWN = 8  # frames that a line shows
KINDS = {"midi": midi_files.SUFFIXES, "wav": (".wav",)}


def predict(
    run, inputs, prime="", harmonise="", length=32, count=1, temperature=1.0, top_p=1.0, width=0,
    transpose=True, seed=0, tempo=80.0, midi="", wav="", plot="",
):  # fmt: skip
    """Write pieces: from nothing, on from each input, or voices under a melody.

    Args:
        run: The finished run.
        inputs: Names of MIDI files to go on with.
        prime: One before those.
        harmonise: Name of a MIDI file whose melody is harmonised.
        length: Quarter notes to write; 0 for a piece that ends by itself.
        count: Pieces for each input.
        temperature, top_p, seed: As for `zoo.Sample`.
        width: Hypotheses of the search for voices; 0 for the usual number.
        transpose: Whether to read in the key and register that the network knows.
        tempo: Quarter notes a minute.
        midi, wav, plot: Files to write.

    Returns:
        `result, lines`: under `predictions` a dict for each piece, and lines for people.

    Raises:
        UserError: If a file cannot be read or is no place to write to, or options contradict.
    """
    if harmonise and (prime or inputs):
        raise UserError("--harmonise and a piece to go on with exclude each other; name one.")
    if top_p > 1:
        raise UserError(f"--top-p must be above 0 and at most 1; got {top_p}.")
    _check_places(midi, wav, plot)
    trained, grid = restore(run), run.fact("frames_per_quarter")
    chosen = {"temperature": temperature, "top_p": top_p, "seed": seed, "n": count}
    found, paths = [], [path for path in (harmonise, prime, *inputs) if path]
    # All are read before any is gone on with, so that a bad one is told at once.
    songs = [(path, sources.read_midi(path, grid)) for path in paths] or [("", [])]
    for path, given in songs:
        shift = writing.shift_of(run, given, transpose) if given else 0
        read = writing.moved(given, shift)
        if harmonise:
            pieces = writing.harmonise(trained.model, run, writing.melody_of(read), count, width)
            given = []
        else:
            frames, open_end = length * grid or writing.LONGEST, not length
            pieces = writing.go_on(trained.model, run, read, frames, open_end, **chosen)
        for piece, score in pieces:
            written = writing.moved(piece, -shift)
            found.append((path, given, written, score, shift))
    predictions, lines = [], []
    for number, (path, given, written, score, shift) in enumerate(found, start=1):
        whole = [*given, *written]
        name = f"-{number}" if len(found) > 1 else ""
        files = _write(whole, len(given), grid, tempo, _named(midi, name), _named(wav, name),
                       _named(plot, name))  # fmt: skip
        key = harmony.name_of(harmony.key_of(whole)) if any(whole) else "silence"
        nats = -score / max(1, len(written))
        predictions.append(
            {
                "file": path, "key": key, "frames": [list(frame) for frame in written],
                "nats_per_frame": nats, "in_key": harmony.in_key(whole), "transposed": shift,
                **files,
            }
        )  # fmt: skip
        wrote = ", ".join(files.values()) or _chords(written)
        lines.append(f"{key}, {len(written)} frames, {nats:.2f} nats a frame: {wrote}")
    return {"predictions": predictions}, lines


def _check_places(midi_path, wav, plot):
    """Refuse places that cannot be written to, before anything is."""
    for option, path in (("midi", midi_path), ("wav", wav)):
        if path and pathlib.Path(path).suffix.lower() not in KINDS[option]:
            raise UserError(f"--{option} must name a {KINDS[option][0]} file; got {path}.")
        if path and not pathlib.Path(path).absolute().parent.is_dir():
            raise UserError(f"--{option} {path}: there is no folder {pathlib.Path(path).parent}.")
    if midi_path:
        midi_files.check_installed()
    if plot:
        plots.check_path(plot)


def _named(path, number):
    """A path with a number before its suffix, if there is one."""
    path = pathlib.Path(path)
    return path.with_name(f"{path.stem}{number}{path.suffix}") if path.name else ""


def _write(frames, given, grid, tempo, midi_path, wav, plot):
    """Write a piece in the forms that are asked for: the names of the files by form."""
    if midi_path:
        midi_files.write(midi_path, frames, grid, tempo)
    if wav:
        sound.write(wav, sound.synthesise(frames, grid, tempo))
    if plot:
        music_plots.roll(frames, plot, grid, given=given)
    paths = {"midi": midi_path, "wav": wav, "plot": plot}
    return {kind: str(path) for kind, path in paths.items() if path}


def _chords(frames):
    """The first frames for people, such as `C3 G3 E4 C5`."""
    shown = [
        " ".join(f"{harmony.NAMES[key % 12]}{key // 12 - 1}" for key in frame) or "–"
        for frame in frames[:SHOWN]
    ]
    return report.shorten(" | ".join(shown) + (" …" if len(frames) > SHOWN else ""))
