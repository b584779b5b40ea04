"""The drawing recipe as a user runs it: bounds, pictures, labels asked for, files of digits."""

import json

import numpy as np
import pytest
from PIL import Image

import recipes
from recipes.common.pictures.labelled import Labelled
from recipes.common.run import Run
from recipes.drawing import baselines, binarisation, data, measure, paint, pictures
from recipes.drawing.bound import Bound
from recipes.drawing.config import Config


@pytest.fixture(scope="module")
def asked(once, contract, tmp_path_factory):
    """A run that has classes, without attention or a baseline."""
    folder = once("drawing_data", contract("drawing").data)
    directory = tmp_path_factory.mktemp("drawing") / "run"
    return recipes.drawing.train(
        data=str(folder / "bars"), run=str(directory), classes=True, attention=False, compare=False,
        steps=2, units=16, latent_dim=4, epochs=12, batch_size=16, samples=2, weighted=10,
        learning_rate=1e-2, binarise="threshold",
    )  # fmt: skip


def test_figures_are_nats_of_pictures(finished):
    metrics = json.loads((finished("drawing") / "metrics.json").read_text())
    test = metrics["test"]
    assert set(metrics["baselines"]) == {"mean picture", "autoencoder"}
    assert test["bound"] == pytest.approx(test["reconstruction"] + test["divergence"])
    assert len(test["divergence_by_stroke"]) == 3
    assert sum(test["divergence_by_stroke"]) == pytest.approx(test["divergence"])
    other = metrics["baselines"]["autoencoder"]["parameters"]
    assert other == pytest.approx(metrics["parameters"], rel=0.1), "of equal size"


def painted_at_random():
    """A `Bound` of a small autoencoder, and batches of pictures."""
    part = Labelled(
        binarisation.drawn(np.full((5, 4, 4, 1), 90, np.uint8), np.random.default_rng(0)),
        np.zeros(5, np.int32),
    )
    model = baselines.autoencoder((4, 4, 1), 500)
    return Bound(model), data.batches(part, Config(batch_size=2)), part


def test_the_bound_is_that_of_the_samples_by_hand():
    model, batches, part = painted_at_random()
    model.reseed(5)
    inputs, _, _ = batches.batch(batches.order()[0])
    parts = np.asarray(model(inputs))
    model.reseed(5)
    out = model.painter(inputs, training=True)
    share = 1 / (1 + np.exp(-np.asarray(out["logits"], np.float64)))
    white = part.images[:2] / 255
    nats = -np.log(np.where(white == 1, share, 1 - share)).sum((1, 2, 3))
    np.testing.assert_allclose(parts[:, 0], nats, rtol=1e-5)
    np.testing.assert_allclose(parts[:, 2:], out["kl"])
    found = measure.parts_of_bound(model, batches)
    assert found.shape == (5, 3), "rows that fill up a batch do not count"
    np.testing.assert_array_equal(found, measure.parts_of_bound(model, batches))


def test_importance_weights_are_averaged_before_the_logarithm():
    model, batches, _ = painted_at_random()
    rows = [measure.parts_of_bound(model, batches, measure.SEED + n) for n in range(4)]
    weights = np.exp([row[:, 1] - row[:, 0] for row in rows])
    found = measure.log_likelihoods(model, batches, 4)
    np.testing.assert_allclose(found, np.log(weights.mean(0)), rtol=1e-9)


def test_kinds_of_black_and_white():
    grey = np.full((200, 4, 4, 1), 64, np.uint8)
    part = Labelled(grey, np.zeros(200, np.int32))
    assert not binarisation.once(part, "threshold", "test").images.any()
    drawn = binarisation.once(part, "fixed", "test").images
    assert set(np.unique(drawn)) == {0, 255}
    assert abs((drawn > 0).mean() - 64 / 255) < 0.03
    np.testing.assert_array_equal(drawn, binarisation.once(part, "fixed", "test").images)
    assert (drawn != binarisation.once(part, "fixed", "train").images).any()


def test_the_mean_picture_has_independent_pixels():
    mean = np.array([[[0.25], [1.0]]])
    images = np.array([[[[255], [255]]], [[[0], [255]]]], np.uint8)
    expected = -(np.log(0.25) + np.log(0.75)) / 2
    assert baselines.mean_picture(mean, images) == pytest.approx(expected, abs=2e-4)


