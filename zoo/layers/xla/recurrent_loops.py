"""The loop over time of the recurrent layers: TensorFlow on a CPU, compiled by XLA.

Three things make it faster than a loop that TensorFlow differentiates by itself: a backward pass
written by hand, in which the gradients of the weights are one matrix product over all steps; XLA's
fused elementwise operations and in-place buffers, for these loops alone, however the rest of the
model runs; and one loop for each core, over its share of the batch.

Shapes: `B` batch, `T` steps, `F` features of the input, `U` units.
"""

import functools
from typing import NamedTuple

import tensorflow as tf

from zoo.layers.xla import parts as xla_parts


class Loop(NamedTuple):
    """Key of a compiled loop, which all sizes of batches and lengths share."""

    step: type  # one of the classes of `cell_steps`
    features: int
    units: int
    dtype: str  # of states and sums
    factors: str  # of the factors of matrix products
    masked: bool  # whether steps may be skipped
    sequences: bool  # whether to return `h` of every step, or only the final states


def run(step, x, mask, states, weights, *, sequences, training, factors=None):
    """Run a cell over a sequence.

    Args:
        step: One of the classes of `cell_steps`.
        x: `(B, T, F)` inputs.
        mask: `(B, T)` bool, or None. Where it is False the states stay as they are.
        states: Initial states, each `(B, U)`.
        weights: Kernel, recurrent kernel and bias, as Keras has them.
        sequences: Whether to return `h` of every step, or only the final states.
        training: Whether a gradient will likely follow. If not, the intermediate values are not
            stored, but computed again should a gradient be asked for.
        factors: Precision to which products round their factors, that of `x` if None.

    Returns:
        `h` of every step, `(B, T, U)`, or None; and the list of final states, each `(B, U)`.
    """
    shape = x.shape[:2]
    batch, length = (tf.shape(x)[n] if shape[n] is None else shape[n] for n in (0, 1))
    cores = xla_parts.shares(x.shape[0])
    more_rows = -batch % cores  # so that one compiled loop fits all shares
    more_steps = xla_parts.steps_to_add(x.shape[1], length)

    def no_more(*more):
        return all(isinstance(n, int) and n == 0 for n in more)

    def pad(array, *more):
        if no_more(*more):
            return array
        return tf.pad(array, [[0, n] for n in (*more, *[0] * (array.shape.rank - len(more)))])

    def cut(array, *sizes):
        if no_more(more_rows, more_steps):
            return array  # a slice of all would be copied on the way back
        return array[tuple(slice(size) for size in sizes)]

    def split(array):
        return tf.split(array, cores) if cores > 1 else [array]

    x = pad(x, more_rows, more_steps)
    states = [pad(state, more_rows) for state in states]
    if mask is None:
        masks = [[]] * cores
    else:
        masks = [[share] for share in split(pad(mask, more_rows, more_steps))]
    features, units = weights[0].shape[0], weights[1].shape[0]
    factors = factors or x.dtype.name
    kind = Loop(step, features, units, x.dtype.name, factors, mask is not None, sequences)

    def rounded(weights):
        kernel, recurrent_kernel, bias = weights
        return tf.cast(kernel, factors), tf.cast(recurrent_kernel, factors), bias

    def forward(x, weights, states, save):
        weights = step.pack(*rounded(weights))
        return [
            _forward(kind, save)(length, x, mask, states, weights)
            for x, mask, *states in zip(split(x), masks, *map(split, states), strict=True)
        ]

    @tf.custom_gradient
    def loop(*sources):
        # Stops the gradient: it is written by hand below.
        x, *rest = map(tf.stop_gradient, sources)
        weights, states = rest[:3], rest[3:]
        results = forward(x, weights, states, save=training)
        outputs = [xla_parts.join([outputs for outputs, _, _ in results])] if sequences else []
        finals = [xla_parts.join(final) for final in zip(*(f for _, f, _ in results), strict=True)]

        @tf.custom_gradient
        def backward(*d_results):
            d_results = [tf.stop_gradient(d) for d in d_results[: len(outputs + finals)]]
            again = results if training else forward(x, weights, states, save=True)
            d_outputs = split(d_results.pop(0)) if sequences else [[]] * cores
            d_finals = map(list, zip(*map(split, d_results), strict=True))
            saved = [saved for *_, saved in again]
            kernel, recurrent_kernel, _ = rounded(weights)
            d_weights, d_states, d_z = zip(
                *(
                    _backward(kind)(length, *part, recurrent_kernel)
                    for part in zip(saved, masks, d_outputs, d_finals, strict=True)
                ),
                strict=True,
            )
            # A program of its own, so that it is left out where nobody asks for it.
            d_x = xla_parts.join([_input_gradient(kind)(kernel, d) for d in d_z])
            d_weights = [tf.add_n(parts) for parts in zip(*d_weights, strict=True)]
            d_states = [xla_parts.join(parts) for parts in zip(*d_states, strict=True)]
            return [d_x, *d_weights, *d_states], xla_parts.refuse_second_order

        return [*outputs, *finals], lambda *d_results: backward(*d_results, *sources)

    results = loop(x, *weights, *states)
    outputs, finals = (results[0], results[1:]) if sequences else (None, results)
    finals = [cut(final, batch) for final in finals]
    if sequences:
        outputs = cut(outputs, batch, length)
        outputs.set_shape([*shape, units])  # for the layers above
    return outputs, finals


