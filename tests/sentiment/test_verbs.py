"""Verbs of the sentiment recipe with files of other forms, and trainings from earlier ones."""

import csv
import json

import numpy as np
import pytest

from recipes.common import cli, verbs
from recipes.common.run import Run
from recipes.sentiment import config, data
from recipes.sentiment import training as recipe
from recipes.sentiment.trained import restore
from tests.contracts.test_recipes import answer

ROWS = [("the plot was good .", "positive"), ("the plot was bad .", "negative")] * 3


@pytest.mark.parametrize(
    ("name", "lines", "options"),
    [
        ("columns.csv", ["id,said,mood", *(f"{i},{x},{y}" for i, (x, y) in enumerate(ROWS))],
         ["--text-column", "said", "--label-column", "mood"]),
        ("recognised.csv", ["said,mood", *(f"{x},{y}" for x, y in ROWS)], []),
        ("headless.tsv", [f"{y}\t{x}" for x, y in ROWS], ["--header", "label,text"]),
        ("numbers.tsv", [f"{x}\t{int(y == 'positive')} é" for x, y in ROWS],
         ["--labels", "0 é=negative,1 é=positive", "--encoding", "cp1252"]),
    ],
)  # fmt: skip
def test_evaluate_takes_the_options_that_it_advises(
    name, lines, options, finished_run, run_recipe, tmp_path
):
    (tmp_path / name).write_text("\n".join(lines), encoding="cp1252")
    command = ["evaluate", "--run", finished_run, "--data", tmp_path / name, *options, "--json"]
    assert answer(run_recipe(*command))["examples"] == len(ROWS)


def test_options_of_other_data_need_other_data(finished_run, run_recipe):
    status, _, err = run_recipe("evaluate", "--run", finished_run, "--encoding", "cp1252")
    assert status == 2
    assert "--encoding cp1252 describes the file that --data names" in err


def test_predict_reads_tables_folders_and_blank_cells(finished_run, run_recipe, tmp_path):
    (tmp_path / "in.tsv").write_text("good film\t1\n\t0\nbad film\t1\n")
    (tmp_path / "old.csv").write_bytes("id,text\n1,caf\xe9\n".encode("cp1252"))
    (tmp_path / "texts").mkdir()
    for name, text in (("b.txt", "bad\nfilm\n"), ("a.txt", "good film"), ("c.md", "no text")):
        (tmp_path / "texts" / name).write_text(text)
    for suffix in (".csv", ".jsonl", ".tsv"):
        out = tmp_path / f"out{suffix}"
        options = ["--file", tmp_path / "in.tsv", "--column", "1", "--output", out]
        assert run_recipe("predict", "--run", finished_run, *options)[0] == 0
        with out.open(newline="") as file:
            rows = (
                [json.loads(line) for line in file]
                if suffix == ".jsonl"
                else list(csv.DictReader(file, delimiter="," if suffix == ".csv" else "\t"))
            )
        assert [row["text"] for row in rows] == ["good film", "", "bad film"]
    options = ["predict", "--run", finished_run, "--json", "--file"]
    found = answer(run_recipe(*options, tmp_path / "texts"))["predictions"]
    assert [row["text"] for row in found] == ["good film", "bad\nfilm"]
    (tmp_path / "empty").mkdir()
    for path, message in (
        (tmp_path / "in.tsv", "by its number from 1"),
        (tmp_path / "old.csv", "is not UTF-8"),
        (tmp_path / "empty", "has no .txt files"),
    ):
        status, _, err = run_recipe(*options, path)
        assert status == 2
        assert message in err


@pytest.fixture(scope="session")
def recognised_run(once, contract):
    """A run on a table with its own names, other labels, in cp1252, with balance, in one epoch."""
    from recipes.common import cli

    def train(folder):
        contract("sentiment").data(folder)
        with open(folder / "reviews.csv", newline="") as file:
            rows = [(row["text"] + " \xe9", row["label"][0]) for row in csv.DictReader(file)]
        rows = [row for i, row in enumerate(rows) if row[1] == "p" or i % 4 == 0]
        with open(folder / "own.csv", "w", newline="", encoding="cp1252") as file:
            csv.writer(file).writerows([("review", "mood"), *rows])
        options = ["--data", folder / "own.csv", "--labels", "n=bad,p=good", "--balance", "--run",
                   folder / "run", "--encoding", "cp1252", *contract("sentiment").OPTIONS,
                   "--epochs", "1", "--limit", "150"]  # fmt: skip
        cli.main("recipes.sentiment", list(map(str, ["train", *options])))

    return once("recognised_run", train) / "run"


def test_a_run_keeps_what_it_recognised(recognised_run, run_recipe):
    kept = json.loads((recognised_run / "data.json").read_text())
    assert kept["labels"] == ["bad", "good"]
    assert kept["chosen"] == {"text_column": "review", "label_column": "mood"}
    assert kept["sizes"]["train"] == 150
    table = recognised_run.parent / "own.csv"
    measured = answer(run_recipe("evaluate", "--run", recognised_run, "--data", table, "--json"))
    options = ["predict", "--run", recognised_run, "--json", "--file", table]
    found = answer(run_recipe(*options))["predictions"]
    assert len(found) == measured["examples"]
    assert found[0]["text"].endswith("\xe9")
    assert answer(run_recipe("evaluate", "--run", recognised_run, "--json"))["test"]


