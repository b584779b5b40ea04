"""The translation recipe from a file of pairs to an exported model, at the smallest size."""

import io
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys

import numpy as np
import pytest

import zoo
from recipes.common import cli
from recipes.common import report as common_report
from recipes.common.training import checkpoints, fit
from recipes.datasets.grammar_pairs import pairs
from recipes.translation import config, train, writing

ROOT = pathlib.Path(__file__).parents[2]
TINY = (
    "--epochs 2 --embedding-dim 6 --units 5 --attention-dim 4 --vocab-size 150 --buckets 1 "
    "--max-length 60 --token-budget 600 --checkpoint-every 3 --batch-size 32 --beam 2"
).split()
OPTIONS = "--scheduled-sampling 0.2 --average 0.9 --dropout 0.2".split()


@pytest.fixture(scope="module")
def tsv(tmp_path_factory):
    """A TSV file of 300 pairs."""
    path = tmp_path_factory.mktemp("pairs") / "pairs.tsv"
    chosen = [pair for pair, _ in zip(pairs("train"), range(300), strict=False)]
    path.write_text("".join(f"{en}\t{fr}\n" for en, fr in chosen), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory, tsv):
    """A complete run on those pairs."""
    run = tmp_path_factory.mktemp("translation") / "run"
    train.main(["train", "--data", str(tsv), "--run", str(run), *TINY, *OPTIONS])
    return run


@pytest.fixture
def translate(run_recipe):
    """Run the recipe in this process."""
    return lambda *argv: run_recipe(*argv, main=train.main)


