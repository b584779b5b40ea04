"""The layer of DRAW: its grid of filters, its two loops, its bound, its pictures."""

import keras
import numpy as np
import pytest
from keras import ops

import zoo
from zoo.layers import drawing, gaussian_grid

SHAPE = (9, 7, 2)
FORMS = {
    "attention": {"read_size": 3, "write_size": 2},
    "whole": {"read_size": None, "write_size": None},
    "classes": {"read_size": 3, "write_size": 2, "num_classes": 3},
}


def painter(**options):
    """A small model whose weights are large enough to matter."""
    keras.utils.set_random_seed(0)
    model = zoo.draw(SHAPE, units=6, latent_dim=4, steps=4, **options)
    for number, weight in enumerate(model.trainable_weights):
        weight.assign(weight + keras.random.normal(weight.shape, stddev=0.3, seed=number))
    return model


def inputs(rows, model):
    images = np.random.default_rng(0).integers(0, 2, (rows, *SHAPE)).astype(np.float32) * 255
    labels = {"label": np.arange(rows, dtype=np.int32) % 3} if "label" in model.input else {}
    return {"image": images, **labels}


def test_filters_follow_the_formula():
    """In plain loops: each a Gaussian around its mean, normalised over the pixels."""
    centre, stride, variance = np.array([2.5, 40.0]), np.array([1.5, 0.7]), np.array([0.8, 2.0])
    arrays = (ops.convert_to_tensor(x, "float32") for x in (centre, stride, variance))
    found = ops.convert_to_numpy(gaussian_grid.filters(*arrays, length=9, size=3))
    for row in range(2):
        for i in (1, 2, 3):  # as the paper counts
            mean = centre[row] + (i - 3 / 2 - 0.5) * stride[row]
            values = np.exp(-((np.arange(9) - mean) ** 2) / (2 * variance[row]))
            np.testing.assert_allclose(found[row, i - 1], values / values.sum(), atol=1e-6)


def test_numbers_of_zero_are_a_window_over_the_whole_picture():
    row, column, stride, variance, strength = (
        float(x[0]) for x in gaussian_grid.window(ops.zeros((1, 5)), 28, 20, 4)
    )
    assert (row, column, variance, strength) == (13.5, 9.5, 1.0, 1.0)
    assert [row + k * stride for k in (-1.5, 1.5)] == [0, 27]