def _specs(kind):
    """Signatures of kernel, recurrent kernel and bias; of inputs; of the mask; of states."""
    step, features, units, dtype, factors, masked, _ = kind
    weights = (
        tf.TensorSpec((features, step.gates * units), factors),
        tf.TensorSpec((units, step.gates * units), factors),
        tf.TensorSpec(step.bias_shape(units), dtype),
    )
    mask = [tf.TensorSpec((None, None), "bool")] * masked
    states = [tf.TensorSpec((None, units), dtype)] * step.num_states
    return weights, tf.TensorSpec((None, None, features), dtype), mask, states


@functools.cache
def _forward(kind, save):
    """The compiled forward loop over one part of the batch.

    It returns the outputs, the final states and, with `save`, the values that `step.backward` needs
    of each step, `(T, rows, B)`, and the operands of the products, inputs above states,
    `(F+U, T, B)`.
    """
    step, features, units, dtype, factors, masked, sequences = kind

    def forward(length, x, mask, states, weights):
        batch, steps = tf.shape(x)[0], tf.shape(x)[1]
        inputs = xla_parts.by_step(tf.transpose(x, [1, 2, 0]))  # T x (F, B)
        masks = [xla_parts.by_step(tf.transpose(m)[:, None]) for m in mask]  # T x (1, B)
        stores = xla_parts.stores(dtype, [units] * sequences, steps)
        stores += xla_parts.stores(factors, [units * n for n in step.saved_blocks if save], steps)
        operands = xla_parts.store(factors, (features + units) * save, steps, batch)

        def body(t, states, stores, operands):
            operand = tf.cast(tf.concat([inputs.read(t), states[0]], 0), factors)  # (F+U, B)
            new_states, saved = step.forward(weights, operand, states)
            if masked:
                real = masks[0].read(t)
                new_states = [
                    tf.where(real, new, old) for new, old in zip(new_states, states, strict=True)
                ]
            values = [new_states[0]] * sequences + [
                xla_parts.encoded(v, factors) for v in saved
            ] * save
            stores = [store.write(t, value) for store, value in zip(stores, values, strict=True)]
            operands = xla_parts.write(operands, operand, t) if save else operands
            return t + 1, list(new_states), stores, operands

        _, states, stores, operands = tf.while_loop(
            lambda t, *_: t < length,
            body,
            (0, [tf.transpose(state) for state in states], stores, operands),
        )
        stores = [store.stack() for store in stores]
        outputs = tf.transpose(stores.pop(0), [2, 0, 1]) if sequences else []  # (B, T, U)
        return outputs, [tf.transpose(state) for state in states], (stores, operands)

    weights, inputs, mask, states = _specs(kind)
    with tf.init_scope():
        packed = tf.function(step.pack, autograph=False).get_concrete_function(*weights)
    return xla_parts.compiled(
        forward, xla_parts.LENGTH, inputs, mask, states, packed.structured_outputs
    )


@functools.cache
def _backward(kind):
    """The compiled loop from the last step to the first, and the gradients that follow from it."""
    step, features, units, dtype, factors, masked, sequences = kind

    def backward(length, saved, mask, d_outputs, d_states, recurrent_kernel):
        saved, operands = saved
        steps, batch = tf.shape(operands)[1], tf.shape(operands)[2]
        saved = [xla_parts.by_step(value) for value in saved]
        masks = [xla_parts.by_step(tf.transpose(m)[:, None]) for m in mask]  # T x (1, B)
        if sequences:
            d_outputs = xla_parts.by_step(tf.transpose(d_outputs, [1, 2, 0]))  # T x (U, B)

        def number(value):
            return tf.cast(xla_parts.decoded(value), dtype)

        def body(t, d_states, d_z_all):
            if sequences:
                d_states = [d_states[0] + d_outputs.read(t), *d_states[1:]]
            h = number(xla_parts.read(operands, features, units, t))
            d_z, d_before = step.backward(
                recurrent_kernel, [number(value.read(t)) for value in saved], h, d_states
            )
            if masked:
                real, none = masks[0].read(t), tf.zeros((), dtype)
                d_z = [tf.where(real, d, none) for d in d_z]
                d_before = [
                    tf.where(real, d, old) for d, old in zip(d_before, d_states, strict=True)
                ]
            d_states = d_before
            d_z_all = [xla_parts.write(array, d, t) for array, d in zip(d_z_all, d_z, strict=True)]
            return t - 1, list(d_states), d_z_all

        # Laid out so that all steps together are one matrix, (rows, T * B).
        d_z = [xla_parts.store(factors, units * n, steps, batch) for n in step.gradient_blocks]
        _, d_states, d_z = tf.while_loop(
            lambda t, *_: t >= 0, body, (length - 1, [tf.transpose(d) for d in d_states], d_z)
        )
        d_z = [xla_parts.decoded(d) for d in d_z]
        d_weights = step.weight_gradients(
            xla_parts.flat(xla_parts.decoded(operands)), [xla_parts.flat(d) for d in d_z], features
        )
        return d_weights, [tf.transpose(d) for d in d_states], d_z

    weights, _, mask, states = _specs(kind)
    outputs, _, saved = _forward(kind, True).structured_outputs
    return xla_parts.compiled(backward, xla_parts.LENGTH, saved, mask, outputs, states, weights[1])


@functools.cache
def _input_gradient(kind):
    d_z = _backward(kind).structured_outputs[2]
    return xla_parts.compile_input_gradient(kind.step, _specs(kind)[0][0], d_z)
