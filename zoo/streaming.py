"""Streaming: a causal model one step at a time, its state carried from call to call."""

import keras
import numpy as np
from keras import layers, ops

from zoo.layers.masking import PaddingMask

# The outputs of these for a step depend on that step alone.
STEP_BY_STEP = (
    layers.Dense, layers.EinsumDense, layers.Embedding, layers.Activation, layers.ReLU,
    layers.LeakyReLU, layers.PReLU, layers.ELU, layers.Softmax, layers.Add, layers.Subtract,
    layers.Multiply, layers.Average, layers.Maximum, layers.Minimum, layers.Concatenate,
    layers.Rescaling, layers.TimeDistributed,
)  # fmt: skip
# These give their first input back, but for training; those of `Random…` but `RandomCrop` too.
IDENTITY = (
    layers.Identity, layers.Dropout, layers.SpatialDropout1D, layers.SpatialDropout2D,
    layers.SpatialDropout3D, layers.AlphaDropout, layers.GaussianDropout, layers.GaussianNoise,
    layers.ActivityRegularization,
)  # fmt: skip
NEEDS_ALL = "and so needs the whole sequence"


def streaming(model, steps=1):
    """A model for streams: `steps` steps a call, the state an input and an output.

    The layers are those of `model`, so later training of either changes both. Fed one call after
    the other, beginning with `initial_states`, it gives the outputs of `model` for the whole.

    ```python
    stream = zoo.streaming(model)
    states = zoo.initial_states(stream)
    for chunk in chunks:  # (1, steps) tokens, or (1, steps * hop) samples
        outputs = stream.predict_on_batch({"samples": chunk, **states})
        logits, states = outputs["logits"], {name: outputs[name] for name in states}
    ```

    Args:
        model: A functional model of one input, time its second axis, all of whose layers are
            causal: recurrent layers in one direction, `Conv1D` with `padding="causal"`, layers that
            treat each step by itself, and those of the zoo that have a method `stream`. Layers that
            act in training alone (dropout, noise, augmentation) are left out.
        steps: Steps a call: tokens, or frames of a model that hears samples.

    Returns:
        A `keras.Model` with dicts as input and output: the input of `model` and its output (called
        `"logits"`), and each state under one name in both.

    Raises:
        ValueError: If a layer is not causal or would give other outputs in a stream, naming it and
            the reason, or `steps` is below one.
    """
    if steps < 1:
        raise ValueError(f"steps must be at least 1; got {steps}.")
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"streaming takes models of one input and one output; {model.name} has "
            f"{len(model.inputs)} and {len(model.outputs)}."
        )
    whole = model.inputs[0]
    name = next(iter(model.input)) if isinstance(model.input, dict) else whole.name
    hop = max(getattr(layer, "hop", 1) for layer in model.layers)
    now = keras.Input((steps * hop, *whole.shape[2:]), dtype=whole.dtype, name=name)
    before, after = {}, {}

    def of_stream(layer, *args, **kwargs):
        if isinstance(layer, PaddingMask):
            return ops.ones_like(args[0], "bool")  # a stream has no padding
        if _is_identity(layer):
            return keras.tree.map_structure(lambda x: _as_cast_by(layer, x), args[0])
        kwargs.pop("mask", None)
        kwargs.pop("training", None)
        _refuse_different(layer)
        if (step := _carrying(layer)) is None:
            _refuse_looking_ahead(layer, args[0])
            return layer(*args, **kwargs)
        shapes = {
            f"{layer.name}_state_{number}": shape
            for number, shape in enumerate(step.state_shapes(args[0].shape[-1]), start=1)
        }
        states = {
            name: keras.Input(shape, dtype=layer.compute_dtype, name=name)
            for name, shape in shapes.items()
        }
        output, *new = step(args[0], *states.values())
        before.update(states)
        after.update(zip(states, new, strict=True))
        return output

    # Keras' own `clone_model` takes the same way, but allows no further inputs.
    logits = model._run_through_graph(now, operation_fn=lambda layer: layer, call_fn=of_stream)
    return keras.Model(
        {name: now, **before}, {"logits": logits, **after}, name=f"{model.name}_stream"
    )


def initial_states(stream, batch_size=1):
    """The states before the first step: zeros.

    Args:
        stream: A model of `streaming`.
        batch_size: Number of streams side by side.

    Returns:
        A dict of arrays by name.
    """
    return {
        name: np.zeros((batch_size, *stream.input[name].shape[1:]), stream.input[name].dtype)
        for name in stream.output
        if name in stream.input
    }


def _is_identity(layer):
    """True for a layer that changes its first input in training alone."""
    name = type(layer).__name__
    augments = type(layer) is getattr(layers, name, None) and name.startswith("Random")
    return (
        isinstance(layer, IDENTITY)
        or getattr(layer, "identity_at_inference", False)
        or (augments and name != "RandomCrop")
        or (isinstance(layer, layers.Activation) and layer.activation is keras.activations.linear)
    )


def _as_cast_by(layer, x):
    """An input as a layer would give it back, in its precision."""
    is_cast = layer.autocast and keras.backend.is_float_dtype(x.dtype)
    return ops.cast(x, layer.compute_dtype) if is_cast else x


