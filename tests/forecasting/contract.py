"""The forecasting recipe for the contract of recipes: a small table, settings, odd input."""

import datetime
import gzip

import numpy as np

OPTIONS = (
    "--units 6 --hidden 6 --members 2 --window 24h --horizon 6h --step 1h --epochs 2 "
    "--batch-size 64 --checkpoint-every 2"
).split()
START = datetime.datetime(2021, 3, 1)
ROWS = 420


def moments(count=ROWS, minutes=60):
    """Times of rows, as text."""
    return [(START + datetime.timedelta(minutes=minutes * i)).isoformat(" ") for i in range(count)]


def numbers(count=ROWS):
    """A daily wave with noise, and another column that is known a little ahead of it."""
    noise = np.cumsum(np.random.default_rng(0).normal(0, 0.3, count + 3))
    wave = 10 + 4 * np.sin(2 * np.pi * np.arange(count) / 24)
    return np.round(wave + noise[:count], 2), np.round(noise[3:], 2)


def rows(count=ROWS, minutes=60):
    """Lists of cells: time, heat and hint."""
    return [
        [time, f"{heat}", f"{hint}"]
        for time, heat, hint in zip(moments(count, minutes), *numbers(count), strict=True)
    ]


def write(path, table, header=("time", "heat (°C)", "hint"), encoding="utf-8", mark=","):
    """Write a table of lists of cells."""
    text = "\n".join(mark.join(cells) for cells in [list(header), *table]) + "\n"
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


def data(folder):
    """Write a table and such as cannot be used."""
    table = rows()
    write(folder / "series.csv.gz", table)
    write(folder / "newest.csv", table[-60:])
    write(folder / "constant.csv", [[time, "3.0", hint] for time, _, hint in table])
    ended = [[time, "", hint] for time, _, hint in table[260:]]
    write(folder / "ends.csv", [*table[:260], *ended])
    write(folder / "one.csv", table[:1])
    write(folder / "few.csv", table[:50])
    write(folder / "names.csv", [["a", "b", "c"]])
    (folder / "text.csv").write_text("It was a dark night.\nRain fell.\n", encoding="utf-8")
    (folder / "empty.csv").write_bytes(b"")
    whole = (folder / "series.csv.gz").read_bytes()
    (folder / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])


def options(folder):
    """Options that name the data."""
    return ["--data", str(folder / "series.csv.gz"), "--target", "heat (°C)"]


def inputs(folder):
    """Arguments of `predict`."""
    return [str(folder / "newest.csv"), str(folder / "series.csv.gz")]


def comparable(test):
    """All figures of the test part: `evaluate` measures the same."""
    return test


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    series = options(folder)

    def of(name):
        return ["--data", str(folder / name), "--target", "heat (°C)"]

    return [
        (of("constant.csv"), "heat (°C) is 3 in all rows of the training part"),
        (of("one.csv"), "has 1 row with a time"),
        (of("few.csv"), "The data is too short"),
        (of("names.csv"), "has no column of times (line 2: 'a, b, c')"),
        (of("text.csv"), "is no table: its first line is one cell"),
        (of("empty.csv"), "is empty"),
        (of("cut.csv.gz"), "is damaged or not gzip"),
        (of("none.csv"), "There is no file"),
        (["--data", str(folder / "series.csv.gz")], "name what to forecast with --target"),
        (
            [*series[:2], "--target", "cold"],
            "has no column of numbers 'cold'; it has heat",
        ),
        (of("ends.csv"), "heat (°C) has no values in the validation part, from 2021-03-"),
        ([*series, "--time-format", "%Q"], "no column of times of the form --time-format '%Q'"),
        ([*series, "--angles", "heat (°C)"], "is an angle too"),
        ([*series, "--horizon", "day"], "--horizon takes a length of time"),
        ([*series, "--horizon", "10min"], "is shorter than a step of 1 h"),
        ([*series, "--quantiles", "0.9,0.5"], "--quantiles takes rising numbers"),
        ([*series, "--calendar", "moon"], "--calendar takes day, week, year"),
        ([*series, "--missing", "x"], "--missing takes numbers"),
        ([*series, "--test-share", "0.8"], "leave too little to train on"),
        (["--data", ""], "--data is empty"),
        (["--data", "grammar_reviews"], "is no table of numbers over time"),
    ]
