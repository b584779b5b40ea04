"""Gradients with respect to arrays, on each of Keras' backends."""

import contextlib

import keras


def gradients(function, arrays):
    """The gradients of a scalar with respect to arrays, computed operation by operation.

    Args:
        function: Takes a list of tensors and returns a scalar tensor.
        arrays: A list of NumPy arrays or tensors.

    Returns:
        A list of NumPy arrays of the same shapes; zeros where the scalar does not depend on one.
    """
    backend = keras.backend.backend()
    arrays = [keras.ops.convert_to_tensor(array) for array in arrays]
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(arrays)
            value = function(arrays)
        found = tape.gradient(value, arrays, unconnected_gradients="zero")
    elif backend == "jax":
        import jax

        with jax.disable_jit():
            found = jax.grad(function)(arrays)
    else:
        import torch

        arrays = [array.detach().requires_grad_() for array in arrays]
        found = torch.autograd.grad(function(arrays), arrays, allow_unused=True)
        found = [
            torch.zeros_like(array) if gradient is None else gradient
            for gradient, array in zip(found, arrays, strict=True)
        ]
    return [keras.ops.convert_to_numpy(gradient) for gradient in found]


@contextlib.contextmanager
def step_by_step():
    """Context in which loops over time are loops in Python, as `gradients` runs them."""
    if keras.backend.backend() == "jax":
        import jax

        with jax.disable_jit():
            yield
    else:
        yield


def dense(gradient):
    """A gradient as one tensor; that of an embedding comes as rows, several of them for one id."""
    return keras.ops.convert_to_tensor(gradient)


def summary_writer(folder):
    """A writer of TensorBoard's files; `close` it in the end."""
    import tensorflow as tf

    return tf.summary.create_file_writer(str(folder))


def write_scalars(writer, step, values):
    """Write numbers by name for TensorBoard."""
    import tensorflow as tf

    with writer.as_default():
        for name, value in values.items():
            tf.summary.scalar(name, value, step=step)
    writer.flush()
