"""Recurrent layers with the outputs of Keras' own and a faster loop on CPUs.

`LSTM`, `GRU` and `SimpleRNN` take the arguments of their namesakes in `keras.layers`, have their
weights and their config, and give their outputs. Only the loop over time is replaced, where
`choose_kernel` finds a faster one.
"""

import contextlib
import sys
import threading

import keras

CELLS = ("lstm", "gru", "rnn", "irnn")


def choose_kernel(layer):
    """Choose the loop over time for a recurrent layer of this module.

    `"cudnn"`: NVIDIA's kernels by way of Keras; on a GPU, for the settings they know.
    `"xla"`: the loop of `recurrent_loops`; TensorFlow on a CPU, for the settings it knows.
    `"keras"`: Keras' own loop; for everything else, on other backends, and in exported models,
    which have to run where there is no XLA.
    """
    if keras.backend.backend() != "tensorflow":
        return "keras"
    import tensorflow as tf

    devices = {device.device_type for device in tf.config.list_logical_devices()}
    if is_portable():
        return "keras"
    if "GPU" in devices:
        return "cudnn" if meets_cudnn_conditions(layer) else "keras"
    return "xla" if devices == {"CPU"} and layer.suits_xla() else "keras"


def meets_cudnn_conditions(layer):
    """True if Keras hands this layer to cuDNN on a machine with a GPU."""
    if isinstance(layer, keras.layers.Bidirectional):
        return meets_cudnn_conditions(layer.forward_layer) and meets_cudnn_conditions(
            layer.backward_layer
        )
    if not isinstance(layer, keras.layers.LSTM | keras.layers.GRU):
        return False
    return (
        _has_usual_gates(layer)
        and layer.use_bias
        and not layer.unroll
        and not layer.recurrent_dropout
        and layer.use_cudnn is not False
        and getattr(layer, "reset_after", True)
    )


def _has_usual_gates(layer):
    return layer.activation in (
        keras.activations.tanh,
        keras.ops.tanh,
    ) and layer.recurrent_activation in (keras.activations.sigmoid, keras.ops.sigmoid)


class _FasterLoop:
    """Mixin of the three layers; stands before Keras' layer among the bases."""

    @property
    def kernel(self):
        """The loop over time: `"cudnn"`, `"xla"` or `"keras"`, see `choose_kernel`.

        A mask that is not `(B, T)`, or that cuDNN cannot take, is left to Keras' loop.
        """
        return choose_kernel(self)

    def suits_xla(self):
        """True if the XLA loop knows this layer's settings."""
        return (
            self._step_name() is not None
            and not self.unroll
            and not self.recurrent_dropout
            and self.dropout < 1
            and getattr(self.cell, "implementation", 2) == 2
            and getattr(self, "use_cudnn", "auto") is not True
        )

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """The loop over time, in place of that of Keras' layer: same arguments, same results."""
        mask = mask[0] if isinstance(mask, list | tuple) else mask
        kernel = choose_kernel(self)
        if mask is None or len(mask.shape) == 2:
            if kernel == "xla":
                return self._xla_loop(sequences, initial_state, mask, training)
            if kernel == "cudnn" and mask is not None:
                return self._masked_cudnn_loop(sequences, initial_state, mask, training)
        options = {"mask": mask, "training": training}
        if is_portable():  # Keras' LSTM and GRU would try cuDNN by themselves
            return keras.layers.RNN.inner_loop(self, sequences, initial_state, **options)
        return super().inner_loop(sequences, initial_state, **options)

    def _xla_loop(self, x, states, mask, training):
        import tensorflow as tf

        from zoo.layers.xla import recurrent_loops

        if training and self.dropout:
            x = x * self.cell.get_dropout_mask(x[:, 0])[:, None]
        if mask is not None:
            mask = _broadcast(tf.cast(mask, "bool"), x, tf.shape(x)[1])
        if self.go_backwards:
            x = tf.reverse(x, [1])
            mask = None if mask is None else tf.reverse(mask, [1])
        dtype = self.loop_dtype()
        outputs, states = recurrent_loops.run(
            self.loop_step(),
            tf.cast(x, dtype),
            mask,
            [_broadcast(tf.cast(state, dtype), x, self.units) for state in tf.nest.flatten(states)],
            [tf.cast(weight, dtype) for weight in self.loop_weights()],
            sequences=self.return_sequences,
            training=bool(training),
            factors=self.loop_factors(),
        )
        last = states[0]
        if mask is not None:
            # Before the first real step Keras gives zeros, after the last one its output again.
            shown = mask if self.zero_output_for_mask else tf.cumsum(tf.cast(mask, "int32"), 1) > 0
            last = tf.where(shown[:, -1:], last, 0)  # (B, U)
            if outputs is not None:
                outputs = tf.where(shown[:, :, None], outputs, 0)  # (B, T, U)
        return last, last[:, None] if outputs is None else outputs, states

    def loop_step(self):
        """The class of `cell_steps` for this layer's cell."""
        from zoo.layers.xla import cell_steps

        return getattr(cell_steps, self._step_name())

    def loop_dtype(self):
        """Precision of states and sums in the XLA loop: half would lose small changes of states."""
        return "float64" if self.compute_dtype == "float64" else "float32"

    def loop_factors(self):
        """Precision of the factors of matrix products in the XLA loop.

        bfloat16, if the layer computes in it and the processor has units for such products.
        """
        from zoo.layers.xla import parts

        half = self.compute_dtype == "bfloat16" and parts.bfloat16_units()
        return "bfloat16" if half else self.loop_dtype()

    def loop_weights(self):
        """Kernel, recurrent kernel and bias, which is zeros where the layer has none."""
        cell = self.cell
        bias = (
            cell.bias
            if self.use_bias
            else keras.ops.zeros(self.loop_step().bias_shape(self.units), self.variable_dtype)
        )
        return cell.kernel, cell.recurrent_kernel, bias

    def _masked_cudnn_loop(self, sequences, initial_state, mask, training):
        """cuDNN for masks that are right padded and leave a step in every row, else Keras' loop."""
        import tensorflow as tf

        mask = tf.cast(mask, "bool")
        falls_only = tf.reduce_all(mask[:, :-1] | ~mask[:, 1:])
        options = {"mask": mask, "training": training}
        cudnn_loop = super().inner_loop

        def on_cudnn():
            last, outputs, states = cudnn_loop(sequences, initial_state, **options)
            # cuDNN leaves zeros in the padding; Keras' loop repeats the last output there, or not.
            if self.zero_output_for_mask and not self.go_backwards:
                last = tf.where(mask[:, -1:], last, 0)
            if not self.return_sequences:
                outputs = last[:, None]
            elif not self.go_backwards and not self.zero_output_for_mask:
                outputs = tf.where(mask[:, :, None], outputs, last[:, None])
            return last, outputs, list(states)

        def in_keras_loop():
            last, outputs, states = keras.layers.RNN.inner_loop(
                self, sequences, initial_state, **options
            )
            return last, outputs, list(states)

        return tf.cond(falls_only & tf.reduce_all(mask[:, 0]), on_cudnn, in_keras_loop)


