"""The contract that every package with a `__main__.py` in `recipes/` keeps.

`tests/<recipe>/contract.py` has what it takes to try one: `OPTIONS` of a training of a few seconds,
`data(folder)`, which writes data for it, and `options`, `inputs` and `odd` of that folder; it may
have `comparable(test)`, the test figures without those that only a training or `evaluate` gives,
and `RECURRENT = False` for a network whose loop is its own and not one of recurrent layers.
"""

import dataclasses
import importlib
import inspect
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import time

import keras_tuner
import numpy as np
import pytest

from recipes.common import models, storage, tuning, verbs
from recipes.common.run import Run
from recipes.common.training import checkpoints, describe
from zoo.layers.recurrent import meets_cudnn_conditions
from zoo.layers.xla import parts

ROOT = pathlib.Path(__file__).parents[2]
RECIPES = sorted(path.parent.name for path in (ROOT / "recipes").glob("*/__main__.py"))
FILES = ("config", "data", "training", "trained", "evaluate", "predict", "export", "report")
every_recipe = pytest.mark.parametrize("recipe", RECIPES)


def module(recipe, name):
    return importlib.import_module(f"recipes.{recipe}.{name}")


def reopened(recipe, directory):
    return Run.reopen(directory, recipe, module(recipe, "config").Config)


@every_recipe
def test_a_recipe_is_a_package_of_known_files(recipe):
    for name in FILES:
        assert module(recipe, name).__doc__
    for path in ("README.md", "__init__.py"):
        assert (ROOT / "recipes" / recipe / path).stat().st_size
    for name, function in (
        ("config", "search_space"), ("data", "load"), ("training", "build_model"),
        ("training", "fit"), ("training", "train"), ("trained", "restore"),
        ("evaluate", "evaluate"),
        ("predict", "predict"), ("export", "export"), ("report", "summary"), ("report", "write"),
    ):  # fmt: skip
        assert getattr(module(recipe, name), function).__doc__, (name, function)
    config = module(recipe, "config").Config()
    assert config.run == f"runs/{recipe}"
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.run = "elsewhere"


@every_recipe
def test_train_tells_its_story_in_few_lines(recipe):
    lines = inspect.getsource(module(recipe, "training").train).splitlines()
    assert len(lines) <= 40


@every_recipe
def test_search_space_overrides_settings_that_exist(recipe):
    config = module(recipe, "config")
    overrides = config.search_space(keras_tuner.HyperParameters())
    assert len(overrides) >= 5
    assert {"batch_size", "token_budget"} & overrides.keys()
    dataclasses.replace(config.Config(), **overrides)
    assert config.Config().objective.startswith("val_")


@every_recipe
def test_the_network_meets_the_conditions_of_cudnn(recipe, finished, contract, monkeypatch):
    import keras

    if not getattr(contract(recipe), "RECURRENT", True):
        pytest.skip("its loop is not one of recurrent layers")

    run = reopened(recipe, finished(recipe))
    model = module(recipe, "trained").restore(run).model
    recurrent = list(models.recurrent_layers(model))
    assert recurrent
    assert all(map(meets_cudnn_conditions, recurrent))
    assert "recurrent kernel: zoo's loop; " in describe.describe(model, jit=False)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        for units, told in (
            ("", "recurrent loops in float32 (the processor has no unit for bfloat16)"),
            ("AMX", "products of recurrent loops in bfloat16 (the processor has AMX)"),
        ):
            monkeypatch.setattr(parts, "bfloat16_units", lambda units=units: units)
            assert told in describe.describe(model, jit=False)
    finally:
        keras.config.set_dtype_policy("float32")
    models.give_up_cudnn(model)
    assert not any(map(meets_cudnn_conditions, recurrent))


def answer(result):
    """The JSON object of a verb that must have succeeded."""
    status, out, err = result
    assert status == 0, err
    assert "Traceback" not in err
    return json.loads(out.splitlines()[-1])


@every_recipe
def test_a_finished_run_is_shown_measured_and_used(
    recipe, finished, training, contract, once, run_recipe
):
    directory = finished(recipe)
    for name in (
        "config.json",
        "data.json",
        "history.csv",
        "report.md",
        "learning_curves.png",
        "gradients.csv",
        "gradient_flow.png",
    ):
        assert (directory / name).stat().st_size, name
    before = (directory / "model.keras").read_bytes()
    metrics = json.loads((directory / "metrics.json").read_text())
    assert {"test", "baselines", "validation", "epochs", "parameters", "seconds"} <= set(metrics)
    assert metrics["seconds"].keys() >= {"train", "last_sitting"}
    assert metrics["validation"]["epoch"] >= 1

    # The command that the report gives shows the run again.
    page = (directory / "report.md").read_text(encoding="utf-8")
    command = next(line for line in page.splitlines() if line.startswith("python -m"))
    (verdict,) = re.findall(r"## Gradients\n\n- (.*)", page)
    assert verdict.startswith(("healthy: ", "exploding: ", "vanishing: "))
    shown = run_recipe(*shlex.split(command)[3:], "--json", recipe=recipe)
    assert "is complete" in shown[2]
    assert answer(shown)["test"] == metrics["test"]
    assert (directory / "model.keras").read_bytes() == before

    measured = answer(run_recipe("evaluate", "--run", directory, "--json", recipe=recipe))
    comparable = getattr(contract(recipe), "comparable", dict)
    assert_close(comparable(measured["test"]), comparable(metrics["test"]))

    data = once(f"{recipe}_data", contract(recipe).data)
    inputs = contract(recipe).inputs(data)
    found = answer(run_recipe("predict", "--run", directory, "--json", *inputs, recipe=recipe))
    assert len(found["predictions"]) == len(inputs)
    status, out, _ = run_recipe("predict", "--run", directory, *inputs, recipe=recipe)
    assert status == 0
    assert len(out.splitlines()) >= len(inputs)

    exported = answer(run_recipe("export", "--run", directory, "--json", recipe=recipe))
    assert pathlib.Path(exported["path"]).is_dir()


