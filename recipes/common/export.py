"""Export of trained models, as far as all recipes do it alike."""

import importlib.util

import tensorflow as tf

from zoo.layers.recurrent import portable

TOLERANCE = 1e-4


def installed(package):
    """True if a package can be imported."""
    return importlib.util.find_spec(package) is not None


def write_module(module, path):
    """Write a `tf.Module` whose function is `serve` as SavedModel, and load what was written.

    Returns:
        The loaded function.
    """
    with portable():
        tf.saved_model.save(module, str(path), signatures={"serving_default": module.serve})
    loaded = tf.saved_model.load(str(path))
    return lambda inputs: loaded.serve(inputs)  # which keeps its variables alive
