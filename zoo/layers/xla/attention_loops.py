"""The loop of a recurrent cell that attends in every step: TensorFlow on a CPU, compiled by XLA.

The counterpart of `recurrent_loops` for decoders with attention inside the step, and made fast in
the same ways: a backward pass written by hand, one matrix product for the gradients of each weight
over all steps, everything feature-major, a share of the batch for each core. The tanh of the
scores, `(T, S, A, B)` in size, is computed again in the backward pass rather than stored.

Shapes: `B` batch, `T` steps, `S` positions in the memory, `F` features of the input, `E` of the
memory, `A` of the scores' hidden layer, `U` units.
"""

import functools
from typing import NamedTuple

import tensorflow as tf

from zoo.layers.xla import parts as xla_parts


class Loop(NamedTuple):
    """Key of a compiled loop, which all sizes of batches, lengths and memories share."""

    step: type  # one of the classes of `cell_steps`
    features: int
    memory_dim: int
    units: int
    attention_dim: int
    gated: bool
    dtype: str  # of states and sums
    factors: str  # of the factors of matrix products


def run(step, x, memory, keys, mask, states, weights, *, training, factors=None):
    """Run a cell over a sequence, with a context beside each input.

    Args:
        step: One of the classes of `cell_steps`.
        x: `(B, T, F)` inputs.
        memory: `(B, S, E)`, of which a context is the weighted mean.
        keys: `(B, S, A)`, its share in the hidden layer of the scores.
        mask: `(B, S)` bool; where it is False, there is no weight.
        states: Initial states, each `(B, U)`.
        weights: Kernel `(F+E, …)`, recurrent kernel and bias, as Keras has them; query kernel
            `(U, A)`; score kernel `(A,)`. If the contexts are gated, query kernel and score kernel
            have one more: the kernel and the bias of the gate.
        training: Whether a gradient will likely follow.
        factors: As in `recurrent_loops.run`.

    Returns:
        `h` of every step, `(B, T, U)`, the contexts, `(B, T, E)`, and the weights, `(B, T, S)`.
    """
    rows, steps, positions = tf.shape(x)[0], tf.shape(x)[1], tf.shape(memory)[1]
    cores = xla_parts.shares(x.shape[0])
    more_rows = -rows % cores
    more_steps = xla_parts.steps_to_add(x.shape[1], steps)
    more_positions = xla_parts.steps_to_add(memory.shape[1], positions)

    def pad(array, second=0):
        return tf.pad(array, [[0, more_rows], [0, second], *[[0, 0]] * (array.shape.rank - 2)])

    split = functools.partial(tf.split, num_or_size_splits=cores)
    x, masks = pad(x, more_steps), split(pad(mask, more_positions))
    memory, keys = pad(memory, more_positions), pad(keys, more_positions)
    states = [pad(state) for state in states]
    attention_dim = keys.shape[2]
    gated = weights[4].shape[0] > attention_dim
    factors = factors or x.dtype.name
    kind = Loop(
        step, x.shape[2], memory.shape[2], weights[1].shape[0], attention_dim, gated,
        x.dtype.name, factors,
    )  # fmt: skip
    num_states = len(states)

    def rounded(*weights):
        kernel, recurrent_kernel, bias, query_kernel, score_kernel = weights
        kernels = [tf.cast(w, factors) for w in (kernel, recurrent_kernel, query_kernel)]
        return *kernels[:2], bias, kernels[2], score_kernel

    def forward(x, memory, keys, *rest, save):
        states, weights = rest[:num_states], rounded(*rest[num_states:])
        packed = step.pack(*weights[:3]), tf.transpose(weights[3]), weights[4]
        return [
            _forward(kind, save)(steps, *part, packed)
            for part in zip(
                split(x), split(memory), split(keys), masks,
                map(list, zip(*map(split, states), strict=True)), strict=True,
            )
        ]  # fmt: skip

    @tf.custom_gradient
    def loop(*sources):
        # Stops the gradient: it is written by hand below.
        stopped = [tf.stop_gradient(source) for source in sources]
        results = forward(*stopped, save=training)
        outputs = [
            xla_parts.join(parts) for parts in zip(*(out for out, _ in results), strict=True)
        ]

        @tf.custom_gradient
        def backward(*d_outputs):
            sources = stopped
            d_outputs = [tf.stop_gradient(d) for d in d_outputs[: len(outputs)]]
            again = results if training else forward(*sources, save=True)
            kernel, recurrent_kernel, _, query_kernel, score_kernel = rounded(*sources[-5:])
            parts = [
                _backward(kind)(
                    steps, saved, memory, keys, mask, list(d_outputs),
                    (kernel[kind.features :], recurrent_kernel, query_kernel, score_kernel),
                )
                for (_, saved), memory, keys, mask, d_outputs in zip(
                    again, split(sources[1]), split(sources[2]), masks,
                    map(list, zip(*map(split, d_outputs), strict=True)), strict=True,
                )
            ]  # fmt: skip
            d_weights, d_rows, d_z, alphas, d_contexts = zip(*parts, strict=True)
            d_x = [_input_gradient(kind)(kernel[: kind.features], d) for d in d_z]
            # alphas `(T, S, B)`, d_contexts `(T, E, B)`
            d_memory = [
                tf.matmul(tf.transpose(a, [2, 1, 0]), tf.transpose(d, [2, 0, 1]))
                for a, d in zip(alphas, d_contexts, strict=True)
            ]
            d_keys, *d_states = [xla_parts.join(part) for part in zip(*d_rows, strict=True)]
            d_weights = [tf.add_n(part) for part in zip(*d_weights, strict=True)]
            gradients = [
                xla_parts.join(d_x),
                xla_parts.join(d_memory),
                d_keys,
                *d_states,
                *d_weights,
            ]
            return gradients, xla_parts.refuse_second_order

        return outputs, lambda *d_outputs: backward(*d_outputs, *sources)

    h, contexts, alphas = loop(x, memory, keys, *states, *weights)
    return h[:rows, :steps], contexts[:rows, :steps], alphas[:rows, :steps, :positions]