def assert_close(found, expected):
    """Equal but for rounding, at whatever depth the figures lie."""
    if isinstance(expected, dict | list):
        assert len(found) == len(expected)
        for name in expected if isinstance(expected, dict) else range(len(expected)):
            assert_close(found[name], expected[name])
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)
    else:
        assert found == expected


@every_recipe
def test_a_killed_training_ends_with_the_same_weights(
    recipe, finished, training, tmp_path, run_recipe
):
    run = tmp_path / "run"
    options = [*training(recipe), "--run", str(run)]
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(
            [sys.executable, "-m", f"recipes.{recipe}", "train", *options],
            cwd=ROOT, stdout=nowhere, stderr=nowhere,
        )  # fmt: skip
    while process.poll() is None and not list(run.glob("checkpoints/step-*")):
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -9, "it was killed before its end"
    status, _, err = run_recipe("train", *options, recipe=recipe)
    assert status == 0, err
    assert "Going on after epoch" in err
    whole = finished(recipe)
    assert (run / "history.csv").read_text() == (whole / "history.csv").read_text()
    mine, others = (checkpoints.load(folder / "checkpoints")[0] for folder in (run, whole))
    assert mine.keys() == others.keys()
    for name in mine:
        np.testing.assert_array_equal(mine[name], others[name])
    first, second = (json.loads((x / "metrics.json").read_text()) for x in (run, whole))
    assert_close(first["test"], second["test"])


@every_recipe
def test_two_trials_of_a_search(recipe, training, tmp_path, run_recipe, monkeypatch):
    """In this process; `test_tuning` has the processes of trials."""
    monkeypatch.setattr(tuning, "in_child", verbs.trial)
    options = [*training(recipe), "--epochs", "1", "--run", str(tmp_path / "search")]
    found = answer(run_recipe("tune", "--trials", "2", "--json", *options, recipe=recipe))
    config = module(recipe, "config").Config
    best = json.loads((tmp_path / "search" / "best.json").read_text())
    objective = config(**best).objective
    scores = [trial["score"] for trial in found["trials"]]
    assert len(scores) == 2
    assert found[objective] == max(scores)


@every_recipe
def test_odd_input_ends_with_one_sentence(recipe, contract, once, tmp_path, run_recipe):
    data = once(f"{recipe}_data", contract(recipe).data)
    cases = contract(recipe).odd(data)
    assert len(cases) >= 3
    for options, message in cases:
        status, _, err = run_recipe("train", "--run", tmp_path / "run", *options, recipe=recipe)
        last = err.strip().splitlines()[-1]
        assert status == 2, err
        assert "Traceback" not in err
        assert last.startswith("Error: ")
        assert message in last


@every_recipe
def test_a_finished_run_without_checkpoints_refuses_other_settings(
    recipe, finished, training, tmp_path, run_recipe
):
    run = tmp_path / "run"
    run.mkdir()
    for path in finished(recipe).glob("*.json"):
        (run / path.name).write_bytes(path.read_bytes())
    status, _, err = run_recipe(
        "train", *training(recipe), "--epochs", "99", "--run", run, recipe=recipe
    )
    assert status == 2
    assert "epochs: " in err
    assert "-> 99" in err


@every_recipe
def test_a_users_keras_settings_change_nothing(
    recipe, finished, contract, once, tmp_path, run_recipe
):
    """A keras.json with another backend, number format and order of channels."""
    settings = {"backend": "jax", "floatx": "float64", "image_data_format": "channels_first"}
    storage.write_json(tmp_path / "keras.json", settings)
    data = once(f"{recipe}_data", contract(recipe).data)
    arguments = ["predict", "--run", finished(recipe), "--json", *contract(recipe).inputs(data)]
    usual = answer(run_recipe(*arguments, recipe=recipe))
    environment = {**os.environ, "KERAS_HOME": str(tmp_path)}
    environment.pop("KERAS_BACKEND", None)
    out = subprocess.run(
        [sys.executable, "-m", f"recipes.{recipe}", *map(str, arguments)],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert_close(answer((out.returncode, out.stdout, out.stderr)), usual)
