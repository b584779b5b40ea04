"""The translation recipe beyond the contract of recipes: what its run holds and its verbs do."""

import dataclasses
import io
import json
import pathlib
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest

import zoo
from recipes.common import cli, report, verbs
from recipes.common.run import Run
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing import teacher_forcing
from recipes.common.writing.strategy import probabilities
from recipes.translation import config, trained, writing
from recipes.translation.scores import Scorer

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def translate(run_recipe):
    """Run the recipe in this process."""
    return lambda *argv: run_recipe(*argv, recipe="translation")


@pytest.fixture(scope="module")
def run(finished):
    """The directory of a complete run."""
    return finished("translation")


def test_a_finished_run_holds_what_was_measured(run):
    for name in ("tokenizer.model", "bleu_by_length.png", "alignment.png", "seq2seq"):
        assert (run / name).exists(), name
    metrics = json.loads((run / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"seq2seq", "dictionary", "copy"}
    assert set(metrics["test"]) == {"bleu", "chrf", "exact"}
    assert metrics["signatures"]["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a")
    page = (run / "report.md").read_text(encoding="utf-8")
    for part in ("SHA-256", "dictionary", "bleu_by_length", "best epoch, by chrf"):
        assert part in page
    header, *rows = (run / "history.csv").read_text().splitlines()
    assert "val_bleu" in header
    assert len(rows) == 2
    best = max(rows, key=lambda row: float(row.split(",")[header.split(",").index("val_chrf")]))
    assert metrics["validation"]["epoch"] == int(best.split(",")[0])


def test_evaluate_other_data_with_another_beam(run, translate, tmp_path):
    (tmp_path / "two.tsv").write_text("the dog sleeps .\tle chien dort .\na cat\tun chat\n")
    options = ["--data", tmp_path / "two.tsv", "--beam", "1"]
    status, out, err = translate("evaluate", "--run", run, *options)
    assert status == 0, err
    assert out.startswith(f"2 pairs of {tmp_path / 'two.tsv'}, beam 1\n")
    assert "BLEU, 1-5 words (2)" in out


def test_predict_gives_the_best_outputs_and_a_picture(run, translate, tmp_path):
    picture = tmp_path / "alignment.png"
    status, out, err = translate(
        "predict", "--run", run, "--json", "--n-best", "3", "--plot", picture,
        "the dog sees a house .", "she does not sleep .",
    )  # fmt: skip
    assert status == 0, err
    both = json.loads(out.splitlines()[-1])["predictions"]
    assert [len(item["n_best"]) for item in both] == [3, 3]
    for item in both:
        scores = [found["score"] for found in item["n_best"]]
        assert scores == sorted(scores, reverse=True)
        assert item["translation"] == item["n_best"][0]["translation"]
        chances = [found["probability"] for found in item["n_best"]]
        assert item["probability"] == chances[0]
        assert all(0 < chance <= 1 for chance in chances)
    assert picture.stat().st_size > 1000


def test_a_probability_is_that_of_a_token_on_average(run, translate):
    found = trained.restore(Run.reopen(run, "translation", config.Config))
    texts = ["the dog sees a house .", "she does not sleep ."]
    ids = writing.source_ids(found.tokenizers, texts, 24)
    for strategy in (writing.strategy(found.run.config, 1), writing.strategy(found.run.config, 3)):
        for source, written in zip(ids, writing.write(found.model, ids, strategy, 2), strict=True):
            tokens = written["tokens"]
            exact = zoo.score(found.model, {"source": [source]}, tokens[None])[0]
            expected = np.exp(exact / (tokens != 0).sum(-1))
            np.testing.assert_allclose(probabilities(strategy, written), expected, rtol=1e-4)


def test_a_table_is_translated_into_a_table_and_n_best_is_ranked(run, translate, tmp_path):
    first, second = "the dog sees a house .", "she does not sleep ."
    (tmp_path / "in.tsv").write_text(f"{first}\tune\n{second}\tdeux\n")
    output = tmp_path / "out.tsv"
    named = ["--file", tmp_path / "in.tsv", "--column", "1"]
    status, out, err = translate("predict", "--run", run, *named, "--output", output)
    assert status == 0, err
    header, *rows = output.read_text().splitlines()
    assert header.split("\t")[:3] == ["text", "translation", "probability"]
    assert [row.split("\t")[0] for row in rows] == [first, second]
    status, out, err = translate("predict", "--run", run, *named, "--n-best", "2")
    assert status == 0, err
    lines = out.split("\n")[:-1]
    assert (lines[0], lines[3]) == (first, second)
    assert [line[:5] for line in lines[1:3]] == ["  1  ", "  2  "]


def test_blank_lines_and_unseen_scripts(run, translate, monkeypatch):
    lines = io.BytesIO("the dog runs .\n\nпривет мир\n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(lines))
    status, out, err = translate("predict", "--run", run, "-")
    assert status == 0, err
    assert [bool(line) for line in out.split("\n")[:3]] == [True, False, True]
    assert "Nothing of 1 of 2 texts (the first is 'привет мир') is known" in err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--plot", "alignment.txt"], "--plot must name a PNG file"),
        (["--plot", "no/such/folder/a.PNG"], "lies in no/such/folder, which is no folder"),
        (["--beam", "-1"], "--beam must be at least 0"),
        (["--n-best", "0"], "--n-best must be at least 1"),
    ],
)
def test_odd_wishes_are_refused_before_any_work(argv, sentence, run, translate, monkeypatch):
    monkeypatch.setattr(trained, "build_model", lambda *_: pytest.fail("a model was built"))
    status, out, err = translate("predict", "--run", run, *argv, "the dog")
    assert (status, out) == (2, "")
    assert sentence in err


