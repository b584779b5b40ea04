"""The characters recipe for the contract of recipes: tiny data, settings, inputs, odd input."""

import pathlib

OPTIONS = (
    "--embedding-dim 8 --units 12 --num-layers 1 --epochs 2 --batch-size 4 --steps 16 "
    "--dropout 0.1 --checkpoint-every 3"
).split()


def text(count=160):
    """Lines of a text in which a word tells the next one."""
    animals, sounds = ("dog", "cat", "cow", "hen"), ("barks", "mews", "moos", "clucks")
    lines = [
        f'the {animals[i % 4]} {sounds[i % 4]}, "{i % 7}" times.\n' + "\n" * (i % 5 == 0)
        for i in range(count)
    ]
    return "".join(lines)


def data(folder):
    """Write a text of some thousand characters, and texts that cannot be learnt from."""
    (folder / "text.txt").write_text(text(), encoding="utf-8")
    (folder / "empty.txt").write_text("\n\n")
    (folder / "one.txt").write_text("a")
    (folder / "wide.txt").write_bytes(text().encode("utf-16-le"))
    (folder / "cp1252.txt").write_bytes(f"{text()}caf\u00e9\n".encode("cp1252"))


def options(folder):
    """Options that name the data."""
    return ["--data", str(folder / "text.txt")]


def inputs(folder):
    """Arguments of `predict`."""
    return ["the dog", "\U0001f600"]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    named = [
        ("empty.txt", "is empty; it needs text to learn from"),
        ("one.txt", "has 1 character; to learn from it"),
        ("cp1252.txt", "is not UTF-8: line 193 has the byte 0xe9"),
        ("wide.txt", "is full of NUL characters, as UTF-16 is without a byte order mark"),
        ("no.txt", "There is no file"),
    ]
    own = ["--data", str(folder / "text.txt")]
    return [
        *((["--data", str(pathlib.Path(folder, name))], message) for name, message in named),
        ([*own, "--test", str(folder / "one.txt")], "one.txt has a single character"),
        ([*own, "--min-count", "50000"], "No character of this text comes 50,000 times"),
        ([*own, "--one-hot", "--tie-embeddings"], "--one-hot has none"),
        ([*own, "--steps", "8", "--back", "4"], "--back 4 must be 0 or at least --steps 8"),
        ([*own, "--back", "4"], "--back 4 must be 0 or at least --steps 32"),
        ([*own, "--dropout", "1"], "--dropout must be at least -1 and below 1"),
        (["--data", "shakespear"], "neither a file nor a name of the catalogue"),
    ]