def test_what_is_written_is_read_where_it_was():
    """A sharp window of as many filters as the patch has pixels moves pixels unchanged."""
    patch = np.random.default_rng(0).normal(size=(1, 2, 3, 3)).astype(np.float32)
    stride = (9 - 1) / 2  # of a log stride of zero, in `window`
    raw = [[2 * 5 / 8 - 1, 2 * 4 / 10 - 1, np.log(1e-2), -np.log(stride), np.log(2.0)]]
    parameters = ops.convert_to_tensor(raw, "float32")  # centre in row 3, column 4
    picture = gaussian_grid.write(ops.convert_to_tensor(patch), parameters, 9, 7)
    np.testing.assert_allclose(picture[:, :, 2:5, 3:6], patch / 2, atol=1e-5)
    np.testing.assert_allclose(ops.sum(ops.abs(picture)), np.abs(patch).sum() / 2, rtol=1e-5)
    np.testing.assert_allclose(gaussian_grid.read(picture, parameters, 3), patch, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_both_loops_agree_to_the_gradient_of_each_input_and_weight(form, monkeypatch):
    import tensorflow as tf

    model = painter(**FORMS[form])
    given = {name: tf.constant(x) for name, x in inputs(19, model).items()}  # odd: shares differ
    layer, found = model.get_layer("strokes"), {}
    for kernel in ("xla", "keras"):
        monkeypatch.setattr(drawing, "choose_kernel", lambda _, kernel=kernel: kernel)
        layer.seed_generator.state.assign([1, 0])
        sources = [*(weight.value for weight in model.trainable_weights), given["image"]]
        with tf.GradientTape() as tape:
            tape.watch(given["image"])
            out = model(given, training=True)
            # Not symmetric, and all outputs count.
            loss = tf.reduce_mean(tf.sin(out["logits"])) + tf.reduce_mean(
                tf.sin(out["kl"]) + tf.cos(out["log_ratio"])
            )
        found[kernel] = [*out.values(), *map(tf.convert_to_tensor, tape.gradient(loss, sources))]
    for fast, plain in zip(found["xla"], found["keras"], strict=True):
        assert np.abs(plain).max() > 0
        np.testing.assert_allclose(fast, plain, atol=1e-5, rtol=1e-5)


def test_divergence_and_ratio_are_those_of_normal_distributions():
    model = painter(**FORMS["attention"])
    layer = model.get_layer("strokes")
    rng = np.random.default_rng(0)
    posterior = rng.normal(size=(4, 3, 8)).astype(np.float32)
    noise = rng.normal(size=(4, 3, 4)).astype(np.float32)
    canvas = np.zeros((3, 126), np.float32)
    found = layer._results(*map(ops.convert_to_tensor, (canvas, posterior, noise)))
    mean, deviation = posterior[..., :4], np.exp(posterior[..., 4:])
    divergence = -np.log(deviation) + (deviation**2 + mean**2) / 2 - 0.5
    np.testing.assert_allclose(found["kl"], divergence.sum(-1).T, rtol=1e-4)
    latent = mean + deviation * noise
    prior = -(latent**2) / 2
    of_posterior = -(((latent - mean) / deviation) ** 2) / 2 - np.log(deviation)
    np.testing.assert_allclose(
        found["log_ratio"], (prior - of_posterior).sum(-1).T, rtol=1e-4, atol=1e-4
    )


def test_divergence_is_never_negative():
    model = painter(**FORMS["attention"])
    for weight in model.trainable_weights:
        weight.assign(weight * 1e-4)  # near the prior, where rounding could
    assert np.asarray(model(inputs(8, model), training=True)["kl"]).min() >= 0


def test_new_pictures_depend_on_seed_and_label():
    layer = painter(**FORMS["classes"]).get_layer("strokes")
    zero, one = np.zeros(2, np.int32), np.ones(2, np.int32)
    first = layer.generate(2, zero, seed=3)
    np.testing.assert_array_equal(first["logits"], layer.generate(2, zero, seed=3)["logits"])
    assert not np.allclose(first["logits"], layer.generate(2, zero, seed=4)["logits"])
    assert not np.allclose(first["logits"], layer.generate(2, one, seed=3)["logits"])
    np.testing.assert_allclose(first["canvases"][-1], first["logits"], atol=1e-6)


def test_a_reconstruction_shows_what_the_model_did():
    model = painter(**FORMS["attention"])
    layer, given = model.get_layer("strokes"), inputs(3, model)
    views = layer.reconstruct(given["image"] / 255)
    assert views["canvases"].shape == (4, 3, *SHAPE)
    np.testing.assert_allclose(views["logits"], model(given)["logits"], atol=1e-5)
    for name in ("read_windows", "write_windows"):
        row, column, stride, deviation = np.moveaxis(np.asarray(views[name]), -1, 0)
        assert row.shape == (4, 3)
        assert ((row > -SHAPE[0]) & (row < 2 * SHAPE[0])).all()
        assert ((column > -SHAPE[1]) & (column < 2 * SHAPE[1])).all()
        assert (stride > 0).all()
        assert (deviation > 0).all()


def test_the_first_canvas_can_be_a_picture():
    layer = painter(**FORMS["attention"]).get_layer("strokes")
    mean = np.random.default_rng(0).uniform(0.1, 0.9, SHAPE)
    layer.begin_with(mean)
    shown = ops.sigmoid(layer._pictures(layer._states(1)[0]))[0]
    np.testing.assert_allclose(shown, mean, atol=1e-5)


def test_shapes_that_are_no_pictures_are_refused():
    with pytest.raises(ValueError, match="image_shape must be height, width and channels"):
        zoo.draw((28, 28))
