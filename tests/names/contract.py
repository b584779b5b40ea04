"""The names recipe for the contract of recipes: tiny data, settings, inputs, odd input."""

from recipes.datasets import given_names

OPTIONS = (
    "--embedding-dim 6 --units 8 --epochs 2 --batch-size 16 --samples 50 --checkpoint-every 3"
).split()


def data(folder):
    """Write 200 names, and files that are refused."""
    chosen = list(given_names.names())[::50][:200]
    (folder / "names.txt").write_text("\n".join(chosen) + "\n", encoding="utf-8")
    (folder / "one.txt").write_text("Emma\nEmma\nemma\n")
    (folder / "blank.txt").write_text("\n  \n\n")
    (folder / "cp1252.txt").write_bytes("Zoe\nZo\u00eb\n".encode("cp1252"))
    (folder / "long.txt").write_text("\n".join([*chosen, "x" * 41, "y" * 50, "z" * 60]))


def options(folder):
    """Options that name the data."""
    return ["--data", str(folder / "names.txt")]


def inputs(folder):
    """Arguments of `predict`."""
    return ["Br", "\u05e9"]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", str(folder / "one.txt")], "too few distinct examples"),
        (["--data", str(folder / "blank.txt")], "is empty; it needs a name on each line"),
        (["--data", str(folder / "cp1252.txt")], "is not UTF-8: line 2 has the byte 0xeb"),
        (["--data", str(folder / "long.txt")], "line 201 has 41 characters, more than --max-len"),
        (["--data", str(folder / "no.txt")], "There is no file"),
        (["--data", str(folder / "names.txt"), "--column", "2"], "has no column '2'"),
        (["--data", "given_name"], "nearest to it are given_names"),
        (["--dropout", "1"], "--dropout must be at least 0 and below 1"),
    ]


def comparable(test):
    """The figures without those of drawn names, which rounding can change."""
    return {name: test[name] for name in ("crossentropy", "bits")}
