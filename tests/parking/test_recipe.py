"""The parking recipe as a user runs it: rounds that go on, pictures, a page, exports."""

import json
import signal

import numpy as np
import pytest
from PIL import Image

import zoo
from recipes.common.errors import Interrupted
from recipes.common.training import checkpoints
from recipes.parking import data, driving, rounds, scenes
from recipes.parking.car import TURNS


@pytest.fixture(scope="module")
def options(training):
    """Those of the contract, for one network alone."""
    return [*training("parking"), "--no-compare"]


@pytest.fixture(scope="module")
def whole(options, tmp_path_factory):
    """A run that nothing has interrupted."""
    from recipes.common import cli

    run = tmp_path_factory.mktemp("parking") / "run"
    cli.main("recipes.parking", ["train", *options, "--run", str(run)])
    return run


@pytest.mark.parametrize("when", ["inside a round", "after a round"])
def test_a_training_killed_while_it_drives_ends_with_the_same_weights(
    when, whole, options, tmp_path, run_recipe, monkeypatch
):
    def killed(*arguments):
        raise Interrupted(signal.SIGTERM, "Stopped.")

    def added(self, number, runs):
        add(self, number, runs)
        if number:
            killed()

    add, act = rounds.Pool.add, driving.Network.act
    with monkeypatch.context() as patch:
        if when == "after a round":
            patch.setattr(rounds.Pool, "add", added)
        else:
            calls = []
            patch.setattr(
                driving.Network,
                "act",
                lambda *a: killed() if len(calls) == 9 else calls.append(0) or act(*a),
            )
        status, _, err = run_recipe("train", *options, "--run", tmp_path / "run", recipe="parking")
        assert status == 128 + signal.SIGTERM, err
    status, _, err = run_recipe("train", *options, "--run", tmp_path / "run", recipe="parking")
    assert status == 0, err
    assert "Going on after epoch 0, step 2" in err
    mine, others = (
        checkpoints.load(folder / "checkpoints")[0] for folder in (tmp_path / "run", whole)
    )
    assert mine.keys() == others.keys()
    for name in mine:
        np.testing.assert_array_equal(mine[name], others[name])


def test_a_run_that_lacks_its_results_needs_no_rounds_to_write_them(whole, options, run_recipe):
    assert not (whole / "rounds").exists()
    before = json.loads((whole / "metrics.json").read_text())
    (whole / "metrics.json").unlink()
    status, _, err = run_recipe("train", *options, "--run", whole, recipe="parking")
    assert status == 0, err
    assert json.loads((whole / "metrics.json").read_text())["test"] == before["test"]


def test_what_the_network_does_is_what_it_says_of_the_recorded_run():
    model = zoo.controller(**data.FACTS, units=6, embedding_dim=5)
    runs = driving.drive(driving.Network(model), scenes.drawn("validation", 0, 5), 0)
    chosen = np.asarray(model({"sensors": runs.sensors})).argmax(-1)
    for row, steps in enumerate(runs.steps):
        expected = np.stack(np.divmod(chosen[row, :steps], len(TURNS)), 1)
        np.testing.assert_array_equal(runs.asked[row, :steps], expected)


def test_steps_around_a_direction_change_are_found_though_the_car_stands_between():
    speeds = np.array([[5, 5, 5, 5, 5, 2, 2, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2]])
    near = data.around_changes(speeds)[0]
    assert np.flatnonzero(near).tolist() == [4, 5, 6, 7, 8, 9, 10]


def test_a_run_is_drawn_filmed_and_played(finished, tmp_path, run_recipe):
    files = [tmp_path / name for name in ("way.png", "way.gif", "way.html")]
    status, out, err = run_recipe(
        "predict", "--run", finished("parking"), "--json", "2", "--plot", files[0], "--gif",
        files[1], "--page", files[2], recipe="parking",
    )  # fmt: skip
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])["predictions"][0]
    steps = round(found["seconds"] / 0.2)
    with Image.open(files[1]) as film:
        shown = sum(
            (film.seek(number), film.info["duration"])[1] for number in range(film.n_frames)
        )
        assert shown == pytest.approx(80 * steps + 2_000, abs=100)
    page = files[2].read_text(encoding="utf-8")
    assert "http:" not in page.replace("http-equiv", "")
    assert "https:" not in page
    run = json.loads(page.partition("const run = ")[2].partition(";\n")[0])
    assert len(run["poses"]) == steps + 1 == len(run["measured"]) + 1
    np.testing.assert_allclose(run["poses"][-1][:3], found["pose"], atol=1e-3)
    with Image.open(files[0]) as picture:
        assert picture.size[0] > 500


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gif", "way.mp4"], "--gif must name a file that ends in .gif"),
        (["--page", "nowhere/way.html"], "lies in nowhere, which is no folder"),
        (["slot=3"], "slot must be from 4.4 to 12"),
    ],
)
def test_what_cannot_be_drawn_is_told(finished, arguments, message, run_recipe):
    status, _, err = run_recipe(
        "predict", "--run", finished("parking"), *arguments, recipe="parking"
    )
    assert status == 2
    assert message in err.strip().splitlines()[-1]


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_an_exported_step_drives_as_the_network(finished, format, run_recipe):
    status, out, err = run_recipe(
        "export", "--run", finished("parking"), "--format", format, "--json", recipe="parking"
    )
    assert status == 0, err
    found = json.loads(out.splitlines()[-1])
    assert found["largest_difference"] < 1e-4
    with open(f"{found['path']}/controller.json") as file:
        described = json.load(file)
    assert len(described["sensors"]) == data.FACTS["num_sensors"]
    choices = [len(values) for name, values in described["logits"].items() if name != "meaning"]
    assert np.prod(choices) == data.FACTS["num_actions"]


def test_other_scenes_are_measured_and_other_slots_refused(finished, run_recipe):
    directory = finished("parking")
    status, out, err = run_recipe(
        "evaluate", "--run", directory, "--scenes", "5", "--seed", "7", "--json", recipe="parking"
    )
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["examples"] == 5
    status, _, err = run_recipe(
        "evaluate", "--run", directory, "--data", "garage", recipe="parking"
    )
    assert status == 2
    assert "was trained for parallel slots, not for 'garage'" in err


def test_the_report_has_all_drivers_side_by_side(finished):
    directory = finished("parking")
    metrics = json.loads((directory / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"memoryless", "expert"}
    page = (directory / "report.md").read_text(encoding="utf-8")
    for words in ("the network", "without memory", "the expert", "95 in 100", "run.html"):
        assert words in page
    assert metrics["baselines"]["memoryless"]["parameters"] == pytest.approx(
        metrics["parameters"], rel=0.05
    )
    assert sum(metrics["test"]["outcomes"].values()) == 8
