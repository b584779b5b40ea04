"""The sentiment recipe for the contract of recipes: tiny data, settings, inputs, odd input."""

import pathlib

from recipes.datasets.grammar_reviews import reviews

OPTIONS = (
    "--embedding-dim 6 --units 5 --epochs 2 --batch-size 32 --vocab-size 200 --max-length 24 "
    "--buckets 3 --checkpoint-every 3"
).split()


def data(folder):
    """Write 400 short reviews, learnable in seconds."""
    lines = ["text,label"]
    short = (pair for pair in reviews("train") if len(pair[0].split()) < 12)
    for _, (text, label) in zip(range(400), short, strict=False):
        lines.append(f'"{text}",{"positive" if label else "negative"}')
    (folder / "reviews.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "one.csv").write_text("text,label\nword,good\n")
    (folder / "cp1252.csv").write_bytes("text,label\ncaf\u00e9,good\n".encode("cp1252"))


def options(folder):
    """Options that name the data, the pooling that has the most to show, and weights of labels."""
    return ["--data", str(folder / "reviews.csv"), "--pooling", "attention", "--balance"]


def inputs(folder):
    """Arguments of `predict`."""
    return ["the plot was good .", "\U0001f600"]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", str(folder / "one.csv")], "too few distinct examples"),
        (["--data", str(folder / "cp1252.csv")], "is not UTF-8: line 2 has the byte 0xe9"),
        (["--data", str(pathlib.Path(folder, "no.csv"))], "There is no file"),
        (["--units", "-1"], "--units must be at least 0"),
        (["--data", "a,b"], "There is no file or folder a,b (looked for in"),
        (["--data", "data/reviews"], "There is no file or folder data/reviews"),
        (["--data", str(folder)], "has no folders of .txt files"),
        (["--labels", "0"], "'0' is no pair such as 0=neg,1=pos"),
        (
            ["--data", str(folder / "reviews.csv"), "--labels", "a=b"],
            "--labels renames 'a', which no row of",
        ),
        (["--data", str(folder / "cp1252.csv"), "--encoding", "x"], "--encoding x is no encoding"),
    ]
