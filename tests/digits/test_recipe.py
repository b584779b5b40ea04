"""The digits recipe as a user runs it: networks side by side, files of pictures, exports."""

import json

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax

import recipes
import zoo
from recipes.common.labelling import plots as labelling_plots
from recipes.common.pictures import labelled
from recipes.common.run import Run
from recipes.digits import measure, plots, report
from recipes.digits.config import Config
from recipes.digits.data import facts_of
from recipes.digits.trained import restore
from recipes.digits.training import build_model


@pytest.fixture(scope="module")
def compared(once, contract, tmp_path_factory):
    """A run of a small cnn beside the other networks."""
    data = once("digits_data", contract("digits").data)
    directory = tmp_path_factory.mktemp("digits") / "run"
    return recipes.digits.train(
        data=str(data / "idx"), run=str(directory), convolutions="4", hidden="8", units=8,
        epochs=3, batch_size=16,
    )  # fmt: skip


def test_the_networks_stand_side_by_side(compared):
    metrics = compared.metrics
    assert metrics["network"] == "cnn"
    assert set(metrics["baselines"]) == {"mlp", "rnn", "linear", "majority"}
    assert metrics["test"]["error"] < 0.2, "three labels that differ in their rows"
    assert metrics["test"]["error"] + metrics["test"]["accuracy"] == pytest.approx(1)
    page = (compared.directory / "report.md").read_text(encoding="utf-8")
    assert "rnn, read row by row" in page
    assert (compared.directory / "maps.png").stat().st_size


def test_large_pictures_are_measured_few_at_a_time():
    sizes = []

    class Model:
        def predict_on_batch(self, inputs):
            sizes.append(len(inputs["image"]))
            return inputs["image"][:, 0, :2, 0]

    images = np.random.default_rng(0).integers(0, 9, (7, 1, 500_000, 1)).astype(np.uint8)
    part = labelled.Labelled(images, np.zeros(7, np.int32))
    found = measure.probabilities(Model(), part)
    assert max(sizes) == 2
    np.testing.assert_allclose(found, softmax(images[:, 0, :2, 0].astype(float), -1))


def test_an_interval_holds_the_share():
    found = measure.measure(np.eye(3)[[0, 1, 2, 0, 1]], np.array([0, 1, 2, 0, 2]))
    assert found["wrong"] == 1
    assert found["error"] == 0.2
    # Wilson's for one of five: (0.2 + 1.96² / 10 ± 1.96 · sqrt(0.032 + 0.9604 / 25)) / (1 + …)
    np.testing.assert_allclose(found["interval"], [0.0362, 0.6245], atol=1e-4)


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_exports_of_one_file_give_the_same_logits(finished, format, run_recipe):
    status, out, err = run_recipe(
        "export", "--run", finished("digits"), "--format", format, "--json", recipe="digits"
    )
    assert status == 0, err
    assert json.loads(out.splitlines()[-1])["largest_difference"] < 1e-4


def test_dark_ink_on_paper_is_read_inverted(finished, contract, once, tmp_path, run_recipe):
    data = once("digits_data", contract("digits").data)
    path = contract("digits").inputs(data)[0]
    Image.fromarray(255 - np.asarray(Image.open(path))).save(tmp_path / "paper.png")
    found = []
    for arguments in ((path,), ("--invert", tmp_path / "paper.png")):
        _, out, _ = run_recipe(
            "predict", "--run", finished("digits"), "--json", *arguments, recipe="digits"
        )
        found.append(json.loads(out.splitlines()[-1])["predictions"][0]["probabilities"])
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_what_is_believed_after_the_last_row_is_the_answer(finished, tmp_path, monkeypatch):
    trained = restore(Run.reopen(finished("digits"), "digits", Config))
    images = np.random.default_rng(0).integers(0, 256, (3, *trained.image_shape)).astype(np.uint8)
    drawn = {}

    class Axes:
        def imshow(self, array, **options):
            drawn.setdefault(array.shape, []).append(array)

        def __getattr__(self, name):
            return lambda *args, **kwargs: None

    class Panels(dict):
        def __missing__(self, key):
            return Axes()

    import contextlib

    @contextlib.contextmanager
    def nowhere(*args, **options):
        yield Panels()

    monkeypatch.setattr(plots, "figure", nowhere)
    plots.belief_by_row(trained.model, images, trained.labels, tmp_path / "reading.png")
    part = type("Part", (), {"images": images, "__len__": lambda self: 3})()
    expected = measure.probabilities(trained.model, part)
    beliefs = np.stack(drawn[(trained.image_shape[0], 3)])
    np.testing.assert_allclose(beliefs[:, -1], expected, atol=1e-5)
    np.testing.assert_allclose(beliefs.sum(-1), 1, atol=1e-5)
    # After three rows it is what the same network says of pictures of these alone.
    _, width, channels = trained.image_shape
    upper = zoo.row_classifier((3, width, channels), len(trained.labels), units=8)
    upper.set_weights(trained.model.get_weights())
    logits = upper.predict_on_batch({"image": images[:, :3].astype(np.float32)})
    np.testing.assert_allclose(beliefs[:, 2], softmax(logits, -1), atol=1e-5)


def test_titles_of_long_names_stay_within_their_pictures():
    assert report._title("4", "9", 0.931) == "4 → 9 0.93"
    assert report._title("automobile", "a plane of old", 0.5) == "automobile →\na plane of old 0.50"


def test_a_confusion_matrix_of_many_labels_stays_a_picture(tmp_path):
    labels = np.arange(120)
    path = tmp_path / "confusion.png"
    labelling_plots.confusion_matrix(labels, labels, [f"label {n}" for n in labels], path)
    with Image.open(path) as picture:
        assert max(picture.size) < 3_000


@pytest.mark.parametrize("network", ["cnn", "mlp", "rnn", "linear"])
def test_every_network_takes_coloured_pictures_of_any_size(network):
    config = Config(network=network, convolutions="4,4", hidden="6", units=5)
    model = build_model(config, facts_of(["a", "b"], (9, 12, 3)))
    assert model({"image": np.zeros((2, 9, 12, 3), np.float32)}).shape == (2, 2)
