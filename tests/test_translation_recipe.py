"""The translation recipe from a file of pairs to an exported model, at the smallest size."""

import json
import shlex
import subprocess
import sys

import pytest

from recipes import translation
from recipes.common import cli, report
from recipes.datasets.grammar_pairs import pairs

TINY = (
    "--epochs 2 --embedding-dim 6 --units 5 --attention-dim 4 --vocab-size 150 --buckets 1 "
    "--max-length 60 --token-budget 600 --checkpoint-every 3 --batch-size 32 --beam 2"
).split()


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
    options = ["--scheduled-sampling", "0.2", "--average", "0.9"]
    translation.main(["train", "--data", str(tsv), "--run", str(run), *TINY, *options])
    return run


@pytest.fixture
def translate(run_recipe):
    """Run the recipe in this process."""
    return lambda *argv: run_recipe(*argv, main=translation.main)


def test_a_finished_run_holds_everything(finished):
    for name in (
        "config.json", "model.keras", "tokenizer.model", "history.csv", "metrics.json", "report.md",
        "data.json", "learning_curves.png", "bleu_by_length.png", "alignment.png", "seq2seq",
    ):  # fmt: skip
        assert (finished / name).exists(), name
    metrics = json.loads((finished / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"seq2seq", "dictionary", "copy"}
    assert set(metrics["test"]) == {"bleu", "chrf", "exact"}
    assert metrics["signature"].startswith("nrefs:1|case:lc")
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


def test_the_export_translates_without_this_package(finished, translate):
    status, out, err = translate("export", "--run", finished, "--json")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["largest_difference"] < 1e-3
    code = (
        "import sys, tensorflow as tf; model = tf.saved_model.load(sys.argv[1]); "
        "print(model.serve(tf.constant([[5, 6, 7, 3], [8, 3, 0, 0]]))['tokens'].shape[0]); "
        "assert 'zoo' not in sys.modules"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, result["path"]], cwd="/", capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    assert out.stdout.split()[-1] == "2"
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
        _, chosen = cli.parse(["train", *argv], translation.Config, "translation", "")
        return chosen.settings

    assert settings() == settings("--data", "grammar_pairs") == translation.Config.embedded()
    assert report.command("translation", settings()) == "python -m recipes.translation train"
    other = settings("--data", "my pairs.tsv", "--epochs", "3")
    assert other == translation.Config(data="my pairs.tsv", epochs=3)
    *_, data, pairs_file, epochs, count = shlex.split(report.command("translation", other))
    assert settings(data, pairs_file, epochs, count) == other