def test_labels_that_are_asked_for_are_painted(asked):
    """Label 0 has upright bars, label 1 lying ones."""
    for label, axis in (("0", 1), ("1", 0)):
        found = asked.verb("paint", count=12, label=label, temperature=0.5, seed=2)
        shown = np.stack([np.asarray(Image.open(row["picture"])) for row in found["pictures"]])
        ink = shown[..., 0].astype(float) / 255  # (12, H, W)
        spread = [ink.sum(2 - side).var(1).mean() for side in (0, 1)]
        assert spread[axis] > spread[1 - axis]
        assert {row["label"] for row in found["pictures"]} == {label}


def test_painting_leaves_a_sheet_and_a_gif_of_all_strokes(finished, tmp_path, run_recipe):
    options = ["--run", finished("drawing"), "--count", "5", "--folder", tmp_path / "new"]
    status, _, err = run_recipe("paint", *options, recipe="drawing")
    assert status == 0, err
    assert len(list((tmp_path / "new").glob("0*.png"))) == 5
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert sheet.width > 5 * 8
    with Image.open(tmp_path / "new" / "painting.gif") as painting:
        assert painting.n_frames == 4  # three strokes, and finished


def test_pictures_are_the_same_however_many_follow(finished, tmp_path):
    run = Run.reopen(finished("drawing"), "drawing", Config)
    for count in (2, 5):
        paint.paint(run, str(tmp_path / str(count)), count=count, seed=2**40)
    two, five = (
        np.stack([Image.open(tmp_path / str(count) / f"0000{n}.png") for n in (1, 2)]).astype(int)
        for count in (2, 5)
    )
    assert np.abs(two - five).max() <= 1  # a brightness may be rounded otherwise
    assert (two[0] != two[1]).any()


def test_a_window_is_drawn_where_its_filters_are():
    black = np.zeros((32, 32, 3), np.uint8)
    shown = pictures.with_window(black, (3.5, 2, 1.0, 0.1), 3, 4, pictures.WRITE)
    rows, columns = np.nonzero(shown.any(-1))
    assert (rows.min(), rows.max()) == (12, 20)  # (3.5 ± 1 + 0.5) * 4
    assert (columns.min(), columns.max()) == (6, 14)
    outside = pictures.with_window(black, (-90, 2, 1.0, 0.1), 3, 4, pictures.WRITE)
    assert not outside.any()


def test_idx_files_and_pictures_are_painted_again(finished, contract, once, tmp_path, run_recipe):
    folder = once("drawing_data", contract("drawing").data)
    run = ["--run", finished("drawing")]
    three = folder / "three-images-idx3-ubyte.gz"
    plot = tmp_path / "again.png"
    status, out, err = run_recipe(
        "predict", *run, three, "--plot", plot, "--json", recipe="drawing"
    )
    assert status == 0, err
    rows = json.loads(out.splitlines()[-1])["predictions"]
    assert [row["picture"].partition(", ")[2] for row in rows] == [
        "picture 1", "picture 2", "picture 3",
    ]  # fmt: skip
    assert plot.stat().st_size
    for name, message in (
        ("large-images-idx3-ubyte.gz", "are 9 x 9 pixels of one channel; the run's are 8 x 8"),
        ("text.png", "is no picture"),
    ):
        status, _, err = run_recipe("predict", *run, folder / name, recipe="drawing")
        assert status == 2
        assert message in err
    for options, message in (
        (["--label", "1"], "was trained without --classes"),
        (["--count", "20000"], "--count must be at most 10,000"),
    ):
        status, _, err = run_recipe("paint", *run, *options, recipe="drawing")
        assert status == 2
        assert message in err


def test_a_run_with_classes_asks_for_the_label(asked, contract, once):
    picture = contract("drawing").inputs(once("drawing_data", contract("drawing").data))[0]
    with pytest.raises(recipes.common.errors.UserError, match="name the label"):
        asked.predict(picture)
    with pytest.raises(recipes.common.errors.UserError, match="--label 5 is none of"):
        asked.predict(picture, label="5")
    right, wrong = (asked.predict(picture, label=label)[0]["bound"] for label in "01")
    assert right < wrong
    assert asked.export()["largest_difference"] < 1e-4