def test_balance_is_reported_and_weighs_rare_labels(recognised_run):
    weights = json.loads((recognised_run / "metrics.json").read_text())["label_weights"]
    assert weights["bad"] > 2 * weights["good"]
    assert f"| weight of bad | {weights['bad']:.3f} |" in (recognised_run / "report.md").read_text()


def test_weights_of_labels_by_hand():
    weights = data.weights_of(np.array([0, 0, 0, 1, 2, 2]))
    np.testing.assert_allclose(weights, [6 / 9, 2, 1])
    sequences = data.batching.Sequences.of([[1]] * 6, [0, 0, 0, 1, 2, 2])
    batches = data.Balanced(sequences, 4, [8], 0, weights)
    for indices in batches.order():
        _, labels, of_rows = batches.batch(indices)
        filled = np.arange(4) < len(indices)
        np.testing.assert_allclose(of_rows, weights[labels] * filled)


def test_a_training_goes_on_from_a_finished_run(
    finished_run, training, run_recipe, tmp_path, monkeypatch
):
    first = restore(Run.reopen(finished_run, "sentiment", config.Config)).model.get_weights()
    before = json.loads((finished_run / "metrics.json").read_text())["validation"]
    fit, began = recipe.training.fit, []

    def watched(run, model, *arguments):
        began.append(model.get_weights())
        return fit(run, model, *arguments)

    monkeypatch.setattr(recipe.training, "fit", watched)
    options = ["--init-from", finished_run, "--epochs", "3", "--run", tmp_path / "run"]
    found = answer(run_recipe("train", *training("sentiment"), *options, "--json"))
    for mine, others in zip(began[0], first, strict=True):
        np.testing.assert_array_equal(mine, others)
    assert found["epochs"] <= 3
    assert found["validation"]["crossentropy"] <= before["crossentropy"]
    tokenizers = [
        (run / "tokenizer.model").read_bytes() for run in (finished_run, tmp_path / "run")
    ]
    assert tokenizers[0] == tokenizers[1]


def test_a_run_with_other_labels_is_not_gone_on_from(finished_run, run_recipe, tmp_path, contract):
    contract("sentiment").data(tmp_path)
    options = ["--init-from", finished_run, "--data", tmp_path / "reviews.csv"]
    options += ["--labels", "negative=bad,positive=good", "--run", tmp_path / "run"]
    status, _, err = run_recipe("train", *options)
    assert status == 2
    assert "has the labels negative, positive; --data" in err
    assert "has bad, good. Rename them with --labels" in err
    assert not (tmp_path / "run").exists()


def test_settings_of_a_run_gone_on_from_with_other_data(finished_run):
    first = Run.reopen(finished_run, "sentiment", config.Config).config
    found = verbs.defaults(config.Config, init_from=str(finished_run), data="other.csv")
    assert (found.init_from, found.pooling) == ("", first.pooling)
    assert found.run != first.run


def test_sizes_follow_the_amount_of_data_where_they_are_not_named(tmp_path, capsys):
    large = {"vocab_size": 20_000, "embedding_dim": 128, "units": 64, "batch_size": 32}
    assert config.Config(data="x").sized(20_000) == large
    embedded = config.Config.for_data("grammar_reviews")
    assert {name: getattr(embedded, name) for name in large} == large
    assert embedded.sized(100) == {}
    sizes = [config.Config(data="x", units=5).sized(count) for count in (300, 2_000, 7_000, 20_000)]
    assert [size["vocab_size"] for size in sizes] == [2_000, 8_000, 12_000, 20_000]
    assert all("units" not in size for size in sizes)

    rows = "".join(f"film {i} is {'bad' if i % 2 else 'good'}\t{i % 2}\n" for i in range(90))
    (tmp_path / "few.tsv").write_text(rows)
    settings = {"data": str(tmp_path / "few.tsv"), "run": str(tmp_path / "run"), "units": 7}
    run = Run("sentiment", config.Config(**settings))
    texts = data.load(run)
    told = "73 training examples: --vocab-size 2000 --embedding-dim 64 --batch-size 8 follow"
    assert told in capsys.readouterr().err
    model = recipe.build_model(run.config, texts.facts)
    assert model.get_layer("embed").output_dim == 64
    assert texts.train.batch_size == 8
    again = Run.reopen(run.directory, "sentiment", config.Config).config
    assert (again.embedding_dim, again.units, again.batch_size) == (64, 7, 8)


def test_a_wrong_value_names_the_help_of_its_verb(capsys):
    with pytest.raises(SystemExit):
        cli.parse(["train", "--epochs", "nope"], "recipes.sentiment", config, "Sentiment.")
    assert "python -m recipes.sentiment train --help" in capsys.readouterr().err
