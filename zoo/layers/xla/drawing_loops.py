"""The loop of strokes of a drawing network: TensorFlow on a CPU, compiled by XLA.

Made fast as the other loops of this folder: a backward pass in which the gradients of each kernel
are one product over all strokes, fused elementwise operations, and one loop for each core over its
share of the batch. What lies between two products, reading, gates, sampling and writing, is given
by the layer as functions of arrays; the backward loop computes it again from the stored results of
the products, and TensorFlow differentiates it there.

Shapes: `B` batch, `T` strokes, `P` pixels times channels, `R` read, `O` written with its window,
`U` units, `Z` latent.
"""

import functools
from typing import NamedTuple

import tensorflow as tf

from zoo.layers.xla import parts as xla_parts

NUM_ROWS = 9  # arguments that have rows: picture, noise, two biases, five states


class Weights(NamedTuple):
    """Kernels and biases; the biases of the cells are those of each row, `(B, 4U)`."""

    window: object  # (U, 5), or (U, 0) without attention
    window_bias: object
    encoder: object  # (R + 2U, 4U)
    posterior: object  # (U, 2Z)
    posterior_bias: object
    decoder: object  # (Z + U, 4U)
    write: object  # (U, O)
    write_bias: object


class Saved(NamedTuple):
    """Results and operands of the products of all strokes, each `(T, B, …)`, and older states."""

    window: object
    gates: object
    posterior: object
    decoder_gates: object
    written: object
    read_operand: object
    encoder_h: object
    latent_operand: object
    decoder_h: object
    canvas: object
    encoder_c: object
    decoder_c: object


def run(step, picture, noise, biases, states, weights, *, training, factors=None):
    """Draw all strokes.

    Args:
        step: A `zoo.layers.drawing.Stroke`: sizes, and the functions between the products.
        picture: `(B, P)`.
        noise: `(T, B, Z)`.
        biases: Of encoder and decoder, each `(B, 4U)`.
        states: Canvas `(B, P)`; h and c of the encoder, h and c of the decoder, each `(B, U)`.
        weights: `Weights`.
        training: Whether a gradient will likely follow. If not, the intermediate values are not
            stored, but computed again should a gradient be asked for.
        factors: Precision to which products round their factors, that of `picture` if None.

    Returns:
        The last canvas, `(B, P)`, and the posteriors, `(T, B, 2Z)`.
    """
    rows = tf.shape(picture)[0]
    cores = xla_parts.shares(picture.shape[0])
    more = -rows % cores  # rows, so that one compiled loop fits all shares
    kind = Loop(step, picture.dtype.name, factors or picture.dtype.name)

    def pad(array):
        return tf.pad(array, [[0, more], *[[0, 0]] * (array.shape.rank - 1)])

    def split(array, axis=0):
        return tf.split(array, cores, axis) if cores > 1 else [array]

    def join(parts, axis=0):
        return tf.concat(parts, axis) if len(parts) > 1 else parts[0]

    def parts_of(picture, noise, *rows):
        """The arguments that have rows, those of each core together."""
        columns = split(picture), split(noise, 1), *map(split, rows)
        return [(x, e, r[:2], r[2:]) for x, e, *r in zip(*columns, strict=True)]

    def forward(sources, save):
        return [
            _forward(kind, save)(*part, sources[NUM_ROWS:])
            for part in parts_of(*sources[:NUM_ROWS])
        ]

    @tf.custom_gradient
    def loop(*sources):
        # Stops the gradient: it is put together by hand below.
        stopped = [tf.stop_gradient(source) for source in sources]
        results = forward(stopped, save=training)
        outputs = [join([r[0] for r in results]), join([r[1] for r in results], 1)]

        @tf.custom_gradient
        def backward(*d_results):
            sources = stopped
            d_canvas, d_posterior = (tf.stop_gradient(d) for d in d_results[:2])
            again = results if training else forward(sources, save=True)
            parts, weights = parts_of(*sources[:NUM_ROWS]), sources[NUM_ROWS:]
            saved = [saved for *_, saved in again]
            d_parts = zip(split(d_canvas), split(d_posterior, 1), strict=True)
            found = [
                _backward(kind)(*part, weights, saved, *d_part)
                for part, saved, d_part in zip(parts, saved, d_parts, strict=True)
            ]
            d_noise, d_rows, d_weights, d_reads = zip(*found, strict=True)
            d_picture = [
                _picture_gradient(kind)(part[0], saved, d_read)
                for part, saved, d_read in zip(parts, saved, d_reads, strict=True)
            ]
            d_weights = [tf.add_n(parts) for parts in zip(*d_weights, strict=True)]
            d_rows = [join(parts) for parts in zip(*d_rows, strict=True)]
            gradients = [join(d_picture), join(d_noise, 1), *d_rows, *d_weights]
            return gradients, xla_parts.refuse_second_order

        return outputs, lambda *d_results: backward(*d_results, *sources)

    noise = tf.pad(noise, [[0, 0], [0, more], [0, 0]])
    canvas, posterior = loop(pad(picture), noise, *map(pad, biases), *map(pad, states), *weights)
    return canvas[:rows], posterior[:, :rows]


