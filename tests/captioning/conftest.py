"""Shared by the tests of captioning: tiny pictures, their cache, and a finished run."""

import keras
import pytest

from tests.captioning import contract


@pytest.fixture(scope="session")
def tiny(once):
    """The folder of data that the contract of recipes uses too."""
    return once("captioning_data", contract.data)


@pytest.fixture(scope="session")
def finished_run(finished):
    """The directory of a complete run on it."""
    return finished("captioning")


@pytest.fixture
def caption(run_recipe):
    """Run the recipe in this process."""
    return lambda *argv: run_recipe(*argv, recipe="captioning")


@pytest.fixture(scope="session")
def tiny_network():
    """A name for --cnn: a network among those of `keras.applications` that is built at once."""

    def network(include_top, weights, input_shape):
        image = keras.Input(input_shape)
        x = keras.layers.Conv2D(8, 9, strides=8, activation="relu")(image)
        x = keras.layers.BatchNormalization()(x)
        return keras.Model(image, keras.layers.Conv2D(12, 1, activation="relu")(x))

    network.__module__ = keras.applications.MobileNet.__module__  # whose preprocessing it has
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, "Tiny", network, raising=False)
        yield "Tiny"
