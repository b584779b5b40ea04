"""The characters recipe: what it writes and when it shows it, other data, words, exports."""

import csv
import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import recipes
from recipes.characters import config, predict, writing
from recipes.characters.trained import restore
from recipes.common import cli
from recipes.common.run import Run
from tests.characters.contract import OPTIONS, text

PROMPT = 'the dog barks, "and the dog runs'  # longer than the first of the padded lengths


@pytest.fixture(scope="module")
def directory(finished):
    """A complete run on a short text."""
    return finished("characters")


@pytest.fixture(scope="module")
def trained(directory):
    return restore(Run.reopen(directory, "characters", config.Config))


@pytest.fixture(scope="module")
def of_words(once):
    """A complete run on words of whole documents, in a table."""

    def train(folder):
        with (folder / "rows.csv").open("w", newline="") as file:
            rows = ((f"number {i}\n{text(3 + i % 3)}",) for i in range(40))
            csv.writer(file).writerows([("text",), *rows])
        options = [*OPTIONS, "--data", folder / "rows.csv", "--run", folder / "run"]
        cli.main("recipes.characters", ["train", *map(str, options), "--pieces", "words"])

    return once("characters_words", train) / "run"


def told(result):
    status, out, err = result
    assert status == 0, err
    return out, err


def test_a_run_says_how_its_data_were_divided_and_what_it_is_compared_with(directory):
    page = (directory / "report.md").read_text(encoding="utf-8")
    assert "test: the last 10% of the text; validation: the first 5% of the rest" in page
    assert "-grams with Kneser-Ney smoothing |" in page
    for name in ("surprise.png", "context.png", "vocabulary.json"):
        assert (directory / name).stat().st_size
    metrics = json.loads((directory / "metrics.json").read_text())
    assert metrics["sample"]["text"].strip() in page
    assert {"nats_per_character", "bits_per_character"} <= metrics["test"].keys()
    assert metrics["baselines"]["kneser_ney"].keys() >= metrics["test"].keys()
    rows = list(csv.DictReader((directory / "history.csv").read_text().splitlines()))
    assert float(rows[0]["val_probability"]) == pytest.approx(
        np.exp(-float(rows[0]["val_crossentropy"]))
    )
    assert {"clip_rate", "gradient_norm"} <= rows[0].keys()


def test_text_goes_on_with_the_prime_and_follows_the_seed(directory, run_recipe):
    command = ["predict", "--run", directory, "--prime", PROMPT, "--length", "50"]
    out, err = told(run_recipe(*command, recipe="characters"))
    assert err == ""
    assert out.startswith(PROMPT)
    assert len(out) == len(PROMPT) + 50 + 1
    same, _ = told(run_recipe(*command, "--json", recipe="characters"))
    (found,) = json.loads(same)["predictions"]
    assert found["text"] + found["continuation"] + "\n" == out
    other, _ = told(run_recipe(*command, "--seed", "1", recipe="characters"))
    assert other != out
    likeliest = ["--top-k", "1", "--temperature", "2"]
    one, _ = told(run_recipe(*command, *likeliest, recipe="characters"))
    two, _ = told(run_recipe(*command, *likeliest, "--seed", "1", recipe="characters"))
    assert one == two
    status, _, err = run_recipe(*command, "--top-p", "1.5", recipe="characters")
    assert (status, err) == (2, "Error: --top-p must be above 0 and at most 1; got 1.5.\n")


def test_text_is_shown_as_it_is_written(capsys):
    shown = []

    def parts():
        for part in ("b", "c"):
            shown.append(capsys.readouterr().out)
            yield part

    assert list(predict.shown_as_written("a", parts())) == ["b", "c"]
    assert [*shown, capsys.readouterr().out] == ["a", "b", "c\n"]


def test_the_state_goes_on_from_piece_to_piece(trained, monkeypatch):
    ids = writing.prime_ids(trained.vocabulary, PROMPT, trained.whole)
    written = []
    for piece in (5, 64):
        monkeypatch.setattr(writing, "PIECE", piece)
        pieces = writing.write(trained.model, ids, False, 64, temperature=1.0, top_k=1)
        written.append(np.concatenate(list(pieces)).tolist())
    assert written[0] == written[1]


def test_without_a_prime_or_with_a_strange_one_it_still_writes(directory, run_recipe):
    command = ["predict", "--run", directory, "--length", "20"]
    out, err = told(run_recipe(*command, recipe="characters"))
    assert len(out) == 21
    assert err == ""
    out, err = told(run_recipe(*command, "--prime", "\u4e2dthe\U0001f600", recipe="characters"))
    assert out.startswith("\u4e2dthe\U0001f600")
    assert "so they are left out: '\u4e2d', '\U0001f600'." in err
    out, _ = told(run_recipe(*command, "--prime", "\u4e2d", recipe="characters"))
    assert len(out) == 22


def test_the_likeliest_next_tokens_are_those_of_the_model(directory, trained, run_recipe):
    out, _ = told(
        run_recipe("predict", "--run", directory, "--next", "3", PROMPT, recipe="characters")
    )
    ids = trained.vocabulary.encode(PROMPT).astype(np.int32)
    logits = trained.model.predict_on_batch({"tokens": ids[None]})[0, -1].astype(np.float64)
    chances = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    chances[:4] = 0  # of what is never written
    best = np.argsort(-chances)[:3]
    symbols = map(predict.shown, map(trained.vocabulary.symbol, best))
    expected = zip(chances[best], symbols, strict=True)
    assert out.splitlines() == [f"{chance:.4f}  {symbol}" for chance, symbol in expected]