@pytest.mark.parametrize(("monitor", "score"), [("auto", "score"), ("bleu", "bleu")])
def test_a_search_maximises_what_chooses_the_epochs(monitor, score):
    assert config.Config(monitor=monitor).objective == f"val_{score}"


def test_sizes_follow_the_number_of_pairs_where_they_are_left_open():
    """Those of many pairs are the ones with which figures of many pairs were made."""
    assert config.Config().sized(20_000) == {
        "vocab_size": 5_000, "token_budget": 1_500, "embedding_dim": 256, "units": 256,
        "attention_dim": 256, "epochs": 20, "patience": 3,
    }  # fmt: skip
    few = config.Config(units=64).sized(2_000)
    assert "units" not in few
    assert few["vocab_size"] < 5_000
    assert few["epochs"] > 20
    assert config.Config.embedded().sized(10) == {}


SHORT = [(f"w{i}", f"v{i} u{i % 3}") for i in range(40)]


def test_short_pairs_choose_by_chrf_and_are_translated_to_something(tmp_path, translate):
    """One training for what the data decide, a trial of it, and a search that asks for a score."""
    lines = "".join(f"{left}\t{right}\n" for left, right in SHORT)
    (tmp_path / "pairs.tsv").write_text(lines)
    run = tmp_path / "run"
    data = ["--data", tmp_path / "pairs.tsv", "--run", run, "--no-compare", "--beam", "1"]
    few = ["--epochs", "6", "--token-budget", "60", "--embedding-dim", "8", "--units", "8"]
    status, _, err = translate("train", *data, *few, "--limit", "30", "--patience", "1")
    assert status == 0, err
    assert "Pairs: 30 train" in err
    assert "; chrF chooses the epoch." in err
    assert "Sizes for 30 training pairs: --vocab-size 2000 --attention-dim 128." in err
    kept = json.loads((run / "data.json").read_text())["chosen"]
    assert kept == {"vocab_size": 2000, "attention_dim": 128, "monitor": "chrf"}
    opened = Run.reopen(run, "translation", config.Config)
    assert opened.config.objective == "val_chrf"
    assert opened.config.lowercase is False
    status, out, err = translate("predict", "--run", run, *(left for left, _ in SHORT[:5]))
    assert status == 0, err
    assert any(out.splitlines()), "some translation is not empty"
    found = verbs.trial("recipes.translation", dataclasses.replace(opened.asked, run=str(run)))
    assert set(found) == {"val_score", "seconds"}


