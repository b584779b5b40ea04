"""Real texts with their markup, duplicates and oddities."""

import csv
import gzip
import itertools
import json

from recipes.sentiment import sources
from recipes.sentiment.config import Config


def test_imdb_reviews_train_and_beat_chance_by_far(real_data, tmp_path, run_recipe):
    """2,000 real reviews, four epochs: below the README's figures, but far from chance."""
    reviews, path = real_data / "imdb" / "train.csv.gz", tmp_path / "reviews.csv.gz"
    with (
        gzip.open(reviews, "rt", encoding="utf-8", newline="") as source,
        gzip.open(path, "wt", encoding="utf-8", newline="") as target,
    ):
        csv.writer(target).writerows(itertools.islice(csv.reader(source), 2001))
    run = tmp_path / "run"
    options = ["--max-length", "120", "--vocab-size", "2000", "--epochs", "4", "--units", "32"]
    options += ["--batch-size", "32", "--test-share", "0.2", "--embeddings", "cooccurrence"]
    status, _, err = run_recipe("train", "--data", path, "--run", run, *options)
    assert status == 0, err
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["test"]["accuracy"] > 0.65
    assert metrics["baselines"]["linear"]["accuracy"] > 0.75


def test_imdb_parts_are_disjoint_though_texts_repeat(real_data):
    config = Config(data=str(real_data / "imdb" / "train.csv.gz"), holdout="last")
    parts, *_ = sources.load(config)
    texts = {name: set(part.texts) for name, part in parts.items()}
    assert not texts["train"] & texts["test"]
    assert not texts["train"] & texts["validation"]
    assert not texts["validation"] & texts["test"]
    distinct = sum(map(len, texts.values()))
    assert distinct == 24_904
    assert len(texts["test"]) == round(0.1 * distinct)


def test_sentences_without_a_header_are_read(real_data):
    folder = real_data / "sst2"
    config = Config(
        data=str(folder / "sst2_train.tsv"), validation=str(folder / "sst2_dev.tsv"),
        header="text,label",
    )  # fmt: skip
    parts, *_ = sources.load(config)
    assert len(parts["validation"]) <= 872
    assert sum(map(len, parts.values())) > 7_700
    assert set(parts["train"].labels) == {"0", "1"}
