"""The shape of the house: who imports whom, what the README names, how fast help comes."""

import ast
import os
import pathlib
import subprocess
import sys

import pytest

import zoo

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("[!_]*.py"))


def imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# The fast paths; `recurrent.py` and `compiling.py` import TensorFlow inside functions alone.
TENSORFLOW_ONLY = [
    f"zoo/layers/{name}.py"
    for name in (
        "recurrent", "recurrent_loops", "recurrent_steps", "attention_loops", "xla_parts",
        "compiling",
    )
]  # fmt: skip


def modules(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def forbidden(path):
    place = path.relative_to(ROOT).as_posix()
    if place in TENSORFLOW_ONLY:
        return ("recipes", "zoo.sentiment", "zoo.translation", "zoo.decoding")
    if place.startswith("zoo/layers/"):
        return ("recipes", "tensorflow", "zoo.sentiment", "zoo.translation", "zoo.decoding")
    if place.startswith("zoo/"):
        return ("recipes", "tensorflow", "tensorflow_datasets", "keras_tuner")
    if place.startswith("recipes/datasets/"):
        return ("zoo", "recipes.common", *(f"recipes.{name}" for name in RECIPES))
    if place.startswith("recipes/common/"):
        return tuple(f"recipes.{name}" for name in RECIPES)
    return tuple(f"recipes.{name}" for name in RECIPES if path.stem != name)


@pytest.mark.parametrize("path", modules("zoo") + modules("recipes"), ids=lambda path: path.name)
def test_imports_point_one_way(path):
    for name in imports(path):
        for banned in forbidden(path):
            assert not f"{name}.".startswith(f"{banned}."), f"{path} imports {name}"


@pytest.mark.parametrize("path", modules("zoo") + modules("recipes"), ids=lambda path: path.name)
def test_nothing_that_runs_foreign_code_is_used(path):
    text = path.read_text(encoding="utf-8")
    for word in ("Lambda(", "pickle.load", "allow_pickle=True", "eval(", "exec(", "load_model("):
        assert word not in text.replace("def load_model(", ""), f"{path} has {word}"
    assert len(text.splitlines()) <= 300, f"{path} would be clearer as two subjects"


def test_importing_the_zoo_needs_only_keras():
    code = "import sys, zoo; print([m for m in ('tensorflow_datasets', 'keras_tuner', 'tyro', " \
           "'recipes', 'sentencepiece') if m in sys.modules])"  # fmt: skip
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert out.stdout.strip() == "[]", out.stderr


def _seconds_of_children():
    """Processor time, which other work on the machine lengthens little."""
    used = os.times()
    return used.children_user + used.children_system


@pytest.mark.parametrize("name", RECIPES)
def test_help_comes_at_once_and_lists_the_verbs(name):
    best = float("inf")
    for _ in range(3):
        started = _seconds_of_children()
        command = [sys.executable, "-m", f"recipes.{name}", "--help"]
        out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        best = min(best, _seconds_of_children() - started)
    assert best < 1.5
    for verb in ("train", "evaluate", "predict", "tune", "export"):
        assert verb in out.stdout
    assert out.stderr == ""


@pytest.mark.parametrize("name", RECIPES)
def test_every_setting_has_help(name):
    command = [sys.executable, "-m", f"recipes.{name}", "train", "--help"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--learning-rate FLOAT" in out.stdout
    assert "Highest learning rate of the schedule." in out.stdout


def test_recipes_are_listed_a_line_each():
    command = [sys.executable, "-m", "recipes"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = out.stdout.splitlines()
    assert len(lines) == len(RECIPES)
    for name, line in zip(RECIPES, lines, strict=True):
        assert line.startswith(f"python -m recipes.{name}")
        assert len(line.split(maxsplit=3)) == 4, "the recipe says what it does"


def test_readme_names_every_builder_and_recipe():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in zoo.__all__:
        assert f"`{name}`" in readme or f"zoo.{name}" in readme
    for name in RECIPES:
        assert f"recipes.{name}" in readme


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]])
def test_ruff_is_content(arguments):
    out = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "."], cwd=ROOT, capture_output=True, text=True
    )
    assert out.returncode == 0, out.stdout
