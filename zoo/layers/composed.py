"""Layers made of other layers, which save and load them quantised."""

import keras
from keras import ops


class ComposedLayer(keras.layers.Layer):
    """Base of layers that make others in their constructor: saves and loads them quantised.

    `Model.quantize` reaches every layer of a model, but Keras restores the precision of the outer
    ones alone: the layers inside would be built unquantised, and their saved weights not fit.
    """

    def get_config(self):
        quantized = {
            path: {
                "dtype": keras.dtype_policies.serialize(layer.dtype_policy),
                "config": keras.saving.serialize_keras_object(layer.quantization_config),
            }
            for path, layer in _layers_inside(self)
            if layer.quantization_mode is not None
        }
        config = super().get_config()
        return {**config, "quantized": quantized} if quantized else config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        quantized = config.pop("quantized", {})
        composed = super().from_config(config)
        inside = dict(_layers_inside(composed))
        for path, saved in quantized.items():
            # Not built yet, so that it will be built with the variables of a quantised layer.
            layer = inside[path]
            layer.dtype_policy = keras.dtype_policies.deserialize(saved["dtype"])
            layer.quantization_config = keras.saving.deserialize_keras_object(saved["config"])
        return composed


def _layers_inside(layer, prefix=""):
    """All layers inside a layer, each with its path of names."""
    for inner in layer._layers:
        path = prefix + inner.name
        yield path, inner
        yield from _layers_inside(inner, f"{path}/")


def is_rounded(layer):
    """True if the weights of a layer are integers that stand for other numbers."""
    return layer.quantization_mode not in (None, "float8")


def kernel_of(layer):
    """The kernel `(K, N)` of a `Dense` layer without activation, in numbers if it is quantised.

    Rows of the identity are quantised without an error, so the layer itself gives them.
    """
    if not is_rounded(layer):
        return layer.kernel
    rows = layer(ops.eye(layer.input_spec.axes[-1], dtype=layer.compute_dtype))
    return rows if layer.bias is None else rows - ops.cast(layer.bias, rows.dtype)


def embeddings_of(layer):
    """The table `(V, D)` of an `Embedding` layer, in numbers if it is quantised."""
    return (
        layer(ops.arange(layer.input_dim, dtype="int32")) if is_rounded(layer) else layer.embeddings
    )
