"""The sentiment recipe: exports elsewhere, the catalogue, odd labels, precision and XLA."""

import itertools
import json
import pathlib
import shlex
import subprocess
import sys

import numpy as np
import pytest
import tensorflow_datasets as tfds

from recipes.common.run import Run
from recipes.datasets.grammar_reviews import reviews
from recipes.sentiment import config, sources
from recipes.sentiment.trained import restore

ROOT = pathlib.Path(__file__).parents[2]


def test_a_finished_run_holds_everything(finished_run):
    for name in ("tokenizer.model", "confusion.png", "roc.png", "attention.png", "checkpoints"):
        assert (finished_run / name).exists(), name
    assert list((finished_run / "tensorboard").rglob("events*"))
    report = (finished_run / "report.md").read_text(encoding="utf-8")
    for part in ("SHA-256", "| linear |", "Most wrong"):
        assert part in report
    metrics = json.loads((finished_run / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"linear", "naive_bayes", "bag_of_words", "majority"}
    assert 0 <= metrics["test"]["accuracy"] <= 1


def test_evaluate_other_data(finished_run, run_recipe, tmp_path):
    path = tmp_path / "other.tsv"
    path.write_text('text\tlabel\nthe "plot" was good .\tpositive\nbad .\tnegative\n')
    status, out, err = run_recipe("evaluate", "--run", finished_run, "--data", path, "--json")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["examples"] == 2
    assert result["test"]["accuracy"] in (0, 0.5, 1)


def test_predict_arguments_and_lines_of_standard_input(finished_run, run_recipe):
    command = [sys.executable, "-m", "recipes.sentiment", "predict", "--run", str(finished_run)]
    out = subprocess.run(
        [*command, "the plot was good .", "-"], cwd=ROOT, check=True, capture_output=True,
        text=True, input="the plot was bad .\n\nthe soup was dull .\n",
    )  # fmt: skip
    lines = [line.split("\t") for line in out.stdout.splitlines()]
    assert [line[2] for line in lines] == [
        "the plot was good .", "the plot was bad .", "the soup was dull .",
    ]  # fmt: skip
    assert {line[0] for line in lines} <= {"negative", "positive"}
    assert out.stderr == "", "nothing but results is printed"
    _, out, _ = run_recipe("predict", "--run", finished_run, "--json", "one", "two")
    both = json.loads(out)["predictions"]
    _, out, _ = run_recipe("predict", "--run", finished_run, "--json", "two")
    assert json.loads(out)["predictions"][0]["probability"] == pytest.approx(
        both[1]["probability"], abs=1e-6
    )


@pytest.mark.parametrize("format", ["savedmodel", "onnx", "litert"])
def test_exports_run_without_this_package(format, finished_run, run_recipe):
    status, out, err = run_recipe("export", "--run", finished_run, "--format", format, "--json")
    assert status == 0, err
    result = json.loads(out.splitlines()[-1])
    assert result["largest_difference"] < 1e-5
    load = {
        "savedmodel": "import tensorflow as tf; model = tf.saved_model.load(path); "
        "print(model.serve({'tokens': tf.constant(ids)}).numpy().tolist())",
        "onnx": "import onnxruntime; s = onnxruntime.InferenceSession(path + '/model.onnx'); "
        "print(s.run(None, {s.get_inputs()[0].name: ids})[0].tolist())",
        "litert": "from ai_edge_litert.interpreter import Interpreter; "
        "run = Interpreter(path + '/model.tflite').get_signature_runner(); "
        "print(run(tokens=ids)['logits'].tolist())",
    }[format]
    code = (
        "import numpy as np, sys; path = sys.argv[1]; "
        f"ids = np.array([[3, 4, 5, 0]], np.int32); {load}; "
        f"assert 'keras' not in sys.modules or {format == 'savedmodel'}; "
        "assert 'zoo' not in sys.modules"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, result["path"]], cwd="/", capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    model = restore(Run.reopen(finished_run, "sentiment", config.Config)).model
    expected = model.predict_on_batch({"tokens": np.array([[3, 4, 5, 0]], np.int32)})
    np.testing.assert_allclose(json.loads(out.stdout.splitlines()[-1]), expected, atol=1e-5)
    labels = (pathlib.Path(result["path"]) / "labels.txt").read_text().split()
    assert labels == ["negative", "positive"]


def test_the_catalogue_is_read_as_files_are(tmp_path, run_recipe, tiny, monkeypatch):
    """`imdb_reviews` as the catalogue describes it, with content of our own on the disk."""

    def examples(split, count, label=lambda label: label):
        for number, (text, truth) in enumerate(itertools.islice(reviews(split), count)):
            yield number, {"text": text, "label": label(truth)}

    def splits(builder, dl_manager):
        return {
            "train": examples("train", 90),
            "test": examples("test", 30),
            "unsupervised": examples("validation", 20, label=lambda label: -1),
        }

    builder = tfds.builder("imdb_reviews", data_dir=str(tmp_path))
    monkeypatch.setattr(type(builder), "_split_generators", splits)
    builder.download_and_prepare()
    monkeypatch.undo()
    run = tmp_path / "run"
    options = ["--data", "imdb_reviews", "--data-dir", tmp_path, "--run", run, *tiny]
    status, _, err = run_recipe("train", *options, "--epochs", "1")
    assert status == 0, err
    kept = json.loads((run / "data.json").read_text())
    assert kept["labels"] == ["neg", "pos"]
    assert kept["sizes"] == {"train": 81, "validation": 9, "test": 30}
    limited = config.Config(data="imdb_reviews", data_dir=str(tmp_path), limit=20)
    parts, *_ = sources.load(limited)
    assert [len(part) for part in parts.values()] == [20, 9, 20]


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_odd_labels_and_mixed_precision_from_end_to_end(precision, tmp_path, run_recipe, tiny):
    """Labels that plots and tables could stumble over; the report's own command trains again."""
    labels = ["$", "$$ | x", "\U0001f600 so so"]
    rows = (f"word{i % 3} text {i},{labels[i % 3]}" for i in range(90))
    (tmp_path / "odd.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    run = tmp_path / "run with space"
    options = ["--data", tmp_path / "odd.csv", "--run", run, *tiny, "--no-lowercase"]
    options += ["--pooling", "attention", "--precision", precision]
    status, _, err = run_recipe("train", *options)
    assert status == 0, err
    assert precision in err
    report = (run / "report.md").read_text(encoding="utf-8")
    command = next(line for line in report.splitlines() if line.startswith("python -m"))
    status, _, err = run_recipe(*shlex.split(command)[3:])
    assert status == 0, err
    assert "is complete" in err
    status, _, err = run_recipe("export", "--run", run, "--format", "onnx")
    assert status == 0, err


def test_other_settings_train(tmp_path, reviews_csv, tiny):
    """In a process of its own, as determinism, once on, stays on and rules XLA out."""
    options = ["--pieces", "words", "--embeddings", "cooccurrence", "--cell", "gru"]
    command = [sys.executable, "-m", "recipes.sentiment", "train", "--data", reviews_csv, *tiny]
    out = subprocess.run(
        [*command, "--run", tmp_path / "run", *options, "--jit", "--no-deterministic"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    assert "XLA for the whole model on" in out.stderr
    assert "Warning" not in out.stderr