def _carrying(layer):
    """The layer of a step that carries a state, or None if this one has none."""
    if hasattr(layer, "stream"):
        return CarriedLayer(layer, name=f"{layer.name}_step")
    if isinstance(layer, layers.RNN):
        return RecurrentSteps(layer, name=f"{layer.name}_step")
    if isinstance(layer, layers.Conv1D) and layer.kernel_size[0] > 1:
        return CausalSteps(layer, name=f"{layer.name}_step")
    return None


def _refuse_different(layer):
    """Refuse layers that look ahead, or whose outputs would silently differ in a stream."""
    if why := _difference(layer):
        raise ValueError(f"The layer {layer.name} cannot stream: {why}.")


def _difference(layer):
    """The reason why a layer cannot stream, or None if none is known."""
    if isinstance(layer, layers.Bidirectional):
        return f"it is bidirectional {NEEDS_ALL}"
    if isinstance(layer, layers.RNN):
        if layer.go_backwards:
            return f"it reads backwards {NEEDS_ALL}"
        if not layer.return_sequences:
            return "it gives the last step alone; it needs return_sequences=True"
        return "it gives its state too; it needs return_state=False" if layer.return_state else None
    if isinstance(layer, layers.Masking) or getattr(layer, "mask_zero", False):
        return "it masks steps, and a stream has no mask"
    if isinstance(layer, layers.Conv1D):
        if layer.strides != (1,):
            return "its strides must be 1"
        if layer.data_format != "channels_last":
            return "its data_format must be channels_last"
        if layer.kernel_size[0] > 1 and layer.padding != "causal":
            return f"its padding must be causal; {layer.padding!r} looks at later steps"
        return None
    kind = type(layer).__name__
    if "Pool" in kind:
        return f"it pools over time {NEEDS_ALL}"
    return f"it attends to all steps {NEEDS_ALL}" if "Attention" in kind else None


def _refuse_looking_ahead(layer, inputs):
    by_itself = (
        isinstance(layer, STEP_BY_STEP)
        or getattr(layer, "step_by_step", False)
        or (isinstance(layer, layers.Conv1D) and layer.kernel_size == (1,))
        or (isinstance(layer, layers.Reshape) and tuple(layer.target_shape) == (-1,))
    )
    normalising = layers.LayerNormalization | layers.BatchNormalization
    if isinstance(layer, normalising | layers.Concatenate | layers.Softmax):
        rank = len((inputs[0] if isinstance(inputs, list | tuple) else inputs).shape)
        axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
        by_itself = all(axis % rank not in (0, 1) for axis in axes)
    if not by_itself:
        raise ValueError(
            f"The layer {layer.name} ({type(layer).__name__}) is not known to be causal: its "
            "output for a step may depend on later ones."
        )


class _Steps(layers.Layer):
    """A layer for a few steps, made of a layer for the whole, whose weights it uses."""

    def __init__(self, layer, **kwargs):
        super().__init__(dtype=layer.dtype_policy, **kwargs)
        self.layer = layer

    def get_config(self):
        layer = keras.saving.serialize_keras_object(self.layer)
        config = super().get_config()
        return {**config, "layer": layer}

    @classmethod
    def from_config(cls, config):
        config.pop("dtype", None)
        return cls(keras.saving.deserialize_keras_object(config.pop("layer")), **config)


@keras.saving.register_keras_serializable(package="zoo")
class CarriedLayer(_Steps):
    """A layer with `stream` and `state_shapes`, as one of inputs and states."""

    def state_shapes(self, features):
        """Shapes of the states, without the batch."""
        return self.layer.state_shapes(features)

    def call(self, x, *states):
        output, states = self.layer.stream(x, list(states))
        return output, *states


@keras.saving.register_keras_serializable(package="zoo")
class RecurrentSteps(_Steps):
    """The cell of a recurrent layer, applied to each step of `(B, n, D)`."""

    def state_shapes(self, features):
        """Shapes of the states, without the batch."""
        sizes = self.layer.cell.state_size
        sizes = sizes if isinstance(sizes, list | tuple) else [sizes]
        return [(size,) for size in sizes]

    def call(self, x, *states):
        states, outputs = list(states), []
        for step in range(x.shape[1]):
            output, states = self.layer.cell(x[:, step], states)
            outputs.append(output)
        return ops.stack(outputs, 1), *states


@keras.saving.register_keras_serializable(package="zoo")
class CausalSteps(_Steps):
    """A causal convolution over steps and the inputs before them."""

    def state_shapes(self, features):
        """Shapes of the states, without the batch."""
        return [((self.layer.kernel_size[0] - 1) * self.layer.dilation_rate[0], features)]

    def call(self, x, *states):
        layer = self.layer
        x = ops.concatenate([states[0], x], 1)
        output = ops.conv(
            x,
            layer.kernel,
            padding="valid",
            data_format="channels_last",
            dilation_rate=layer.dilation_rate[0],
        )  # (B, n, filters)
        if layer.use_bias:
            output = output + layer.bias
        if layer.activation is not None:
            output = layer.activation(output)
        return output, x[:, -states[0].shape[1] :]