def _specs(kind):
    """Signatures of inputs, memory, keys, mask and states, all batch-major."""
    step, features, memory_dim, units, attention_dim, _, dtype, _ = kind
    spec = tf.TensorSpec
    return [
        spec((None, None, features), dtype),
        spec((None, None, memory_dim), dtype),
        spec((None, None, attention_dim), dtype),
        spec((None, None), "bool"),
        [spec((None, units), dtype)] * step.num_states,
    ]


def _weight_specs(kind):
    """Signatures of the five weights in Keras' layout."""
    step, features, memory_dim, units, attention_dim, gated, dtype, factors = kind
    wide = step.gates * units
    return [
        tf.TensorSpec((features + memory_dim, wide), factors),
        tf.TensorSpec((units, wide), factors),
        tf.TensorSpec(step.bias_shape(units), dtype),
        tf.TensorSpec((units, attention_dim + gated), factors),
        tf.TensorSpec((attention_dim + gated,), dtype),
    ]


def _split_gate(array, attention_dim):
    """The rows of the scores and those of the gate, which come last."""
    return array[:attention_dim], array[attention_dim:]


def _opened(gate, bias):
    """The open share of the gate, between 0 and 1, `(1, B)`; a tanh is cheap in XLA."""
    return 0.5 + 0.5 * tf.tanh(0.5 * (gate + bias))


