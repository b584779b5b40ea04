"""The contract every recipe keeps, over the files in `recipes/`."""

import dataclasses
import importlib
import itertools
import json
import pathlib
import shlex
import subprocess
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("[!_]*.py"))
# What the data tells each recipe's builder.
FACTS = {
    "sentiment": {"vocab_size": 30, "num_classes": 2},
    "captioning": {"image_shape": (2, 2, 8), "vocab_size": 30},
    "translation": {"source_vocab_size": 30, "target_vocab_size": 30},
}
# What each recipe's pipeline adds to the search, beside the batch.
SEARCHED = {"wakeword": {"clip_seconds", "phrase_weight"}}
every_recipe = pytest.mark.parametrize("name", RECIPES)


@every_recipe
def test_recipes_are_of_one_form(name):
    recipe = importlib.import_module(f"recipes.{name}")
    assert name == recipe.RECIPE
    for function in ("load_data", "build_model", "search_space", "evaluate", "predict", "main"):
        assert getattr(recipe, function).__doc__
    config = recipe.Config()
    assert config.run == f"runs/{name}"
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.run = "elsewhere"


@every_recipe
def test_the_default_network_meets_the_conditions_of_cudnn(name, monkeypatch):
    import keras

    from recipes.common import models
    from zoo.layers.recurrent import meets_cudnn_conditions
    from zoo.layers.xla import parts

    recipe = importlib.import_module(f"recipes.{name}")
    facts = [FACTS[name]] if name in FACTS else []
    model = recipe.build_model(recipe.Config(), *facts)
    recurrent = list(models.recurrent_layers(model))
    assert recurrent
    assert all(map(meets_cudnn_conditions, recurrent))
    assert "recurrent kernel: zoo's loop; " in models.describe(model, jit=False)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        for units, said in (
            ("", "recurrent loops in float32 (the processor has no unit for bfloat16)"),
            ("AMX", "products of recurrent loops in bfloat16 (the processor has AMX)"),
        ):
            monkeypatch.setattr(parts, "bfloat16_units", lambda units=units: units)
            assert said in models.describe(model, jit=False)
    finally:
        keras.config.set_dtype_policy("float32")
    models.give_up_cudnn(model)
    assert not any(map(meets_cudnn_conditions, recurrent))


@every_recipe
def test_search_space_overrides_settings_that_exist(name):
    import keras_tuner

    recipe = importlib.import_module(f"recipes.{name}")
    overrides = recipe.search_space(keras_tuner.HyperParameters())
    assert SEARCHED.get(name, {"vocab_size", "max_length"}) <= overrides.keys()
    assert {"batch_size", "token_budget"} & overrides.keys()
    dataclasses.replace(recipe.Config(), **overrides)


def test_a_finished_run_holds_everything(finished_run):
    for name in (
        "config.json", "model.keras", "tokenizer.model", "history.csv", "metrics.json", "report.md",
        "data.json", "learning_curves.png", "confusion.png", "roc.png", "attention.png",
        "checkpoints", "tensorboard",
    ):  # fmt: skip
        assert (finished_run / name).exists(), name
    assert list((finished_run / "tensorboard").rglob("events*"))
    report = (finished_run / "report.md").read_text(encoding="utf-8")
    for part in ("python -m recipes.sentiment train", "SHA-256", "| linear |", "Most wrong"):
        assert part in report
    metrics = json.loads((finished_run / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"linear", "bag_of_words", "majority"}
    assert 0 <= metrics["test"]["accuracy"] <= 1
    assert metrics["seconds"]["train"] > 0


def test_training_again_on_a_complete_run_shows_its_results(
    finished_run, reviews_csv, tiny, run_recipe
):
    options = ["--data", reviews_csv, "--run", finished_run, "--pooling", "attention", *tiny]
    before = (finished_run / "model.keras").read_bytes()
    status, out, err = run_recipe("train", "--json", *options)
    assert status == 0, err
    assert "complete" in err
    result = json.loads(out.splitlines()[-1])
    assert result["test"] == json.loads((finished_run / "metrics.json").read_text())["test"]
    assert (finished_run / "model.keras").read_bytes() == before


def test_evaluate_gives_the_numbers_of_the_report(finished_run, run_recipe):
    _, out, _ = run_recipe("evaluate", "--run", finished_run, "--json")
    measured = json.loads(out.splitlines()[-1])
    reported = json.loads((finished_run / "metrics.json").read_text())["test"]
    assert measured["test"] == pytest.approx(reported, abs=1e-6)
    _, out, _ = run_recipe("evaluate", "--run", finished_run)
    assert "accuracy" in out


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


@pytest.mark.parametrize("format", ["savedmodel", "onnx"])
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
    }[format]
    code = f"import numpy as np, sys; path = sys.argv[1]; ids = np.array([[3, 4, 5, 0]], np.int32); {load}; assert 'keras' not in sys.modules or {format == 'savedmodel'}; assert 'zoo' not in sys.modules"  # noqa: E501
    out = subprocess.run(
        [sys.executable, "-c", code, result["path"]], cwd="/", capture_output=True, text=True
    )
    assert out.returncode == 0, out.stderr
    from recipes.sentiment import config as sentiment_config
    from recipes.sentiment import train
    from recipes.sentiment import trained as sentiment_trained

    trained = sentiment_trained.restore(
        finished_run, "sentiment", sentiment_config.Config, train.build_model
    )
    expected = trained.model.predict_on_batch({"tokens": np.array([[3, 4, 5, 0]], np.int32)})
    np.testing.assert_allclose(json.loads(out.stdout.splitlines()[-1]), expected, atol=1e-5)
    labels = (pathlib.Path(result["path"]) / "labels.txt").read_text().split()
    assert labels == ["negative", "positive"]


def test_the_catalogue_is_read_as_files_are(tmp_path, run_recipe, tiny, monkeypatch):
    """`imdb_reviews` as the catalogue describes it, with content of our own on the disk."""
    import tensorflow_datasets as tfds

    from recipes.datasets.grammar_reviews import reviews

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
    status, _, err = run_recipe("train", *options)
    assert status == 0, err
    kept = json.loads((run / "data.json").read_text())
    assert kept["labels"] == ["neg", "pos"]
    assert kept["sizes"] == {"train": 81, "validation": 9, "test": 30}


def test_three_odd_labels_from_end_to_end(tmp_path, run_recipe, tiny):
    """Labels that plots and tables could stumble over; the report's own command trains again."""
    labels = ["$", "$$ | x", "\U0001f600 so so"]
    rows = (f"word{i % 3} text {i},{labels[i % 3]}" for i in range(90))
    (tmp_path / "odd.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    run = tmp_path / "run with space"
    options = ["--data", tmp_path / "odd.csv", "--run", run, *tiny, "--no-lowercase"]
    status, _, err = run_recipe("train", *options, "--pooling", "attention")
    assert status == 0, err
    report = (run / "report.md").read_text(encoding="utf-8")
    command = next(line for line in report.splitlines() if line.startswith("python -m"))
    status, _, err = run_recipe(*shlex.split(command)[3:])
    assert status == 0, err
    assert "is complete" in err
    status, _, err = run_recipe("export", "--run", run)
    assert status == 0, err


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains(precision, tmp_path, reviews_csv, run_recipe, tiny):
    options = ["--data", reviews_csv, "--run", tmp_path / "run", "--precision", precision, *tiny]
    status, _, err = run_recipe("train", *options)
    assert status == 0, err
    assert precision in err
    status, _, err = run_recipe("export", "--run", tmp_path / "run", "--format", "onnx")
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
