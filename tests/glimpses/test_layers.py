"""The sensor against plain slices, and which gradients pass a location."""

import keras
import numpy as np
import pytest

import zoo
from zoo.layers.glimpses import GlimpseSensor, Locator, channels_first


def sliced(image, row, column, size, step):
    """A patch whose upper left pixel is at `row, column`, by slices and means."""
    wide, zeros = size * step, 40
    padded = np.pad(image, [(zeros, zeros), (zeros, zeros), (0, 0)])
    patch = padded[row + zeros :, column + zeros :][:wide, :wide]
    return patch.reshape(size, step, size, step, -1).mean((1, 3))


@pytest.mark.parametrize(
    ("row", "column"),
    [(3, 5), (0, 0), (-2, 8), (9, -3), (7, 12), (-20, 4)],
    ids=["inside", "corner", "above", "left", "below", "away"],
)
def test_the_sensor_gives_what_slices_give(row, column):
    size, scales, height, width = 4, 3, 13, 17
    image = np.random.default_rng(0).uniform(0, 1, (height, width, 2)).astype("float32")
    # The upper left pixel of the finest patch, and the centre of all of them.
    centre = np.array([row + size / 2, column + size / 2])
    location = (centre / [height, width] * 2 - 1).astype("float32")
    sensor = GlimpseSensor(size, scales)
    found = sensor(channels_first(keras.ops.convert_to_tensor(image[None])), location[None])
    found = keras.ops.convert_to_numpy(found)[0]
    expected = [
        sliced(image, row - size * (step - 1) // 2, column - size * (step - 1) // 2, size, step)
        for step in (1, 2, 4)
    ]
    np.testing.assert_allclose(found, np.concatenate(expected, -1), atol=1e-5)


def test_between_pixels_the_sensor_reads_bilinearly():
    image = np.random.default_rng(0).uniform(0, 1, (1, 1, 8, 8)).astype("float32")
    sensor = GlimpseSensor(2)
    at, beside, between = (
        keras.ops.convert_to_numpy(sensor(image, np.array([[0.0, x]], "float32")))
        for x in (0.0, 0.25, 0.0625)
    )
    np.testing.assert_allclose(between, 0.75 * at + 0.25 * beside, atol=1e-6)


def gradients(model, loss):
    """The gradient of a loss of the outputs, by the path of its weight."""
    import tensorflow as tf

    image = np.random.default_rng(0).uniform(0, 255, (4, 16, 16, 1)).astype("float32")
    with tf.GradientTape() as tape:
        value = loss(model({"image": image}, training=True))
    found = tape.gradient(value, model.trainable_weights)
    return {
        weight.path: 0.0 if grad is None else float(np.abs(grad).max())
        for weight, grad in zip(model.trainable_weights, found, strict=True)
    }


def build(name, locations):
    keras.utils.set_random_seed(0)
    sizes = {"glimpses": 3, "glimpse_size": 4, "units": 8, "glimpse_dim": 8}
    return getattr(zoo, name)((16, 16, 1), 3, locations=locations, **sizes)


@pytest.mark.parametrize("name", ["recurrent_attention", "multi_object_attention"])
def test_labels_teach_where_to_look_through_differentiable_locations_alone(name):
    def of_labels(outputs):
        return keras.ops.sum(keras.ops.square(outputs["logits"]))

    for locations in ("reinforced", "differentiable"):
        found = gradients(build(name, locations), of_labels)
        of_locator = [size for path, size in found.items() if "locator" in path]
        assert len(of_locator) == 4
        assert all(size > 0 for size in of_locator) == (locations == "differentiable")
        assert any(size > 0 for size in of_locator) == (locations == "differentiable")
    found = gradients(build(name, "random"), of_labels)
    assert all(size > 0 for size in found.values()), "it has no weights that do not learn"
    assert not any("locator" in path for path in found)


def test_rewards_do_not_reach_the_state_that_classifies():
    found = gradients(
        build("recurrent_attention", "reinforced"),
        lambda outputs: sum(keras.ops.sum(outputs[x]) for x in ("log_probabilities", "baselines")),
    )
    moved = {path.split("/")[1] for path, size in found.items() if size > 0}
    assert moved == {"locator", "baseline"}


def test_rewards_reach_the_upper_layer_and_the_context_but_not_the_lower_layer():
    found = gradients(
        build("multi_object_attention", "reinforced"),
        lambda outputs: keras.ops.sum(outputs["log_probabilities"]),
    )
    moved = {path for path, size in found.items() if size > 0}
    assert any("upper" in path for path in moved)
    assert any("context_1" in path for path in moved)
    assert not any("lower" in path or "what" in path for path in moved)


def test_the_logarithm_of_probability_is_that_of_the_normal_distribution():
    from scipy.stats import norm

    locator = Locator(16, 0.2, seed=3)
    state = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    mean, at_mean = map(keras.ops.convert_to_numpy, locator(state))
    drawn, found = map(keras.ops.convert_to_numpy, locator(state, training=True))
    assert np.abs(drawn).max() < 1, "else it was cut off"
    np.testing.assert_allclose(found, norm.logpdf(drawn, mean, 0.2).sum(-1), rtol=1e-4)
    np.testing.assert_allclose(at_mean, norm.logpdf(mean, mean, 0.2).sum(-1), rtol=1e-4)


def test_random_locations_lie_anywhere_and_differ_each_time():
    locator = Locator(16, 0.2, "random", seed=0)
    first, second = (keras.ops.convert_to_numpy(locator(np.zeros((500, 4)))[0]) for _ in range(2))
    assert not np.array_equal(first, second)
    assert first.min() < -0.95
    assert first.max() > 0.95
    np.testing.assert_allclose(first.mean(0), 0, atol=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"locations": "learned"}, "locations must be one of reinforced, differentiable, random"),
        ({"location_std": 0}, "location_std must be above 0"),
        ({"location_std": float("nan")}, "location_std must be a finite number"),
        ({"glimpses": 0}, "glimpses must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(options, message):
    for builder in (zoo.recurrent_attention, zoo.multi_object_attention):
        with pytest.raises(ValueError, match=message):
            builder((16, 16, 1), 3, **options)
