"""Commands of the house: `compare`, `clean`, `cache`, `--version`, and the recipes by name."""

import csv
import json
import pathlib
import shutil
import tomllib
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from recipes.__main__ import main
from recipes.commands import listing
from recipes.common import models, storage

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def command(capsys):
    """Run a command of the house: `(exit status, standard output, standard error)`."""

    def run(*argv):
        capsys.readouterr()
        status = 0
        try:
            assert main([str(argument) for argument in argv]) is None  # the exit status of a script
        except SystemExit as leaving:
            status = leaving.code
        return status, *capsys.readouterr()

    return run


@pytest.fixture
def runs(finished_run, tmp_path):
    """Two finished runs that differ in a setting and in a figure."""
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(finished_run, first)
    shutil.copytree(finished_run, second)
    config = storage.read_json(second / "config.json")
    storage.write_json(second / "config.json", {**config, "units": 77, "run": "elsewhere"})
    metrics = storage.read_json(second / "metrics.json")
    metrics["validation"]["accuracy"] = 0.987
    metrics["test"]["accuracy"] = 0.123
    storage.write_json(second / "metrics.json", metrics)
    return first, second


def told(result):
    """The last line of an error that a user can mend."""
    status, _, err = result
    assert status == 2
    assert "Traceback" not in err
    return err.strip().splitlines()[-1]


def test_version_is_that_of_the_zoo(command):
    assert command("--version") == (0, f"sequence-zoo {zoo.__version__}\n", "")
    assert listing.version() == zoo.__version__


def test_the_console_command_is_the_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    module, _, function = project["project"]["scripts"]["sequence-zoo"].partition(":")
    assert (module, function) == (main.__module__, main.__name__)
    assert project["tool"]["hatch"]["version"]["path"] == "zoo/__init__.py"


def test_help_lists_recipes_and_commands(command):
    status, out, _ = command("--help")
    assert status == 0
    for name in (*listing.recipes(), "compare", "clean", "cache"):
        assert name in out


def test_a_recipe_is_run_by_its_name(command, finished_run):
    status, out, _ = command("sentiment", "predict", "--run", finished_run, "--json", "good")
    assert status == 0
    assert len(json.loads(out)["predictions"]) == 1


def test_a_misspelt_name_is_answered_with_the_nearest(command):
    assert "did you mean sentiment?" in told(command("sentimant", "train"))


def test_runs_are_compared_where_they_differ(command, runs, tmp_path):
    table, figures, chart = (tmp_path / f"all.{suffix}" for suffix in ("md", "csv", "png"))
    status, out, err = command("compare", *runs, "--output", table, figures, chart)
    assert status == 0, err
    header, first, second = (line.split() for line in out.splitlines()[:3])
    assert header[:2] == ["run", "units"]
    assert "batch_size" not in header
    assert (first[:2], second[:3]) == (["first", "5"], ["second", "77", "0.987"])
    assert "Best on validation: second, accuracy 0.987" in out
    for baseline in ("linear", "bag_of_words", "majority"):
        assert f"{baseline} " in out
    assert "| second | 77 | 0.987 |" in table.read_text(encoding="utf-8")
    with figures.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["setting units"] for row in rows] == ["5", "77"]
    assert rows[1]["test accuracy"] == "0.123"
    assert rows[0]["linear accuracy"] == rows[1]["linear accuracy"] != ""
    with Image.open(chart) as picture:
        assert len(np.unique(np.asarray(picture))) > 50


def test_what_is_no_finished_run_is_named_and_left_out(command, runs, tmp_path):
    (tmp_path / "empty").mkdir()
    (runs[1] / "metrics.json").unlink()
    status, out, err = command("compare", *runs, tmp_path / "empty", "--json")
    assert status == 0
    found = json.loads(out)
    assert [row["run"] for row in found["runs"]] == [str(runs[0])]
    assert found["runs"][0]["test"].keys() >= {"accuracy", "macro_f1"}
    assert found["runs"][0]["baselines"]["linear"]["accuracy"]
    assert [row["run"] for row in found["skipped"]] == [str(runs[1]), str(tmp_path / "empty")]
    assert f"Left out: {runs[1]}. It is not finished." in err
    assert "empty. It is no run directory." in err
    assert "None of these is a finished run" in told(command("compare", tmp_path / "empty"))


def test_runs_of_several_recipes_are_not_compared(command, runs, finished):
    sentence = told(command("compare", *runs, finished("translation")))
    assert sentence.startswith("Error: The runs are of several recipes (sentiment: ")
    assert "translation: " in sentence


def test_different_data_are_said(command, runs):
    data = storage.read_json(runs[1] / "data.json")
    storage.write_json(runs[1] / "data.json", {**data, "sha256": "0" * 64})
    assert "The runs have different data" in command("compare", *runs)[1]


def test_an_output_of_no_known_kind_is_refused(command, runs, tmp_path):
    assert "--output must end in .md, .csv, .png" in told(
        command("compare", *runs, "--output", tmp_path / "table.txt")
    )


