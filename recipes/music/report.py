"""The report, the pictures and the music of a training."""

from recipes.common import plots, report, storage
from recipes.common.export import installed
from recipes.music import harmony, measure, midi, sound
from recipes.music import plots as music_plots

NEEDED = ("test", "baselines", "written", "real")  # of `metrics.json`, for `summary`
NAMES = {
    "nats_per_frame": "nats a frame",
    "nats_per_piece": "nats a piece, its end included",
    "nats_per_event": "nats a note or end of a frame",
}
MEASURED = {
    "in_key": "share of notes in the key of the piece",
    "dissonant": "share of frames with notes a semitone apart",
    "parallel_fifths": "parallel fifths a change of chord",
    "parallel_octaves": "parallel octaves a change of chord",
    "longest_copy_bars": "longest copy of a training piece, bars",
    "mean_copy_bars": "longest copy of a training piece, mean over pieces, bars",
}
TEMPO = 80.0
PIECES = 3  # that are kept as files


def rows_of(metrics):
    """Figures by model."""
    ngrams, frames = metrics["baselines"]["ngrams"], metrics["baselines"].get("frames")
    found = {
        "notes, recurrent network": metrics["test"],
        f"notes, {ngrams['order']}-grams": ngrams,
    }
    return {**found, **({"frames, a sigmoid for each key": frames} if frames else {})}


def summary(metrics):
    """Lines for people on what a training came to."""
    rows = [(f"  {name}", row["nats_per_frame"]) for name, row in rows_of(metrics).items()]
    written, real = metrics["written"], metrics["real"]
    compared = [
        (f"  {label}", f"{written[name]:6.3f}  {real[name]:6.3f}")
        for name, label in MEASURED.items()
    ]
    return [
        "test: nats a frame",
        report.columns(rows),
        f"{written['pieces']} written pieces beside {real['pieces']} test pieces",
        report.columns(compared),
        *(f"written: {path}" for path in metrics["files"]),
    ]


def write(run, music, model, stages, written, metrics):
    """Write the music, the plots and `report.md` of a training into the run directory.

    Args:
        run: The run.
        music: Its `Data`.
        model: The trained model.
        stages: Its `Stages`.
        written: Pieces that the model has written.
        metrics: The content of `metrics.json`, to which the names of files are added.
    """
    directory, grid = run.directory, run.data["frames_per_quarter"]
    plots.learning_curves(
        stages, directory / "learning_curves.png", metrics=("crossentropy", "probability")
    )
    kept = [piece for piece in sorted(written, key=len, reverse=True) if piece][:PIECES]
    metrics["files"] = keep(directory, kept, grid)
    test = music.parts["test"]
    piece = test.frames[0]
    nats = measure.event_nats(model, [piece])[0][0]
    music_plots.surprise(
        piece, nats, directory / "surprise.png", grid, f"What each note of {test.titles[0]} cost"
    )
    music_plots.measures(metrics["written"], metrics["real"], directory / "measures.png")
    if kept:
        title = f"Written by the network: {harmony.name_of(harmony.key_of(kept[0]))}"
        music_plots.roll(kept[0], directory / "roll.png", grid, title)
    pictures = ["surprise.png", "measures.png", *(["roll.png"] if kept else [])]
    keys = list(NAMES)
    page = report.document(
        f"{run.recipe}: {run.config.data}",
        report.how_it_was_made(
            run, metrics, "pieces",
            ("frames", ", ".join(f"{n:,} {name}" for name, n in run.data["frames"].items())),
            ("frames a quarter note", grid),
            ("transposed in training", run.data["transposed"]),
        ),
        (
            "Test results",
            report.table(
                ["model", *(NAMES[key] for key in keys)],
                [
                    (name, *(row.get(key, "–") for key in keys))
                    for name, row in rows_of(metrics).items()
                ],
            ),
        ),
        (
            "What is written",
            report.table(
                ["measure", "written", "test pieces"],
                [
                    (label, metrics["written"][name], metrics["real"][name])
                    for name, label in MEASURED.items()
                ],
            )
            + "\n\n"
            + "\n".join(f"- [{name}]({name})" for name in metrics["files"]),
        ),
        ("Pictures", "\n\n".join(f"![{x}]({x})" for x in ["learning_curves.png", *pictures])),
    )  # fmt: skip
    storage.write_text(directory / "report.md", page)


def keep(directory, pieces, grid):
    """Write pieces as MIDI and sound into a directory: the names of the files."""
    names = []
    for number, piece in enumerate(pieces, start=1):
        if installed("mido"):
            midi.write(directory / f"piece-{number}.mid", piece, grid, TEMPO)
            names.append(f"piece-{number}.mid")
        sound.write(directory / f"piece-{number}.wav", sound.synthesise(piece, grid, TEMPO))
        names.append(f"piece-{number}.wav")
    return names
