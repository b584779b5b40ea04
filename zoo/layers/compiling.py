"""Compiling a function of layers on each backend."""

import keras
from keras import ops


def compiled(function, layer, xla):
    """A function of arrays that uses a layer's weights, made fast.

    Args:
        function: Takes and returns nested arrays; a pure function but for reading the weights.
        layer: The layer or model whose weights it reads.
        xla: Whether TensorFlow hands it to XLA, with static shapes; JAX always does.

    Returns:
        A function with the same arguments and results.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        return _for_tensorflow(function, xla)
    if backend == "jax":
        import jax

        @jax.jit
        def pure(values, *arguments):
            mapping = zip(layer.variables, values, strict=True)
            with keras.StatelessScope(state_mapping=mapping):
                return function(*arguments)

        return lambda *arguments: pure([v.value for v in layer.variables], *arguments)

    import torch

    def without_gradient(*arguments):
        with torch.no_grad():
            arguments = keras.tree.map_structure(ops.convert_to_tensor, arguments)
            return function(*arguments)

    return without_gradient


def _for_tensorflow(function, xla):
    """One graph for all shapes, or for XLA one for each, kept by hand: TensorFlow warns of many."""
    import tensorflow as tf

    if not xla:
        return tf.function(function, autograph=False, reduce_retracing=True)
    function = tf.function(function, autograph=False, jit_compile=True)
    graphs = {}

    def call(*arguments):
        arguments = keras.tree.map_structure(tf.convert_to_tensor, arguments)
        shapes = tuple(array.shape for array in keras.tree.flatten(arguments))
        if shapes not in graphs:
            graphs[shapes] = function.get_concrete_function(*arguments)
        return graphs[shapes](*arguments)

    call.graphs = graphs
    return call


def padded_size(size):
    """The size up to which a batch is padded: a multiple of 16, later one of two an octave.

    A loop is compiled once for each, which takes as long as some hundred steps of a small model.
    """
    grain = max(16, 1 << max(0, max(size - 1, 1).bit_length() - 2))
    return -(-size // grain) * grain
