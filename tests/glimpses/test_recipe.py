"""The recipe as a user runs it: what it draws, compares, exports and refuses."""

import json

import numpy as np
import pytest

from recipes.common.run import Run
from recipes.glimpses import measure, reinforce
from recipes.glimpses.config import Config
from recipes.glimpses.training import build_cnn, build_model
from tests.glimpses.contract import strokes


def test_the_report_compares_and_shows_where_it_looked(finished):
    run = finished("glimpses")
    metrics = json.loads((run / "metrics.json").read_text())
    assert set(metrics["baselines"]) == {"random", "cnn"}
    assert len(metrics["test"]["error_by_place"]) == 3
    page = (run / "report.md").read_text()
    for picture in ("paths.png", "locations.png", "mistakes.png", "learning_curves.png"):
        assert f"({picture})" in page
        assert (run / picture).stat().st_size > 2_000


def test_predict_draws_the_glimpses_and_gives_their_places(finished, contract, once, run_recipe):
    folder = once("glimpses_data", contract("glimpses").data)
    drawn = folder / "looked.png"
    arguments = ["predict", "--run", finished("glimpses"), "--json", folder / "0.png"]
    status, out, err = run_recipe(*arguments, "--plot", drawn, recipe="glimpses")
    assert status == 0, err
    (found,) = json.loads(out.splitlines()[-1])["predictions"]
    assert drawn.stat().st_size > 2_000
    places = np.array(found["glimpses"])
    assert places.shape == (3, 2)
    assert ((places >= -0.5) & (places <= 25.5)).all()
    assert len(found["labels"]) <= 3
    status, _, err = run_recipe(*arguments, "--plot", folder / "looked.txt", recipe="glimpses")
    assert status == 2
    assert "must name a PNG file" in err


def test_a_litert_file_has_the_logits(finished, tmp_path, run_recipe):
    pytest.importorskip("ai_edge_litert", reason="needs the extra litert")
    arguments = ["export", "--run", finished("glimpses"), "--format", "litert", "--to", tmp_path]
    status, out, err = run_recipe(*arguments, "--json", recipe="glimpses")
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["largest_difference"] < 1e-4
    assert (tmp_path / "litert" / "model.tflite").stat().st_size


def test_random_glimpses_are_not_exported(finished, tmp_path, run_recipe):
    run = tmp_path / "run"
    run.mkdir()
    for path in finished("glimpses").glob("*.json"):
        text = path.read_text()
        if path.name == "config.json":
            text = text.replace('"locations": "reinforced"', '"locations": "random"')
        (run / path.name).write_text(text)
    assert Run.reopen(run, "glimpses", Config).config.locations == "random"
    status, _, err = run_recipe("export", "--run", run, recipe="glimpses")
    assert status == 2
    assert "looks elsewhere each time" in err


@pytest.mark.parametrize("task", ["centred", "pairs"])
def test_the_network_that_sees_all_has_about_as_many_parameters(task):
    config = Config(task=task)
    config = Config(task=task, **config.sized(1000))
    facts = {"image_shape": (60, 60, 1), "num_classes": 10}
    wanted, found = (build(config, facts).count_params() for build in (build_model, build_cnn))
    assert found == pytest.approx(wanted, rel=0.01)


@pytest.mark.parametrize("side", [1, 3, 6])
def test_the_network_that_sees_all_takes_tiny_pictures(side):
    config = Config(task="centred", glimpse_dim=4, units=5)
    config = Config(**{**vars(config), **config.sized(1000)})
    model = build_cnn(config, {"image_shape": (side, side, 1), "num_classes": 3})
    assert model({"image": np.zeros((2, side, side, 1), np.float32)})["logits"].shape == (2, 3)


def test_an_interval_holds_the_error_and_a_sequence_counts_as_a_whole():
    logits = np.eye(3)[np.array([[0, 1], [1, 2], [0, 0], [2, 2]])]
    found = measure.measure(logits, np.array([[0, 1], [1, 1], [0, 0], [1, 1]]))
    assert (found["error"], found["wrong"]) == (0.5, 2)
    assert found["error_by_place"] == [0.25, 0.5]
    low, high = found["interval"]
    assert 0 < low < 0.5 < high < 1


def test_glimpses_learn_to_tell_strokes():
    """With each way to come by locations, and both rewards."""
    import keras

    part = strokes(256)
    images = {"image": part.images.astype(np.float32)}
    for locations, reward in (("reinforced", "gain"), ("differentiable", "right")):
        keras.utils.set_random_seed(0)
        config = Config(glimpses=2, glimpse_size=6, scales=1, cell="irnn", location_std=0.1)
        config = Config(**{**vars(config), "locations": locations, "glimpse_dim": 32, "units": 32})
        model = build_model(config, {"image_shape": (12, 12, 1), "num_classes": 2})
        trainer = reinforce.Hybrid(model, reward)
        trainer.compile(keras.optimizers.Adam(1e-2), weighted_metrics=reinforce.metrics())
        trainer.fit(images, part.labels, batch_size=32, epochs=6, shuffle=False, verbose=0)
        found = trainer.evaluate(images, part.labels, batch_size=64, verbose=0, return_dict=True)
        assert found["accuracy"] > 0.8, locations