@functools.cache
def _forward(kind, save):
    """The compiled forward loop over one part of the batch.

    It returns `h`, contexts and weights of all steps, and the values that the backward loop needs.
    """
    step, features, memory_dim, units, attention_dim, gated, dtype, factors = kind

    def forward(length, x, memory, keys, mask, states, weights):
        cell_weights, query_kernel, score_kernel = weights
        batch, steps, positions = tf.shape(x)[0], tf.shape(x)[1], tf.shape(memory)[1]
        inputs = xla_parts.by_step(tf.transpose(x, [1, 2, 0]))  # T x (F, B)
        memory, keys = (tf.transpose(x, [1, 2, 0]) for x in (memory, keys))  # (S, E, B)
        mask = tf.transpose(mask)  # (S, B)
        score_kernel, bias = _split_gate(score_kernel[:, None], attention_dim)  # (A, 1), (1, 1)
        stores = xla_parts.stores(dtype, [units, memory_dim, None], steps)
        if save:
            stores += xla_parts.stores(dtype, [attention_dim + gated], steps)
            stores += xla_parts.stores(factors, [units * n for n in step.saved_blocks], steps)
        operands = xla_parts.store(factors, (features + memory_dim + units) * save, steps, batch)

        def body(t, states, stores, operands):
            sums = xla_parts.product(query_kernel, states[0])  # (A, B), and a row for the gate
            query, gate = _split_gate(sums, attention_dim)
            scores = tf.reduce_sum(tf.tanh(keys + query) * score_kernel, 1)  # (S, B)
            alpha = xla_parts.masked_softmax(scores, mask)
            context = tf.reduce_sum(memory * alpha[:, None], 0)  # (E, B)
            context = context * _opened(gate, bias) if gated else context
            operand = tf.concat([inputs.read(t), context, states[0]], 0)  # (F+E+U, B)
            operand = tf.cast(operand, factors)
            new_states, saved = step.forward(cell_weights, operand, states)
            saved = [xla_parts.encoded(value, factors) for value in saved]
            values = [new_states[0], context, alpha, sums, *saved][: len(stores)]
            stores = [store.write(t, value) for store, value in zip(stores, values, strict=True)]
            operands = xla_parts.write(operands, operand, t) if save else operands
            return t + 1, list(new_states), stores, operands

        states = [tf.transpose(state) for state in states]
        _, _, stores, operands = tf.while_loop(
            lambda t, *_: t < length, body, (0, states, stores, operands)
        )
        stacks = [store.stack() for store in stores]
        stacks[2] = tf.reshape(stacks[2], [steps, positions, batch])
        outputs = [tf.transpose(stack, [2, 0, 1]) for stack in stacks[:3]]  # (B, T, …)
        return outputs, (stacks[2:], operands)

    weights = _weight_specs(kind)
    with tf.init_scope():
        packed = tf.function(step.pack, autograph=False).get_concrete_function(*weights[:3])
    query_kernel = tf.TensorSpec((attention_dim + gated, units), factors)
    weights = (packed.structured_outputs, query_kernel, weights[4])
    return xla_parts.compiled(forward, xla_parts.LENGTH, *_specs(kind), weights)