def _broadcast(array, x, width):
    """A mask or a state given once for all rows, `(1, width)`, as `(B, width)`."""
    import tensorflow as tf

    if None not in array.shape and array.shape == (x.shape[0], width):
        return array
    return tf.broadcast_to(array, [tf.shape(x)[0], width])


@keras.saving.register_keras_serializable(package="zoo")
class LSTM(_FasterLoop, keras.layers.LSTM):
    """`keras.layers.LSTM` with the loop of `choose_kernel`."""

    def _step_name(self):
        return "LSTMStep" if _has_usual_gates(self) else None


@keras.saving.register_keras_serializable(package="zoo")
class GRU(_FasterLoop, keras.layers.GRU):
    """`keras.layers.GRU` with the loop of `choose_kernel`."""

    def _step_name(self):
        return "GRUStep" if _has_usual_gates(self) and self.reset_after else None


@keras.saving.register_keras_serializable(package="zoo")
class SimpleRNN(_FasterLoop, keras.layers.SimpleRNN):
    """`keras.layers.SimpleRNN` with the loop of `choose_kernel`."""

    def _step_name(self):
        steps = {keras.activations.tanh: "TanhStep", keras.activations.relu: "ReluStep"}
        return steps.get(self.activation)


def recurrent_layer(cell, units, *, name, return_sequences=True, return_state=False, dtype=None):
    """A recurrent layer for one of the four cells of the zoo.

    Every layer keeps the conditions under which Keras hands LSTM and GRU to cuDNN on a GPU:
    default activations, a bias, `reset_after` for the GRU, no `unroll`, no dropout inside the
    recurrence.

    Args:
        cell: `"lstm"`, `"gru"`, `"rnn"` (tanh) or `"irnn"`: ReLU with an identity recurrent kernel
            (Le, Jaitly & Hinton 2015, https://arxiv.org/abs/1504.00941, section 2). The input
            kernel keeps Keras' Glorot start: the paper's deviation of 0.001 is for pixels, and
            starves a layer that reads embeddings.
        units: Width of the state.
        name: Name of the layer.
        return_sequences: Whether to give the output of every step, `(B, T, units)`, or the last.
        return_state: Whether to give the final states as well.
        dtype: Precision or policy; the global one if None.

    Raises:
        ValueError: If `cell` is not one of the four.
    """
    options = {
        "units": units,
        "return_sequences": return_sequences,
        "return_state": return_state,
        "dtype": dtype,
        "name": name,
    }
    if cell == "lstm":
        return LSTM(**options)
    if cell == "gru":
        return GRU(**options)
    if cell == "rnn":
        return SimpleRNN(**options)
    if cell == "irnn":
        return SimpleRNN(activation="relu", recurrent_initializer="identity", **options)
    raise ValueError(f"cell must be one of {', '.join(CELLS)}; got {cell!r}.")


EXPORTERS = ("keras.src.export.", "tensorflow.python.saved_model.save")
_tracing = threading.local()


@contextlib.contextmanager
def portable():
    """Context in which recurrent layers are traced with Keras' own loop, which runs everywhere.

    Not needed for `Model.export`, `keras.export.ExportArchive` and `tf.saved_model.save`, which are
    recognised; a `tf.function` that was called before keeps the loop it was traced with.
    """
    before = getattr(_tracing, "portable", False)
    _tracing.portable = True
    try:
        yield
    finally:
        _tracing.portable = before


def is_portable():
    """True if the current trace is for another runtime: in `portable` or in an exporter."""
    if getattr(_tracing, "portable", False):
        return True
    frame = sys._getframe()
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(EXPORTERS):
            return True
        frame = frame.f_back
    return False
