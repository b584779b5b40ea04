"""Recipes from Python: loading, asking, training and tuning without a command line."""

import inspect
import json
import os
import shutil

import pytest

import recipes
from recipes.common.errors import UserError


@pytest.fixture
def moved(finished_run, tmp_path, monkeypatch):
    """A finished run at another place, the working directory elsewhere."""
    shutil.copytree(finished_run, tmp_path / "moved", ignore=lambda *_: ["export"])
    monkeypatch.chdir(tmp_path)
    return recipes.load("moved")


def test_a_run_is_loaded_from_anywhere_and_asked(moved, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    assert moved.recipe == "sentiment"
    assert moved.config.pooling == "attention"
    answers = moved.predict(["good film", "bad film"])
    assert [answer["text"] for answer in answers] == ["good film", "bad film"]
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1)
    alone = moved.predict("good film")
    assert [answer["label"] for answer in alone] == [answers[0]["label"]]
    assert moved.model is moved.model
    assert moved.model.count_params() == moved.metrics["parameters"]
    assert list(moved.tokenizers) == ["tokenizer"]
    assert moved.tokenizers["tokenizer"].encode("good film")
    assert moved.evaluate()["test"] == pytest.approx(moved.metrics["test"], rel=1e-4)
    assert "recipes.sentiment" in repr(moved)


def test_a_dash_is_a_text_like_others(moved):
    assert moved.predict(["-"])[0]["text"] == "-"


def test_answers_and_exports_go_where_they_are_asked_to(moved, tmp_path):
    (tmp_path / "in.csv").write_text("id,text\n1,good film\n")
    moved.predict(file=tmp_path / "in.csv", output=tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text())["text"] == "good film"
    with pytest.raises(UserError, match="both name inputs"):
        moved.predict(["good film"], file="in.csv")
    path = moved.export("savedmodel", to=tmp_path / "out")["path"]
    assert path == str(tmp_path / "out" / "savedmodel")
    assert not (moved.directory / "export").exists()


def test_options_are_checked(moved):
    with pytest.raises(UserError, match=r"predict of the sentiment recipe has the unknown key"):
        moved.predict(["good film"], beam=3)
    with pytest.raises(UserError, match=r"format must be one of savedmodel, onnx"):
        moved.export("pickle")
    with pytest.raises(UserError, match=r"--output out.txt must end in \.csv"):
        moved.predict(["good film"], output="out.txt")
    with pytest.raises(UserError, match="list of strings or of names of files; 3 is neither"):
        moved.predict([3])


def test_what_is_no_finished_run_is_told(tmp_path, finished_run):
    with pytest.raises(UserError, match="no run directory"):
        recipes.load(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"lacks recipe\.json"):
        recipes.load(tmp_path)
    shutil.copytree(finished_run, tmp_path / "cut", ignore=lambda *_: ["metrics.json"])
    with pytest.raises(UserError, match=r"lacks metrics\.json"):
        recipes.load(tmp_path / "cut")
    (tmp_path / "cut" / "recipe.json").write_text('{"recipe": "cooking"}')
    with pytest.raises(UserError, match="'cooking'"):
        recipes.load(tmp_path / "cut")


def test_train_takes_the_settings_of_the_command_line(training, tmp_path, monkeypatch):
    signature = inspect.signature(recipes.sentiment.train)
    assert signature.parameters["units"].annotation is int
    assert signature.parameters["cell"].default == "lstm"
    assert signature.return_annotation is recipes.TrainedRun
    with pytest.raises(UserError, match=r"unknown key 'epoch'; did you mean epochs\?"):
        recipes.sentiment.train(epoch=3)
    with pytest.raises(UserError, match=r"--max-length must be at least 1"):
        recipes.sentiment.train(max_length=0)
    options = training("sentiment")
    data = options[options.index("--data") + 1]
    settings = {"epochs": 1, "units": 4, "embedding_dim": 4, "vocab_size": 100, "limit": 60}
    monkeypatch.chdir(tmp_path)
    os.symlink(data, "mine.csv")
    run = recipes.sentiment.train(data="mine.csv", run="runs/mine", **settings)
    assert run.metrics["epochs"] == 1
    sizes = json.loads((run.directory / "data.json").read_text())["sizes"]
    assert sizes["train"] == 60
    assert max(sizes.values()) <= 60
    # Its data are found again from another folder, where the path leads nowhere.
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = recipes.load(tmp_path / "runs" / "mine")
    assert again.config.data == str(tmp_path / "mine.csv")
    assert again.evaluate()["data"] == f"{tmp_path / 'mine.csv'} (test part)"


def test_attributes_are_the_recipes():
    assert "sentiment" in dir(recipes)
    with pytest.raises(AttributeError, match="no attribute 'cooking'"):
        _ = recipes.cooking