def test_going_on_from_a_run_begins_with_its_weights_and_vocabulary(
    run, training, translate, tmp_path, monkeypatch
):
    began = []

    def noted(model, *arguments):
        began.append(model.get_weights())
        return compiled(model, *arguments)

    compiled = teacher_forcing.compile_model
    monkeypatch.setattr(teacher_forcing, "compile_model", noted)
    data = training("translation")[:2]
    again = ["train", *data, "--run", tmp_path / "run", "--init-from", run]
    status, _, err = translate(*again, "--no-shared-vocabulary")
    assert status == 2
    assert "was made with shared_vocabulary True, not False. Leave out --shared-vocab" in err
    status, _, err = translate(*again, "--units", "6", "--no-compare")
    assert status == 2
    assert "do not fit the settings of" in err
    began.clear()
    shutil.rmtree(tmp_path / "run")
    status, _, err = translate(*again, "--epochs", "1")
    assert status == 0, err
    first = trained.restore(Run.reopen(run, "translation", config.Config))
    for mine, theirs in zip(began[0], first.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert len(began[1]) != len(began[0]), "the network beside it begins anew"
    assert (tmp_path / "run" / "tokenizer.model").read_bytes() == (
        run / "tokenizer.model"
    ).read_bytes()


# In a process of its own: exported models take nothing of ours, the model's file takes the zoo.
ELSEWHERE = f"""
import importlib, json, sys
import tensorflow as tf

ids, texts = (tf.constant(json.loads(given)) for given in sys.argv[1:3])
keras_file, path, *text_path = sys.argv[3:]
model = tf.saved_model.load(path)
print(json.dumps(model.serve(ids)["tokens"].numpy().tolist()))
for path in text_path:
    importlib.import_module("tensorflow_text")
    model = tf.saved_model.load(path)
    print(json.dumps([line.decode() for line in model.serve(texts).numpy()]))
assert "zoo" not in sys.modules

sys.path.insert(0, {str(ROOT)!r})
import keras, zoo

model = keras.saving.load_model(keras_file)
zoo.generate(model, {{"source": [[5, 6, 3]]}}, zoo.Greedy(max_length=4))
assert "recipes" not in sys.modules
"""


def test_models_work_without_this_package(run, translate):
    status, out, err = translate("export", "--run", run, "--json")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["largest_difference"] < 1e-3
    sources, texts = [[5, 6, 7, 3], [8, 3, 0, 0]], ["the dog sees a HOUSE ."]
    paths = filter(None, (run / "model.keras", result["path"], result["text_path"]))
    command = [sys.executable, "-c", ELSEWHERE, json.dumps(sources), json.dumps(texts), *paths]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *others = map(json.loads, done.stdout.splitlines())
    restored = trained.restore(Run.reopen(run, "translation", config.Config))
    strategy = writing.strategy(restored.run.config)
    expected = zoo.generate(restored.model, {"source": np.array(sources)}, strategy).tokens[:, 0]
    np.testing.assert_array_equal(np.array(first)[:, : expected.shape[1]], expected)
    for found in others:
        assert found == writing.translate(
            restored.model, restored.tokenizers, texts, restored.run.config
        )


CHINESE = "我你他她很不喜欢爱看书吃饭喝水小大猫狗"


def test_chinese_without_attention_and_with_two_tokenizers(tmp_path, translate, contract):
    """BLEU is of characters' n-grams and says so; text of no spaces has lengths and pictures."""
    draw = np.random.default_rng(0)
    rows = ("".join(draw.choice(list(CHINESE), draw.integers(5, 9))) for _ in range(60))
    lines = [f"{' '.join(str(ord(c)) for c in row)}\t{row}！" for row in rows]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines), encoding="utf-8")
    run, data = tmp_path / "run", ["--data", tmp_path / "pairs.tsv"]
    options = [*contract("translation").OPTIONS, "--model", "seq2seq", "--no-shared-vocabulary"]
    options += ["--epochs", "1", "--beam", "1", "--monitor", "bleu"]
    status, _, err = translate("train", *data, "--run", run, *options)
    assert status == 0, err
    assert "fewer than four" not in err
    metrics = json.loads((run / "metrics.json").read_text())
    assert "tok:zh" in metrics["signatures"]["bleu"]
    assert metrics["baselines"]["dictionary"]["chrf"] > 10
    assert not (run / "alignment.png").exists()
    target = tokenizers.load(run, "target.model")
    assert target.decode(target.encode("我喜欢狗！")) == "我喜欢狗！"
    again = Scorer.of_run(Run.reopen(run, "translation", config.Config))
    assert again.signatures() == metrics["signatures"]
    status, _, err = translate("predict", "--run", run, "--plot", tmp_path / "a.png", "the dog")
    assert status == 2
    assert "this run's model has none" in err


def test_settings_are_by_default_those_for_the_data():
    def settings(*argv):
        _, chosen = cli.parse(["train", *argv], "recipes.translation", config, "")
        return chosen.settings

    def command(chosen):
        return report.command(Run("translation", chosen))

    assert settings() == settings("--data", "grammar_pairs") == config.Config.embedded()
    assert command(settings()) == "python -m recipes.translation train"
    other = settings("--data", "my pairs.tsv", "--epochs", "3")
    assert other == config.Config(data="my pairs.tsv", epochs=3)
    *_, data, pairs_file, epochs, count = shlex.split(command(other))
    assert settings(data, pairs_file, epochs, count) == other
