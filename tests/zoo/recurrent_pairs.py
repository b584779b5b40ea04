"""Our recurrent layers and Keras' side by side, for the tests of both files about them."""

import keras
import numpy as np
import tensorflow as tf

from zoo.layers import recurrent

KINDS = {
    "lstm": ("LSTM", {}),
    "gru": ("GRU", {}),
    "rnn": ("SimpleRNN", {}),
    "irnn": ("SimpleRNN", {"activation": "relu", "recurrent_initializer": "identity"}),
}
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}


def pair(kind, units, dtype="float32", **options):
    """Our layer and Keras', with weights that are the same at every run."""
    keras.utils.set_random_seed(4)
    name, more = KINDS[kind]
    options = {"dtype": dtype, "bias_initializer": "glorot_normal", **more, **options}
    return getattr(recurrent, name)(units, **options), getattr(keras.layers, name)(units, **options)


def tensors(*shapes, dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    return [tf.constant(rng.normal(size=shape), dtype) for shape in shapes]


def results(layer, x, states, training, mask, seed=1):
    """Outputs, final states, and the gradients of a random sum of them all."""
    variables = layer.trainable_variables
    with tf.GradientTape() as tape:
        tape.watch([x, *states])
        outputs = layer(x, mask=mask, training=training, initial_state=states or None)
        outputs = tf.nest.flatten(outputs)
        weights = tensors(*(out.shape for out in outputs), dtype=outputs[0].dtype, seed=seed)
        total = tf.add_n(
            [tf.reduce_sum(out * weight) for out, weight in zip(outputs, weights, strict=True)]
        )
    sources = [x, *(v.value for v in variables), *states]
    return [*outputs, *tape.gradient(total, sources)]


def assert_same(ours, theirs, tolerance):
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.dtype == other.dtype
        assert mine.shape == other.shape
        scale = max(1.0, float(np.abs(other).max(initial=0)))
        np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance * scale)
