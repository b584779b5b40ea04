"""The translation recipe for the contract of recipes: tiny data, settings, inputs, odd input."""

from recipes.datasets.grammar_pairs import pairs

# The moving average, scheduled sampling and dropout all have a state that resuming needs.
OPTIONS = (
    "--epochs 2 --embedding-dim 6 --units 5 --attention-dim 4 --vocab-size 150 --buckets 1 "
    "--max-length 24 --token-budget 600 --checkpoint-every 3 --batch-size 32 --beam 2 "
    "--scheduled-sampling 0.2 --average 0.9 --dropout 0.2 --monitor chrf"
).split()


def data(folder):
    """Write 200 pairs, and files that are none."""
    chosen = [pair for pair, _ in zip(pairs("train"), range(200), strict=False)]
    write(folder / "pairs.tsv", "".join(f"{en}\t{fr}\n" for en, fr in chosen))
    write(folder / "one_column.tsv", "".join(f"{en}\n" for en, _ in chosen))
    write(folder / "one_pair.tsv", "hello\tbonjour\n")
    write(folder / "three.tsv", "".join(f"{en}\t{fr}\t{fr} .\n" for en, fr in chosen))


def write(path, text):
    path.write_text(text, encoding="utf-8")


def options(folder):
    """Options that name the data."""
    return ["--data", str(folder / "pairs.tsv")]


def inputs(folder):
    """Arguments of `predict`."""
    return ["the dog sees a house .", "she does not sleep .", "\u05e9\u05dc\u05d5\u05dd"]


def odd(folder):
    """Options of trainings that are refused, each with a part of the sentence."""
    return [
        (["--data", str(folder / "one_column.tsv")], "has one column (no tab in any line)"),
        (["--data", str(folder / "one_pair.tsv")], "too few distinct examples"),
        (["--data", str(folder / "three.tsv")], "say which two to use"),
        (["--data", str(folder / "no.tsv")], "There is no file"),
        (["--length-penalty", "-0.5"], "--length-penalty must be a number of at least 0"),
        (["--warmup-epochs", "nan"], "--warmup-epochs must be a number of at least 0"),
        (["--clip-norm", "-1"], "--clip-norm must be a number of at least 0"),
        (["--label-smoothing", "1"], "--label-smoothing must be at least 0 and below 1"),
        (["--source-column", "2"], "are given together"),
    ]
