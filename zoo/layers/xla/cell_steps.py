"""One step of each recurrent cell and its derivative, for the XLA loops over time.

Everything here is feature-major, `(features, batch)`: the weights then stand on the left of each
product, the side on which XLA's matrix product on a CPU is fastest for a batch of some dozens of
rows (measured: 170 GFLOP/s against 115 the other way round at 512 units and 32 rows).

A step class has

    num_states, gates, bias_shape(units)
    saved_blocks      how many times `U` rows each array has that `forward` saves
    gradient_blocks   how many times `U` rows each array of `d_z` has
    pack(kernel, recurrent_kernel, bias)
        the weights in the layout of `forward`
    forward(weights, xh, states)
        the next states, and the values that `backward` needs
    backward(recurrent_kernel, saved, h, d_states)
        gradients `d_z` of the pre-activations, and gradients of the states before the step
    weight_gradients(xh, d_z, features)
        gradients of kernel, recurrent kernel and bias, over all steps
    input_gradient(kernel, d_z)
        gradient of the inputs, over all steps

with `F` features of the input, `U` units, `B` rows of the batch and `N` steps times rows; `h` is
the state before a step and `xh` its input above that state, `(F+U, B)` or `(F+U, N)`. Kernels,
`xh` and the `d_z` of all steps may be bfloat16; all else, and the result of every product, is then
float32.
"""

import tensorflow as tf

from zoo.layers.xla import parts


class LSTMStep:
    """The LSTM of Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000).

    Gates are computed as `sigmoid(z) = 1/2 + 1/2 tanh(z/2)`: one tanh serves all four blocks.
    """

    num_states, gates = 2, 4
    saved_blocks = (4, 1)
    gradient_blocks = (4,)

    @staticmethod
    def bias_shape(units):
        return (4 * units,)

    @staticmethod
    def pack(kernel, recurrent_kernel, bias):
        units = recurrent_kernel.shape[0]
        half, one = tf.fill([units, 1], tf.cast(0.5, bias.dtype)), tf.ones([units, 1], bias.dtype)
        scale = tf.concat([half, half, one, half], 0)  # (4U, 1)
        return tf.transpose(tf.concat([kernel, recurrent_kernel], 0)), bias[:, None], scale

    @staticmethod
    def forward(weights, xh, states):
        kernel, bias, scale = weights
        z = parts.product(kernel, xh) + bias  # (4U, B)
        tanhs = tf.tanh(z * scale)
        i, f, g, o = tf.split(tanhs, 4)
        old_c = states[1]
        c = (0.5 + 0.5 * f) * old_c + (0.5 + 0.5 * i) * g
        return ((0.5 + 0.5 * o) * tf.tanh(c), c), (tanhs, old_c)

    @staticmethod
    def backward(recurrent_kernel, saved, h, d_states):
        tanhs, c = saved
        d_h, d_c = d_states
        i, f, g, o = tf.split(tanhs, 4)
        forget, update = 0.5 + 0.5 * f, 0.5 + 0.5 * i
        tanh_c = tf.tanh(forget * c + update * g)
        d_c = d_c + d_h * (0.5 + 0.5 * o) * (1 - tanh_c * tanh_c)
        d_z = tf.concat(
            [
                d_c * g * (0.25 - 0.25 * i * i),
                d_c * c * (0.25 - 0.25 * f * f),
                d_c * update * (1 - g * g),
                d_h * tanh_c * (0.25 - 0.25 * o * o),
            ],
            0,
        )  # (4U, B)
        return (d_z,), (parts.product(recurrent_kernel, d_z), d_c * forget)

    @staticmethod
    def weight_gradients(xh, d_z, features):
        both = parts.product(xh, d_z[0], transpose_b=True)  # (F+U, 4U)
        return both[:features], both[features:], parts.row_sums(d_z[0])

    @staticmethod
    def input_gradient(kernel, d_z):
        return parts.product(kernel, d_z[0])  # (F, N)