class Loop(NamedTuple):
    """Key of a compiled loop, which all sizes of batches and numbers of strokes share."""

    step: object
    dtype: str  # of states and sums
    factors: str  # of the factors of matrix products


def _specs(kind):
    """Signatures of picture, noise, biases, states and weights."""
    step, dtype, _ = kind

    def spec(*shape):
        return tf.TensorSpec(shape, dtype)

    units, wide, pixels = step.units, 4 * step.units, step.pixels
    weights = Weights(
        spec(units, step.window_width),
        spec(step.window_width),
        spec(step.read_width + 2 * units, wide),
        spec(units, 2 * step.latent_dim),
        spec(2 * step.latent_dim),
        spec(step.latent_dim + units, wide),
        spec(units, step.write_width),
        spec(step.write_width),
    )
    states = [spec(None, pixels), *[spec(None, units)] * 4]
    noise = spec(None, None, step.latent_dim)
    return spec(None, pixels), noise, [spec(None, wide)] * 2, states, list(weights)


def _store(dtype, width, steps):
    return tf.TensorArray(dtype, steps, element_shape=(None, width))


@functools.cache
def _forward(kind, save):
    """The compiled forward loop over one part of the batch.

    It returns the last canvas, the posteriors, and what the backward loop needs.
    """
    step, dtype, factors = kind
    units = step.units

    def forward(picture, noise, biases, states, weights):
        weights = Weights(*weights)
        kernels = _rounded(weights, factors)
        steps, noise = tf.shape(noise)[0], xla_parts.by_step(noise)
        widths = Saved(
            step.window_width, 4 * units, 2 * step.latent_dim, 4 * units, step.write_width,
            step.read_width + 2 * units, units, step.latent_dim + units, units,
            step.pixels, units, units,
        )  # fmt: skip
        stores = [_store(dtype, width, steps) for width in (widths if save else widths[2:3])]

        def body(t, states, stores):
            canvas, encoder_h, encoder_c, decoder_h, decoder_c = states
            window = xla_parts.product(decoder_h, kernels.window) + weights.window_bias
            read = step.read(picture, canvas, window)  # (B, R)
            read_operand = tf.concat([read, decoder_h, encoder_h], 1)
            gates = xla_parts.product(read_operand, kernels.encoder) + biases[0]
            encoder_h, new_encoder_c = step.cell(gates, encoder_c)
            posterior = xla_parts.product(encoder_h, kernels.posterior) + weights.posterior_bias
            latent = step.sample(posterior, noise.read(t))  # (B, Z)
            latent_operand = tf.concat([latent, decoder_h], 1)
            decoder_gates = xla_parts.product(latent_operand, kernels.decoder) + biases[1]
            new_decoder_h, new_decoder_c = step.cell(decoder_gates, decoder_c)
            written = xla_parts.product(new_decoder_h, kernels.write) + weights.write_bias
            values = Saved(
                window, gates, posterior, decoder_gates, written, read_operand, encoder_h,
                latent_operand, new_decoder_h, canvas, encoder_c, decoder_c,
            )  # fmt: skip
            values = values if save else [posterior]
            stores = [store.write(t, value) for store, value in zip(stores, values, strict=True)]
            canvas = step.write(canvas, written)
            return t + 1, [canvas, encoder_h, new_encoder_c, new_decoder_h, new_decoder_c], stores

        _, states, stores = tf.while_loop(lambda t, *_: t < steps, body, (0, states, stores))
        saved = [store.stack() for store in stores]
        return states[0], saved[2 if save else 0], saved if save else []

    return xla_parts.compiled(forward, *_specs(kind))


def _rounded(weights, factors, transposed=False):
    """The weights with their kernels in the precision of the factors."""
    kernels = {
        name: tf.cast(tf.transpose(value) if transposed else value, factors)
        for name, value in weights._asdict().items()
        if not name.endswith("bias")
    }
    return weights._replace(**kernels)


def _gradients(function, arguments, d_results):
    """The gradients of a function's arguments from those of its results.

    Not by a tape, which records nothing where a loop is compiled.
    """
    return tf.gradients(function(*arguments), arguments, d_results, unconnected_gradients="zero")


