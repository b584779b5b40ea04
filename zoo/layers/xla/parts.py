"""Parts of the XLA loops of the recurrent layers and of the attention decoder."""

import functools
import os

import tensorflow as tf

# Needed here, and not listed in TensorFlow's public modules.
from tensorflow.compiler.tf2xla.ops.gen_xla_ops import (
    xla_dot_v2,
    xla_dynamic_slice,
    xla_dynamic_update_slice,
)
from tensorflow.compiler.xla.xla_data_pb2 import DotDimensionNumbers

MIN_ROWS = 8  # of the batch for a core: with fewer, reading the weights takes longer than the rest
MAX_CORES = 4  # of those that share a batch; two were measured
LENGTH = tf.TensorSpec((), "int32")


def steps_to_add(static_length, length):
    """Number of steps of padding, so that loops are compiled for few lengths."""
    return 0 if static_length is not None else padded_length(length) - length


def padded_length(length):
    """The length up to which a sequence is padded: one of eight an octave.

    XLA compiles for each shape it meets. The steps of the padding are not run.
    """
    length = tf.maximum(length, 1)
    octave = tf.math.log(tf.cast(length, "float32") - 0.5) / tf.math.log(2.0)
    octave = tf.cast(tf.floor(octave), "int32")
    grain = tf.bitwise.left_shift(1, tf.maximum(octave - 3, 0))
    return (length + grain - 1) // grain * grain


def shares(rows):
    """Number of parts into which a batch of so many rows is split; None stands for any number."""
    return _cores() if rows is None else max(1, min(_cores(), rows // MIN_ROWS))


@functools.cache
def _cores():
    """The most shares of a batch: one for each core, as long as that pays."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        cores = os.cpu_count() or 1
    return min(cores, MAX_CORES)


def join(parts):
    return tf.concat(parts, 0) if len(parts) > 1 else parts[0]


def refuse_second_order(*_):
    raise NotImplementedError(
        "The recurrent layers of zoo have no second-order or forward-mode gradients on a CPU; "
        "use keras.layers.LSTM, GRU or SimpleRNN for those."
    )


@functools.cache
def bfloat16_units():
    """The units for matrix products of bfloat16 that the processor names, `""` for none.

    With them, products take about half the time of float32's; without, several times as long.
    """
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = set(next((line for line in file if line.startswith("flags")), "").split())
    except OSError:  # not on Linux
        return ""
    names = {"avx512_bf16": "AVX-512 BF16", "amx_bf16": "AMX"}
    return " and ".join(name for flag, name in names.items() if flag in flags)


def product(a, b, transpose_b=False):
    """The matrix product; if one side is bfloat16 the other is rounded, and sums are float32.

    XLA has kernels for processors with such units only where the result is asked for in float32.
    """
    if tf.bfloat16 not in (a.dtype, b.dtype):
        return tf.matmul(a, b, transpose_b=transpose_b)
    numbers = DotDimensionNumbers(
        lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[1 if transpose_b else 0]
    )
    result = xla_dot_v2(
        tf.cast(a, tf.bfloat16),
        tf.cast(b, tf.bfloat16),
        numbers.SerializeToString(),
        b"",
        tf.float32,
    )
    return tf.ensure_shape(result, [a.shape[0], b.shape[0 if transpose_b else 1]])


def masked_softmax(scores, mask):
    """Softmax over the first axis, the positions, `(S, B)`; a column without any gets zeros."""
    scores = tf.where(mask, scores, -1e9)
    scores = tf.exp(scores - tf.reduce_max(scores, 0)) * tf.cast(mask, scores.dtype)
    return scores / tf.maximum(tf.reduce_sum(scores, 0), 1e-30)


def by_step(value):
    """The steps of `(T, …)` as an array that XLA reads in a loop without a copy."""
    return tf.TensorArray(value.dtype, tf.shape(value)[0]).unstack(value)


def compiled(function, *signature):
    """The function compiled by XLA; one graph for all sizes of batches and lengths."""
    with tf.init_scope():
        function = tf.function(function, jit_compile=True, autograph=False)
        return function.get_concrete_function(*signature)


def compile_input_gradient(step, kernel, d_z):
    """The gradient of the inputs of all steps, `(B, T, F)`, for signatures of kernel and `d_z`."""

    def input_gradient(kernel, d_z):
        steps, batch = tf.shape(d_z[0])[1], tf.shape(d_z[0])[2]
        d_x = step.input_gradient(kernel, [flat(d) for d in d_z])
        return tf.transpose(tf.reshape(d_x, [kernel.shape[0], steps, batch]), [2, 1, 0])

    return compiled(input_gradient, kernel, d_z)


def flat(array):
    """`(rows, T, B)` as `(rows, T * B)`."""
    return tf.reshape(array, [array.shape[0], tf.shape(array)[1] * tf.shape(array)[2]])


def row_sums(array):
    """Sums of `(rows, T * B)` along its rows, `(rows,)`.

    A product, since XLA (TensorFlow 2.21) hands large plain sums to a library. A first step has
    crashed once where that library is set up, likely because the shares of a batch are one program
    run by two threads. It has not been reproduced, so this is a precaution.
    """
    return product(array, tf.ones([tf.shape(array)[1], 1], array.dtype))[:, 0]


# Arrays that a loop fills hold the bits of a bfloat16: XLA would turn a whole array of such numbers
# into float32 at each change.


def _stored_as(dtype):
    return "uint16" if dtype == "bfloat16" else dtype


def encoded(value, dtype):
    """Numbers as the bits that an array of a type stores, see `decoded`."""
    return tf.bitcast(tf.cast(value, dtype), _stored_as(dtype)) if dtype == "bfloat16" else value


def decoded(array):
    """The numbers that an array stores as bits."""
    return tf.bitcast(array, tf.bfloat16) if array.dtype == tf.uint16 else array


def stores(dtype, rows, steps):
    """An array of `T` encoded `(rows, B)` for each number of rows."""
    return [tf.TensorArray(_stored_as(dtype), steps, element_shape=(n, None)) for n in rows]


def store(dtype, rows, steps, batch):
    """An array `(rows, T, B)` that is filled by `write`."""
    return tf.zeros([rows, steps, batch], _stored_as(dtype))


def write(array, value, t):
    """Put `(rows, B)` into a store `(rows, T, B)` at step `t`, in place."""
    if array.dtype == tf.uint16:
        value = encoded(value, "bfloat16")
    updated = xla_dynamic_update_slice(array, value[:, None], tf.stack([0, t, 0]))
    return tf.ensure_shape(updated, array.shape)


def read(array, start, rows, t):
    """Take `(rows, B)`, from row `start` on, out of a store `(…, T, B)` at step `t`."""
    place, size = tf.stack([start, t, 0]), tf.stack([rows, 1, tf.shape(array)[2]])
    value = decoded(xla_dynamic_slice(array, place, size))
    return tf.ensure_shape(value, [rows, 1, None])[:, 0]