class GRUStep:
    """The GRU of Cho et al. (2014), its reset gate applied after the product (`reset_after=True`).

    Keras has the blocks in the order update, reset, candidate. The candidate has two
    pre-activations, from the input and, before the reset gate, from the state.
    """

    num_states, gates = 1, 3
    saved_blocks = (2, 1, 1)
    gradient_blocks = (2, 1, 1)  # of both gates, of the candidate from the input, from the state

    @staticmethod
    def bias_shape(units):
        return (2, 3 * units)

    @staticmethod
    def pack(kernel, recurrent_kernel, bias):
        units = recurrent_kernel.shape[0]
        from_input, from_state = tf.transpose(kernel), tf.transpose(recurrent_kernel)
        gates = tf.concat([from_input[: 2 * units], from_state[: 2 * units]], 1)  # (2U, F+U)
        gate_bias = (bias[0] + bias[1])[: 2 * units, None]
        bias = bias[:, 2 * units :, None]  # (2, U, 1)
        return gates, gate_bias, from_input[2 * units :], bias[0], from_state[2 * units :], bias[1]

    @staticmethod
    def forward(weights, xh, states):
        gates, gate_bias, from_input, input_bias, from_state, state_bias = weights
        (h,) = states
        x = xh[: from_input.shape[1]]
        tanhs = tf.tanh(0.5 * (parts.product(gates, xh) + gate_bias))  # (2U, B)
        z, r = tf.split(0.5 + 0.5 * tanhs, 2)
        inner = parts.product(from_state, h) + state_bias  # (U, B)
        candidate = tf.tanh(parts.product(from_input, x) + input_bias + r * inner)
        return (z * h + (1 - z) * candidate,), (tanhs, candidate, inner)

    @staticmethod
    def backward(recurrent_kernel, saved, h, d_states):
        tanhs, candidate, inner = saved
        (d_h,) = d_states
        tanh_z, tanh_r = tf.split(tanhs, 2)
        z, r = 0.5 + 0.5 * tanh_z, 0.5 + 0.5 * tanh_r
        d_candidate = d_h * (1 - z) * (1 - candidate * candidate)
        d_gates = tf.concat(
            [
                d_h * (h - candidate) * (0.25 - 0.25 * tanh_z * tanh_z),
                d_candidate * inner * (0.25 - 0.25 * tanh_r * tanh_r),
            ],
            0,
        )  # (2U, B)
        d_inner = d_candidate * r
        d_h = d_h * z + parts.product(recurrent_kernel, tf.concat([d_gates, d_inner], 0))
        return (d_gates, d_candidate, d_inner), (d_h,)

    @staticmethod
    def weight_gradients(xh, d_z, features):
        d_gates, d_candidate, d_inner = d_z
        x, h = xh[:features], xh[features:]
        gates = parts.product(xh, d_gates, transpose_b=True)  # (F+U, 2U)
        from_input = parts.product(x, d_candidate, transpose_b=True)  # (F, U)
        from_state = parts.product(h, d_inner, transpose_b=True)  # (U, U)
        kernel = tf.concat([gates[:features], from_input], 1)
        recurrent_kernel = tf.concat([gates[features:], from_state], 1)
        sums = [parts.row_sums(d) for d in d_z]
        bias = tf.stack([tf.concat([sums[0], sums[1]], 0), tf.concat([sums[0], sums[2]], 0)])
        return kernel, recurrent_kernel, bias

    @staticmethod
    def input_gradient(kernel, d_z):
        d_gates, d_candidate, _ = d_z
        return parts.product(kernel, tf.concat([d_gates, d_candidate], 0))  # (F, N)


class TanhStep:
    """The simple recurrent network of Elman (1990)."""

    num_states = gates = 1
    saved_blocks = (1,)
    gradient_blocks = (1,)

    @staticmethod
    def bias_shape(units):
        return (units,)

    @staticmethod
    def activation(z):
        return tf.tanh(z)

    @staticmethod
    def derivative(h):
        """Derivative of the activation, from its value."""
        return 1 - h * h

    @classmethod
    def pack(cls, kernel, recurrent_kernel, bias):
        return tf.transpose(tf.concat([kernel, recurrent_kernel], 0)), bias[:, None]

    @classmethod
    def forward(cls, weights, xh, states):
        kernel, bias = weights
        h = cls.activation(parts.product(kernel, xh) + bias)  # (U, B)
        return (h,), (h,)

    @classmethod
    def backward(cls, recurrent_kernel, saved, h, d_states):
        d_z = d_states[0] * cls.derivative(saved[0])  # (U, B)
        return (d_z,), (parts.product(recurrent_kernel, d_z),)

    @classmethod
    def weight_gradients(cls, xh, d_z, features):
        both = parts.product(xh, d_z[0], transpose_b=True)  # (F+U, U)
        return both[:features], both[features:], parts.row_sums(d_z[0])

    @classmethod
    def input_gradient(cls, kernel, d_z):
        return parts.product(kernel, d_z[0])  # (F, N)


class ReluStep(TanhStep):
    """The simple recurrent network with rectified units of Le et al. (2015)."""

    @staticmethod
    def activation(z):
        return tf.nn.relu(z)

    @staticmethod
    def derivative(h):
        return tf.cast(h > 0, h.dtype)