def test_a_cleaned_run_is_used_and_shown_as_before(
    command, finished_run, training, tmp_path, run_recipe
):
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    ask = ("predict", "--run", run, "--json", "the plot was good .")
    before = run_recipe(*ask)[1]
    size = sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    status, out, _ = command("clean", run, "--json")
    assert status == 0
    report = json.loads(out)["runs"][0]
    left = sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    assert report["left"] == left
    assert sum(report["freed"].values()) == size - left > 0
    assert not list(run.rglob("checkpoints"))
    assert (run / "tensorboard").is_dir()
    assert run_recipe(*ask)[1] == before
    same = run_recipe("train", *training("sentiment"), "--run", run)
    assert same[0] == 0
    assert "is complete" in same[2]
    other = told(run_recipe("train", *training("sentiment"), "--units", "6", "--run", run))
    assert "units: 5 -> 6" in other
    command("clean", run, "--tensorboard")
    assert not list(run.rglob("tensorboard"))


def test_an_unfinished_run_keeps_its_checkpoints(command, runs):
    (runs[1] / "metrics.json").unlink()
    sentence = told(command("clean", *runs))
    assert f"The run in {runs[1]} is not finished" in sentence
    assert all((run / "checkpoints").exists() for run in runs)
    assert command("clean", runs[1], "--force")[0] == 0
    assert not (runs[1] / "checkpoints").exists()
    assert "no run" in told(command("clean", runs[1].parent))
    assert "Name the directories" in told(command("clean"))


def compiled_model():
    model = zoo.bag_of_words_classifier(50, 2, embedding_dim=4, units=3)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    tokens = np.arange(12).reshape(3, 4)
    model.train_on_batch({"tokens": tokens}, np.zeros(3))
    return model, tokens


def test_a_model_is_kept_without_its_optimizer(tmp_path):
    model, tokens = compiled_model()
    models.save(model, tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as file:
        assert b"optimizer" not in file.read("model.weights.h5")
    assert model.optimizer.variables  # training could go on
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again({"tokens": tokens}), model({"tokens": tokens}))


def test_clean_takes_the_optimizer_out_of_the_model_of_an_older_run(command, runs):
    model, tokens = compiled_model()
    path = runs[0] / "model.keras"
    model.compiled = False
    model.save(path)
    assert json.loads(command("clean", runs[0], "--json")[1])["runs"][0]["freed"]["optimizer"]
    again = keras.saving.load_model(path)
    np.testing.assert_array_equal(again({"tokens": tokens}), model({"tokens": tokens}))


def test_a_finished_run_keeps_one_checkpoint_of_each_training(finished_run):
    for folder in (finished_run, finished_run / "bag_of_words"):
        assert len(list((folder / "checkpoints").glob("step-*"))) == 1


@pytest.fixture
def caches(tmp_path, monkeypatch):
    """Folders as the recipes, tensorflow-datasets and Keras fill them: options that name them."""
    data, pictures, home = (tmp_path / name for name in ("tfds", "cache", "keras"))
    monkeypatch.setenv("TFDS_DATA_DIR", str(data))
    monkeypatch.setenv("KERAS_HOME", str(home))
    key = "98b2590a3b301a6e652b26c3"
    for path in (
        data / "grammar_reviews" / "1.0.0" / "a.tfrecord",
        data / "spoken_phrase" / "alexa" / "1.0.0" / "a.tfrecord",
        data / "spoken_phrase" / "computer" / "1.0.0" / "a.tfrecord",
        data / "imdb_reviews" / "plain_text" / "1.0.0" / "a.tfrecord",
        pictures / f"{key}.npy",
        pictures / f"{key}.json",
        pictures / f".{key}.lock",
        pictures / "rendered_scenes-1.0.0-test.pictures",
        pictures / "rendered_scenes-1.0.0-test.json",
        pictures / "holiday.jpg",
        pictures / "notes.json",
        home / "models" / "weights.h5",
        home / "keras.json",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 1_000)
    return "--cache", pictures


def test_caches_are_listed_with_their_sizes(command, caches, tmp_path):
    found = {
        row["name"]: row for row in json.loads(command("cache", *caches, "--json")[1])["caches"]
    }
    assert {name: row["bytes"] for name, row in found.items()} == {
        "grammar_reviews": 1_000, "spoken_phrase/alexa": 1_000, "spoken_phrase/computer": 1_000,
        "imdb_reviews": 1_000, "pictures": 5_000, "keras": 1_000,
    }  # fmt: skip
    assert found["keras"]["path"] == str(tmp_path / "keras" / "models")
    shown = command("cache", *caches)[1]
    for how in ("--data-dir", "TFDS_DATA_DIR", "--cache", "KERAS_HOME", "--clear NAME"):
        assert how in shown


def test_a_cache_is_cleared_by_its_name_alone(command, caches, tmp_path):
    status, out, _ = command("cache", *caches, "--clear", "pictures", "spoken_phrase/alexa")
    assert status == 0
    assert "pixels and features of pictures" in out
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert {"cache/holiday.jpg", "cache/notes.json", "keras/keras.json"} <= left
    assert not any(name.startswith("tfds/spoken_phrase/alexa") for name in left)
    assert len([name for name in left if name.endswith("a.tfrecord")]) == 3
    assert not [name for name in left if name.startswith("cache/") and "98b" in name]


def test_a_cache_that_is_not_there_is_told(command, caches):
    sentence = told(command("cache", *caches, "--clear", "grammar_reviews", "voices"))
    assert "no cache 'voices'; there are grammar_reviews, " in sentence
    assert "grammar_reviews" in command("cache", *caches)[1]
