"""Decoders with attention: they look at the source at each step."""

import keras
from keras import ops

from zoo.layers.attention import AdditiveAttention, GeneralAttention
from zoo.layers.composed import kernel_of
from zoo.layers.decoder import Decoder
from zoo.layers.recurrent import choose_kernel
from zoo.layers.stepping import Product, StepWeights


@keras.saving.register_keras_serializable(package="zoo")
class AttentionDecoder(Decoder):
    """A decoder that attends before each step.

    The state before the step is the query; the context is an input of the step, beside the token.

    Reference: Bahdanau, Cho & Bengio (2015), "Neural machine translation by jointly learning to
    align and translate", https://arxiv.org/abs/1409.0473, section 3.1 and appendix A.2.

    Args:
        attention_dim: Width of the hidden layer that scores a position of the source.
        gated: Whether the state also decides how much the source counts for the step.
        doubly_stochastic: Weight of the loss, added in training, that asks each position of the
            memory to get attention of 1 over all steps: `sum over positions of (1 - its sum)²`, as
            a mean over rows (Xu et al. 2015, https://arxiv.org/abs/1502.03044, equation 14). It is
            divided by the number of steps, as Keras divides the cross-entropy of the tokens.
        *args: Those of `Decoder`.
        **kwargs: Those of `Decoder`.

    Inputs:
        tokens: `(B, T)` int32: the begin token and what follows it.
        source: A list: the memory, `(B, S, D)`, which the encoder gives; the mask, `(B, S)` bool,
            True where the source is; the arrays of the initial state, as in `Decoder`.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each.
    """

    def __init__(self, *args, attention_dim, gated=False, doubly_stochastic=0.0, **kwargs):
        super().__init__(*args, **kwargs)
        self.attention_dim = attention_dim
        self.gated = gated
        self.doubly_stochastic = doubly_stochastic
        self.attention = AdditiveAttention(
            attention_dim, gated, dtype=self.dtype_policy, name="attention"
        )

    def build_recurrent(self, source_shape, extra=0):
        self.attention.build((None, self.units), source_shape[0])
        super().build_recurrent(source_shape, extra + source_shape[0][-1])

    def readout_width(self, source_shape):
        return super().readout_width(source_shape) + source_shape[0][-1]

    def encode_source(self, memory, mask, *states):
        memory = ops.cast(memory, self.compute_dtype)
        return self.group_states(states), (memory, self.attention.project(memory), mask)

    def step_weights(self, memory, keys, mask):
        """`StepWeights` with the memory multiplied for the first layer's gates and the readout."""
        gates = ops.cast(self.recurrent[0].cell.kernel[self.embedding_dim :], memory.dtype)
        of_state, of_context, of_embedding = _split_rows(self, memory)
        memory = ops.matmul(memory, ops.concatenate([gates, of_context], 1))
        readout = Product(ops.concatenate([of_state, of_embedding], 0))
        cells = self.cell_steps(self.attention.query_kernel())
        return StepWeights(cells, readout, memory, keys, mask)

    def step_to_readout(self, embedded, states, step_weights):
        cell, width = step_weights.cells[0], step_weights.cells[0].width
        sums = cell.multiply(embedded, states[0])
        share, weights = attend(self.attention, sums.query, step_weights)
        h, state = cell.apply_gates(sums, states[0], share[:, :width])
        h, others = self.step_layers(h, states, step_weights, start=1)
        hidden = step_weights.readout(ops.concatenate([h, embedded], -1)) + share[:, width:]
        return hidden, [state, *others], weights

    def unroll(self, embedded, states, constants, training):
        h, contexts, weights = self.attend_and_unroll(embedded, states[0], *constants, training)
        h = self.dropout[1](h, training=training)
        h = self.unroll_layers(h, states, training, start=1)
        return ops.concatenate([h, contexts, embedded], -1), weights

    def attend_and_unroll(self, embedded, state, memory, keys, mask, training):
        """All steps of the first layer: `h`, contexts and weights, each `(B, T, …)`."""
        if choose_kernel(self.recurrent[0]) == "xla":
            return self._xla_loop(embedded, state, memory, keys, mask, training)

        num_states = len(state)

        def step(carried, x):
            context, weights = self.attention(carried[0], memory, keys, mask)
            x = ops.concatenate([x, context], -1)  # (B, embedding_dim + D)
            _, state = self.recurrent[0].cell(x, carried[:num_states], training=False)
            carried = [*state, context, weights]
            return carried, carried

        # TensorFlow's scan wants the outputs of a step to be like its carry.
        context = ops.zeros_like(memory[:, 0])  # (B, D)
        weights = ops.zeros_like(memory[:, :, 0], dtype="float32")  # (B, S)
        steps = ops.swapaxes(embedded, 0, 1)  # (T, B, embedding_dim)
        _, outputs = ops.scan(step, [*state, context, weights], steps)
        h, contexts, weights = outputs[0], *outputs[-2:]
        return [ops.swapaxes(output, 0, 1) for output in (h, contexts, weights)]

    def _xla_loop(self, embedded, state, memory, keys, mask, training):
        from zoo.layers.xla import attention_loops

        layer = self.recurrent[0]
        dtype = layer.loop_dtype()
        cast = [ops.cast(x, dtype) for x in (embedded, memory, keys)]
        weights = [*layer.loop_weights(), *self.attention.loop_weights()]
        outputs = attention_loops.run(
            layer.loop_step(),
            *cast,
            mask,
            [ops.cast(x, dtype) for x in state],
            [ops.cast(weight, dtype) for weight in weights],
            training=bool(training),
            factors=layer.loop_factors(),
        )
        h, contexts, weights = outputs
        contexts = ops.cast(contexts, self.compute_dtype)
        return ops.cast(h, self.compute_dtype), contexts, ops.cast(weights, "float32")

    def regularise(self, tokens, weights):
        if not self.doubly_stochastic:
            return
        real = ops.cast(ops.expand_dims(tokens != 0, -1), weights.dtype)
        missing = 1 - ops.sum(weights * real, 1)  # (B, S)
        steps = ops.cast(ops.shape(tokens)[1], weights.dtype)
        penalty = ops.mean(ops.sum(ops.square(missing), -1)) / steps
        self.add_loss(self.doubly_stochastic * penalty)

    def get_config(self):
        names = ("attention_dim", "gated", "doubly_stochastic")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="zoo")