def test_a_finished_run_holds_everything(finished):
    for name in (
        "config.json", "model.keras", "tokenizer.model", "history.csv", "metrics.json", "report.md",
        "data.json", "learning_curves.png", "bleu_by_length.png", "alignment.png", "seq2seq",
    ):  # fmt: skip
        assert (finished / name).exists(), name
    metrics = json.loads((finished / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"seq2seq", "dictionary", "copy"}
    assert set(metrics["test"]) == {"bleu", "chrf", "exact"}
    assert metrics["signatures"]["bleu"].startswith("nrefs:1|case:lc")
    report = (finished / "report.md").read_text(encoding="utf-8")
    for part in ("python -m recipes.translation train", "SHA-256", "dictionary", "bleu_by_length"):
        assert part in report
    header, *rows = (finished / "history.csv").read_text().splitlines()
    assert "val_bleu" in header
    assert len(rows) == 2


def test_evaluate_gives_the_numbers_of_the_report(finished, translate, tsv):
    status, out, err = translate("evaluate", "--run", finished, "--json")
    assert status == 0, err
    measured = json.loads(out.splitlines()[-1])
    reported = json.loads((finished / "metrics.json").read_text())
    assert measured["test"] == pytest.approx(reported["test"], abs=1e-6)
    assert sum(group["count"] for group in measured["by_length"]) == measured["examples"]
    status, out, err = translate("evaluate", "--run", finished, "--data", tsv, "--beam", "1")
    assert status == 0, err
    assert "300 pairs" in out
    assert "beam 1" in out


def test_predict_gives_the_best_outputs_and_a_picture(finished, translate, tmp_path):
    picture = tmp_path / "alignment.png"
    status, out, err = translate(
        "predict", "--run", finished, "--json", "--n-best", "3", "--plot", picture,
        "the dog sees a house .", "she does not sleep .",
    )  # fmt: skip
    assert status == 0, err
    both = json.loads(out.splitlines()[-1])["predictions"]
    assert [len(item["n_best"]) for item in both] == [3, 3]
    for item in both:
        scores = [found["score"] for found in item["n_best"]]
        assert scores == sorted(scores, reverse=True)
        assert item["translation"] == item["n_best"][0]["translation"]
    assert picture.stat().st_size > 1000


def test_a_source_in_an_unseen_script_is_said_to_be_unknown(finished, translate):
    status, _, err = translate("predict", "--run", finished, "привет мир")
    assert status == 0
    assert "known to this run's tokenizer" in err


def elsewhere(code, *arguments):
    """The lines that a program of its own prints, far from this package."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines() or [""]


def test_the_model_file_takes_the_zoo_and_nothing_else(finished):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import keras, zoo; "
        "model = keras.saving.load_model(sys.argv[1]); "
        "beam = zoo.BeamSearch(2, max_length=4); "
        "print(zoo.generate(model, {'source': [[5, 6, 3]]}, beam).tokens); "
        "assert 'recipes' not in sys.modules"
    )
    assert elsewhere(code, finished / "model.keras")


def test_a_run_cut_off_ends_as_one_left_alone(finished, tsv, tmp_path, translate, monkeypatch):
    """With a moving average, scheduled sampling and dropout, all of which have a state."""
    batch_end, ended = fit.Session.on_train_batch_end, []

    def signalled(self, batch, logs=None):
        ended.append(batch)
        if len(ended) == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        batch_end(self, batch, logs)

    monkeypatch.setattr(fit.Session, "on_train_batch_end", signalled)
    options = ["--data", tsv, "--run", tmp_path / "run", *TINY, *OPTIONS]
    status, _, err = translate("train", *options)
    assert status == 128 + signal.SIGTERM
    assert "everything is saved" in err
    monkeypatch.undo()
    status, _, err = translate("train", *options)
    assert status == 0, err
    assert "Going on" in err
    for part in ("", "seq2seq"):
        resumed, alone = tmp_path / "run" / part, finished / part
        histories = [(run / "history.csv").read_bytes() for run in (resumed, alone)]
        assert histories[0] == histories[1]
        arrays, expected = (checkpoints.load(run / "checkpoints")[0] for run in (resumed, alone))
        assert arrays.keys() == expected.keys()
        for name in arrays:
            np.testing.assert_array_equal(arrays[name], expected[name], err_msg=name)


def test_blank_lines_stay_in_their_places(finished, translate, monkeypatch):
    lines = io.TextIOWrapper(io.BytesIO(b"the dog runs .\n\nshe sleeps .\n"))
    monkeypatch.setattr(sys, "stdin", lines)
    status, out, err = translate("predict", "--run", finished, "-")
    assert status == 0, err
    first, second, third = out.split("\n")[:3]
    assert second == ""
    assert first
    assert third


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--length-penalty", "-0.5"], "--length-penalty must be a number of at least 0"),
        (["--warmup-epochs", "nan"], "--warmup-epochs must be a number of at least 0"),
        (["--clip-norm", "-1"], "--clip-norm must be a number of at least 0"),
        (["--label-smoothing", "1"], "--label-smoothing must be at least 0 and below 1"),
    ],
)
def test_settings_out_of_range_are_refused_at_once(argv, sentence, tsv, tmp_path, translate):
    status, _, err = translate("train", "--data", tsv, "--run", tmp_path / "run", *argv)
    assert status == 2
    assert sentence in err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--plot", "alignment.txt"], "--plot must name a PNG file"),
        (["--beam", "-1"], "--beam must be at least 0"),
        (["--n-best", "0"], "--n-best must be at least 1"),
    ],
)
def test_odd_wishes_are_refused_before_anything_is_translated(argv, sentence, finished, translate):
    status, out, err = translate("predict", "--run", finished, *argv, "the dog")
    assert (status, out) == (2, "")
    assert sentence in err
    assert "Traceback" not in err


def test_a_search_maximises_bleu(tsv, tmp_path, translate):
    options = ["--data", tsv, "--run", tmp_path / "search", *TINY, "--trials", "1", "--json"]
    status, out, err = translate("tune", *options)
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["val_bleu"] >= 0
    assert (tmp_path / "search" / "best.json").exists()


def test_the_export_translates_without_this_package(finished, translate):
    status, out, err = translate("export", "--run", finished, "--json")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["largest_difference"] < 1e-3
    sources = [[5, 6, 7, 3], [8, 3, 0, 0]]
    code = (
        "import json, sys, tensorflow as tf; model = tf.saved_model.load(sys.argv[1]); "
        "tokens = model.serve(tf.constant(json.loads(sys.argv[2])))['tokens'].numpy(); "
        "print(json.dumps(tokens.tolist())); assert 'zoo' not in sys.modules"
    )
    written = json.loads(elsewhere(code, result["path"], json.dumps(sources))[-1])
    trained = train.restore(finished)
    strategy = writing.strategy(trained.config)
    expected = zoo.generate(trained.model, {"source": np.array(sources)}, strategy).tokens[:, 0]
    np.testing.assert_array_equal(np.array(written)[:, : expected.shape[1]], expected)
    if result["text_path"]:
        code = (
            "import sys, tensorflow as tf, tensorflow_text; "
            "model = tf.saved_model.load(sys.argv[1]); "
            "print(model.serve(tf.constant([sys.argv[2]]))[0].numpy().decode()); "
            "assert 'zoo' not in sys.modules"
        )
        texts = ["the dog sees a house ."]
        (expected,) = writing.translate(trained.model, trained.tokenizers, texts, trained.config)
        assert elsewhere(code, result["text_path"], *texts)[-1].strip() == expected.strip()
    status, _, err = translate("export", "--run", finished, "--format", "onnx")
    assert status == 2
    assert "use --format savedmodel" in err


def test_without_attention_there_is_no_picture_of_it(tmp_path, tsv, translate):
    run = tmp_path / "run"
    options = ["--data", tsv, "--run", run, "--model", "seq2seq", "--no-shared-vocabulary", *TINY]
    status, _, err = translate("train", *options)
    assert status == 0, err
    assert not (run / "alignment.png").exists()
    assert (run / "source.model").exists()
    status, _, err = translate("predict", "--run", run, "--plot", tmp_path / "a.png", "the dog")
    assert status == 2
    assert "this run's model has none" in err


def test_settings_are_by_default_those_for_the_data():
    def settings(*argv):
        _, chosen = cli.parse(["train", *argv], config.Config, "translation", "")
        return chosen.settings

    assert settings() == settings("--data", "grammar_pairs") == config.Config.embedded()
    assert common_report.command("translation", settings()) == "python -m recipes.translation train"
    other = settings("--data", "my pairs.tsv", "--epochs", "3")
    assert other == config.Config(data="my pairs.tsv", epochs=3)
    *_, data, pairs_file, epochs, count = shlex.split(common_report.command("translation", other))
    assert settings(data, pairs_file, epochs, count) == other