def test_other_text_is_measured_and_what_is_unknown_told(directory, run_recipe, tmp_path):
    (tmp_path / "other.txt").write_text(text(30) + "\u4e2d\u4e2d")
    command = ["evaluate", "--run", directory, "--data", tmp_path / "other.txt"]
    out, err = told(run_recipe(*command, recipe="characters"))
    assert "nats a character" in out
    assert "2 of 780 characters of this text never came in the training" in err
    status, _, err = run_recipe("evaluate", "--run", directory, "--encoding", "cp1252",
                                recipe="characters")  # fmt: skip
    assert status == 2
    assert "--encoding cp1252 describes the file that --data names" in err


def test_a_text_too_short_to_measure_on_is_refused(directory, run_recipe, tmp_path):
    (tmp_path / "one.txt").write_text("t")
    arguments = ["evaluate", "--run", directory, "--data", tmp_path / "one.txt"]
    status, _, err = run_recipe(*arguments, recipe="characters")
    assert status == 2
    assert "is too short: it has no character with another one before it" in err


def test_training_goes_on_with_another_text_and_the_same_vocabulary(
    directory, run_recipe, tmp_path
):
    (tmp_path / "other.txt").write_text(text(60).replace("dog", "\u4e2d"))
    command = ["train", "--init-from", directory, "--data", tmp_path / "other.txt",
               "--run", tmp_path / "run", "--epochs", "1"]  # fmt: skip
    _, err = told(run_recipe(*command, recipe="characters"))
    assert f"Beginning with the weights of {directory}" in err
    both = [(folder / "vocabulary.json").read_text() for folder in (directory, tmp_path / "run")]
    assert both[0] == both[1]
    command[-3] = tmp_path / "words"
    status, _, err = run_recipe(*command, "--pieces", "words", recipe="characters")
    assert status == 2
    assert "with pieces characters, not words" in err


def test_words_of_whole_documents(of_words, run_recipe):
    facts = json.loads((of_words / "data.json").read_text())
    assert facts["whole"]
    assert facts["documents"] == {"train": 34, "validation": 2, "test": 4}
    metrics = json.loads((of_words / "metrics.json").read_text())
    assert set(metrics["test"]) == {"crossentropy", "perplexity", "probability"}
    run = recipes.load(of_words)
    assert run.evaluate()["test"] == pytest.approx(metrics["test"], rel=1e-5)
    (found,) = run.predict("the dog", next=4)
    tokens = [row["token"] for row in found["next"]]
    assert len(set(tokens)) == 4
    known = json.loads((of_words / "vocabulary.json").read_text())["words"]
    assert set(tokens) <= {"(end)", *known}
    chances = [row["probability"] for row in found["next"]]
    assert chances == sorted(chances, reverse=True)
    written, again = run.predict(["the dog", "the dog"], length=60)
    assert written == again
    assert "  " not in written["continuation"]
    (spaced,) = run.predict("the dog ", length=60)
    assert spaced["continuation"] == written["continuation"].removeprefix(" ")


def test_subwords_train_and_write(run_recipe, tmp_path):
    (tmp_path / "text.txt").write_text(text())
    options = ["--data", tmp_path / "text.txt", "--run", tmp_path / "run", *OPTIONS]
    subwords = ["--pieces", "subwords", "--vocab-size", "60", "--epochs", "1"]
    told(run_recipe("train", *options, *subwords, recipe="characters"))
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["test"]["crossentropy"] > metrics["test"]["nats_per_character"]
    out, _ = told(run_recipe("predict", "--run", tmp_path / "run", PROMPT, recipe="characters"))
    assert out.startswith(PROMPT)


@pytest.mark.parametrize("format", ["onnx", "litert"])
@pytest.mark.parametrize("kind", ["characters", "words"])
def test_a_step_writes_elsewhere_what_the_model_writes(format, kind, directory, of_words):
    run = recipes.load(directory if kind == "characters" else of_words)
    path = pathlib.Path(run.export(format)["path"])
    (found,) = run.predict(PROMPT, length=12, top_k=1)
    command = [sys.executable, path / "write.py", PROMPT, "--length", "12", "--temperature", "0"]
    out = subprocess.run(command, cwd="/", capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert out.stdout == f"{PROMPT}{found['continuation']}\n"


def test_sizes_follow_the_amount_of_data_unless_they_are_named():
    usual = config.Config()
    assert usual.sized(1_000_000)["units"] == 512
    assert usual.sized(7_000_000)["min_count"] == 4
    assert usual.sized(100)["dropout"] == 0.3
    chosen = cli.parse(["train", "--layers", "3", "--dropout", "0"], "recipes.characters",
                       config, "")[1].settings  # fmt: skip
    assert chosen.num_layers == 3
    assert {"num_layers", "dropout"}.isdisjoint(chosen.sized(100))
    words = config.Config(pieces="words")
    assert words.sized(1_000_000)["units"] == 512
    assert words.sized(900_000)["units"] == 256