class AttendAfterDecoder(Decoder):
    """A decoder that attends after its recurrent layers, for the choice of the token.

    The context does not enter the next step, so all steps attend at once in training.

    Reference: Luong, Pham & Manning (2015), "Effective approaches to attention-based neural machine
    translation", https://arxiv.org/abs/1508.04025, section 3.1, global attention with the score
    `general`.

    Args, inputs and outputs: those of `AttentionDecoder`, without `attention_dim`.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.attention = GeneralAttention(self.units, dtype=self.dtype_policy, name="attention")

    def build_recurrent(self, source_shape, extra=0):
        self.attention.build((None, self.units), source_shape[0])
        super().build_recurrent(source_shape, extra)

    def readout_width(self, source_shape):
        return self.units + source_shape[0][-1]

    def encode_source(self, memory, mask, *states):
        memory = ops.cast(memory, self.compute_dtype)
        return self.group_states(states), (memory, self.attention.project(memory), mask)

    def step_weights(self, memory, keys, mask):
        """`StepWeights` with the memory multiplied for the readout."""
        of_state, of_context, _ = _split_rows(self, memory)
        memory = ops.matmul(memory, of_context)
        return StepWeights(self.cell_steps(), Product(of_state), memory, keys, mask)

    def step_to_readout(self, embedded, states, step_weights):
        h, states = self.step_layers(embedded, states, step_weights)
        share, weights = attend(self.attention, h, step_weights)
        return step_weights.readout(h) + share, states, weights

    def unroll(self, embedded, states, constants, training):
        h = self.unroll_layers(embedded, states, training)
        context, weights = self.attention(h, *constants)
        return ops.concatenate([h, context], -1), weights


def attend(attention, query, step_weights):
    """Attend in one step of writing, where several queries may share a memory.

    Args:
        attention: The layer that compares them.
        query: `(B * n, A)`, as its `compare` takes them, the `n` of each row of the memory side by
            side.
        step_weights: Of the decoder, for the memory, its keys and its mask.

    Returns:
        The weighted means `(B * n, P)`, and the weights `(B * n, S)` float32.
    """
    memory, keys, mask = step_weights.memory, step_weights.keys, step_weights.mask
    rows, positions = ops.shape(mask)
    query = ops.reshape(query, (rows, -1, query.shape[-1]))  # (B, n, A)
    weights = attention.compare(query, keys, mask)  # (B, n, S)
    mean = ops.matmul(ops.cast(weights, memory.dtype), memory)  # (B, n, P)
    mean = attention.open(mean, query)
    return ops.reshape(mean, (-1, mean.shape[-1])), ops.reshape(weights, (-1, positions))


def _split_rows(decoder, memory):
    """The readout's kernel: its rows for the state, the context and the embedding.

    They come in the order in which `unroll` puts the readout's features together.
    """
    kernel = ops.cast(kernel_of(decoder.readout), memory.dtype)
    start, end = decoder.units, decoder.units + memory.shape[-1]
    return kernel[:start], kernel[start:end], kernel[end:]