@functools.cache
def _backward(kind):
    """The compiled loop from the last step to the first, and the gradients that follow from it."""
    step, features, memory_dim, units, attention_dim, gated, dtype, factors = kind

    def backward(length, saved, memory, keys, mask, d_outputs, weights):
        context_kernel, recurrent_kernel, query_kernel, score_kernel = weights
        (alphas, *saved), operands = saved
        steps, batch = tf.shape(operands)[1], tf.shape(operands)[2]
        memory, keys = (tf.transpose(x, [1, 2, 0]) for x in (memory, keys))  # (S, E, B)
        score_kernel, bias = _split_gate(score_kernel[:, None], attention_dim)  # (A, 1), (1, 1)
        arrays = [xla_parts.by_step(value) for value in (alphas, *saved)]
        d_outputs = [xla_parts.by_step(tf.transpose(d, [1, 2, 0])) for d in d_outputs]  # T x (…, B)

        def body(t, d_states, d_all, d_context_store, d_keys, d_score):
            alpha, sums, *saved = (array.read(t) for array in arrays)
            query, gate = _split_gate(sums, attention_dim)
            d_h, d_context, d_alpha = (array.read(t) for array in d_outputs)
            h = xla_parts.read(operands, features + memory_dim, units, t)
            h, *saved = (tf.cast(xla_parts.decoded(value), dtype) for value in (h, *saved))
            d_z, d_states = step.backward(
                recurrent_kernel, saved, h, [d_states[0] + d_h, *d_states[1:]]
            )
            d_context += step.input_gradient(context_kernel, d_z)  # (E, B)
            if gated:
                opened = _opened(gate, bias)  # (1, B)
                mean = tf.reduce_sum(memory * alpha[:, None], 0)
                d_gate = tf.reduce_sum(d_context * mean, 0)[None] * opened * (1 - opened)
                d_context *= opened
            d_alpha += tf.reduce_sum(memory * d_context, 1)  # (S, B)
            d_scores = alpha * (d_alpha - tf.reduce_sum(alpha * d_alpha, 0))  # (S, B)
            hidden = tf.tanh(keys + query)  # (S, A, B)
            d_hidden = d_scores[:, None] * score_kernel * (1 - hidden * hidden)
            d_sums = tf.reduce_sum(d_hidden, 0)  # (A, B)
            d_terms = tf.reduce_sum(d_scores[:, None] * hidden, 0)
            if gated:
                d_sums, d_terms = (tf.concat([d, d_gate], 0) for d in (d_sums, d_terms))
            d_score += d_terms
            d_states = [d_states[0] + xla_parts.product(query_kernel, d_sums), *d_states[1:]]
            d_all = [
                xla_parts.write(array, d, t) for array, d in zip(d_all, (*d_z, d_sums), strict=True)
            ]
            d_context_store = d_context_store.write(t, d_context)
            return t - 1, d_states, d_all, d_context_store, d_keys + d_hidden, d_score

        rows = [*(units * n for n in step.gradient_blocks), attention_dim + gated]
        _, d_states, d_all, d_contexts, d_keys, d_score = tf.while_loop(
            lambda t, *_: t >= 0,
            body,
            (
                length - 1,
                [tf.zeros([units, batch], dtype)] * step.num_states,
                [xla_parts.store(factors, n, steps, batch) for n in rows],
                tf.TensorArray(dtype, steps, element_shape=(memory_dim, None)),
                tf.zeros_like(keys),
                tf.zeros([attention_dim + gated, batch], dtype),
            ),
        )
        *d_z, d_sums = [xla_parts.decoded(d) for d in d_all]
        flat = xla_parts.flat(xla_parts.decoded(operands))
        d_weights = [
            *step.weight_gradients(flat, [xla_parts.flat(d) for d in d_z], features + memory_dim),
            xla_parts.product(flat[-units:], xla_parts.flat(d_sums), transpose_b=True),  # (U, A)
            xla_parts.row_sums(d_score),  # (A,)
        ]
        d_rows = [tf.transpose(d_keys, [2, 0, 1]), *(tf.transpose(d) for d in d_states)]
        return d_weights, d_rows, d_z, alphas, d_contexts.stack()

    _, memory, keys, mask, _ = _specs(kind)
    kernel, recurrent_kernel, _, query_kernel, score_kernel = _weight_specs(kind)
    outputs, saved = _forward(kind, True).structured_outputs
    context_kernel = tf.TensorSpec((memory_dim, kernel.shape[1]), kernel.dtype)
    weights = (context_kernel, recurrent_kernel, query_kernel, score_kernel)
    return xla_parts.compiled(
        backward, xla_parts.LENGTH, saved, memory, keys, mask, outputs, weights
    )


@functools.cache
def _input_gradient(kind):
    kernel = tf.TensorSpec((kind.features, kind.step.gates * kind.units), kind.factors)
    d_z = _backward(kind).structured_outputs[2]
    return xla_parts.compile_input_gradient(kind.step, kernel, d_z)