@functools.cache
def _backward(kind):
    """The compiled loop from the last stroke to the first, and the gradients that follow."""
    step, dtype, factors = kind
    units, latent_dim, read_width = step.units, step.latent_dim, step.read_width

    def backward(picture, noise, biases, states, weights, saved, d_canvas, d_posterior):
        transposed = _rounded(Weights(*weights), factors, transposed=True)
        steps, first_decoder_h = tf.shape(noise)[0], states[3]
        noise, d_posterior = map(xla_parts.by_step, (noise, d_posterior))
        by_step = Saved(*map(xla_parts.by_step, saved))
        none = tf.zeros_like(first_decoder_h)
        widths = (
            step.window_width, 4 * units, 2 * latent_dim, 4 * units, step.write_width,
            read_width, latent_dim,
        )  # fmt: skip

        def body(t, d_states, d_biases, stores):
            d_canvas, d_encoder_h, d_encoder_c, d_decoder_h, d_decoder_c = d_states
            now = Saved(*(values.read(t) for values in by_step))
            d_canvas, d_written = _gradients(step.write, [now.canvas, now.written], d_canvas)
            d_decoder_h += xla_parts.product(d_written, transposed.write)
            d_decoder_gates, d_decoder_c = _gradients(
                step.cell, [now.decoder_gates, now.decoder_c], [d_decoder_h, d_decoder_c]
            )
            d_operand = xla_parts.product(d_decoder_gates, transposed.decoder)
            d_latent, d_decoder_h = tf.split(d_operand, [latent_dim, units], 1)
            d_sampled, d_noise = _gradients(step.sample, [now.posterior, noise.read(t)], d_latent)
            d_posterior_now = d_posterior.read(t) + d_sampled
            d_encoder_h += xla_parts.product(d_posterior_now, transposed.posterior)
            d_gates, d_encoder_c = _gradients(
                step.cell, [now.gates, now.encoder_c], [d_encoder_h, d_encoder_c]
            )
            d_operand = xla_parts.product(d_gates, transposed.encoder)
            d_read, d_more, d_encoder_h = tf.split(d_operand, [read_width, units, units], 1)
            d_read_canvas, d_window = _gradients(
                functools.partial(step.read, picture), [now.canvas, now.window], d_read
            )
            d_decoder_h += d_more + xla_parts.product(d_window, transposed.window)
            values = (
                d_window, d_gates, d_posterior_now, d_decoder_gates, d_written, d_read, d_noise,
            )  # fmt: skip
            stores = [store.write(t, value) for store, value in zip(stores, values, strict=True)]
            d_states = [
                d_canvas + d_read_canvas, d_encoder_h, d_encoder_c, d_decoder_h, d_decoder_c,
            ]  # fmt: skip
            d_biases = [d_biases[0] + d_gates, d_biases[1] + d_decoder_gates]
            return t - 1, d_states, d_biases, stores

        d_biases = [tf.zeros_like(bias) for bias in biases]
        stores = [_store(dtype, width, steps) for width in widths]
        _, d_states, d_biases, stores = tf.while_loop(
            lambda t, *_: t >= 0,
            body,
            (steps - 1, [d_canvas, *[none] * 4], d_biases, stores),
        )
        *d_products, d_read, d_noise = (store.stack() for store in stores)
        saved = Saved(*saved)
        before = tf.concat([first_decoder_h[None], saved.decoder_h[:-1]], 0)
        operands = (
            before, saved.read_operand, saved.encoder_h, saved.latent_operand, saved.decoder_h,
        )  # fmt: skip
        d_products = list(map(_flat, d_products))
        d_kernels = [
            xla_parts.product(tf.transpose(_flat(operand)), d)
            for operand, d in zip(operands, d_products, strict=True)
        ]
        sums = [xla_parts.row_sums(tf.transpose(d)) for d in d_products]
        d_weights = Weights(
            d_kernels[0], sums[0], d_kernels[1], d_kernels[2], sums[2], d_kernels[3],
            d_kernels[4], sums[4],
        )  # fmt: skip
        return d_noise, [*d_biases, *d_states], list(d_weights), d_read

    canvas, posterior, saved = _forward(kind, True).structured_outputs
    return xla_parts.compiled(backward, *_specs(kind), saved, canvas, posterior)


def _flat(array):
    """`(T, B, width)` as `(T * B, width)`."""
    return tf.reshape(array, [tf.shape(array)[0] * tf.shape(array)[1], array.shape[2]])


@functools.cache
def _picture_gradient(kind):
    """The gradient of the picture, a program of its own: nobody asks for it in a training."""
    step, dtype, _ = kind

    def picture_gradient(picture, saved, d_read):
        saved, d_reads = Saved(*saved), xla_parts.by_step(d_read)
        steps = tf.shape(d_read)[0]
        canvases, windows = map(xla_parts.by_step, (saved.canvas, saved.window))

        def body(t, d_picture):
            def read(picture):
                return step.read(picture, canvases.read(t), windows.read(t))

            return t + 1, d_picture + _gradients(read, [picture], d_reads.read(t))[0]

        return tf.while_loop(lambda t, _: t < steps, body, (0, tf.zeros_like(picture)))[1]

    saved = _forward(kind, True).structured_outputs[2]
    d_read = tf.TensorSpec((None, None, step.read_width), dtype)
    return xla_parts.compiled(picture_gradient, _specs(kind)[0], saved, d_read)
