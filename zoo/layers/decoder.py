"""Layers that write a sequence token by token: what `zoo.generate` drives."""

import keras
from keras import layers, ops

from zoo.layers.attention import AdditiveAttention, GeneralAttention
from zoo.layers.recurrent import choose_kernel, recurrent_layer

NUM_STATES = {"lstm": 2, "gru": 1, "rnn": 1, "irnn": 1}


@keras.saving.register_keras_serializable(package="zoo")
class Decoder(layers.Layer):
    """A recurrent network that writes a sequence, each token after those before it.

    One step is written once, in `step`; a training runs the same weights over the whole sequence at
    once in `call`, given the tokens that should have been written (teacher forcing).

    Reference: Sutskever, Vinyals & Le (2014), "Sequence to sequence learning with neural networks",
    https://arxiv.org/abs/1409.3215, section 2: all that is known of the source is the first state.

    Args:
        vocab_size: Number of token ids, padding included.
        embedding_dim: Width of a token's vector.
        units: Width of the state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        dropout: Share of features dropped from embeddings, between layers and before the logits;
            one mask a sequence (variational dropout).
        tie_embeddings: Whether the output weights are those of the embedding.
        begin_token: Id that stands before the first token.
        end_token: Id that stands after the last one.

    Inputs:
        tokens: `(B, T)` int32: the begin token and what follows it.
        source: A list, the initial state: arrays `(B, units)`, layer by layer, for an LSTM `h` and
            then `c`.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each.
    """

    def __init__(
        self,
        vocab_size,
        embedding_dim,
        units,
        num_layers=1,
        cell="lstm",
        dropout=0.0,
        tie_embeddings=False,
        begin_token=2,
        end_token=3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.num_layers = num_layers
        self.cell = cell
        self.rate = dropout
        self.tie_embeddings = tie_embeddings
        self.begin_token = begin_token
        self.end_token = end_token
        policy = {"dtype": self.dtype_policy}
        self.embed = layers.Embedding(vocab_size, embedding_dim, name="embed", **policy)
        self.recurrent = [
            recurrent_layer(cell, units, name=f"recurrent_{number}", **policy)
            for number in range(1, num_layers + 1)
        ]
        self.dropout = [
            layers.SpatialDropout1D(dropout, name=f"dropout_{number}", **policy)
            for number in range(num_layers + 2)
        ]
        self.readout = layers.Dense(embedding_dim, "tanh", name="readout", **policy)
        self.output_layer = (
            None if tie_embeddings else layers.Dense(vocab_size, name="logits", **policy)
        )

    def build(self, tokens_shape, source_shape):
        self.embed.build((None, None))
        self.build_recurrent(source_shape)
        self.readout.build((None, None, self.readout_width(source_shape)))
        if self.tie_embeddings:
            self.output_bias = self.add_weight((self.vocab_size,), "zeros", name="output_bias")
        else:
            self.output_layer.build((None, None, self.embedding_dim))

    def build_recurrent(self, source_shape, extra=0):
        """Build the recurrent layers; the first reads `extra` features beside the embedding."""
        width = self.embedding_dim + extra
        for layer in self.recurrent:
            layer.build((None, None, width))
            width = self.units

    def readout_width(self, source_shape):
        """Number of features from which a token is chosen."""
        return self.units + self.embedding_dim

    def call(self, tokens, source, training=False):
        embedded = self.dropout[0](self.embed(tokens), training=training)  # (B, T, embedding_dim)
        states, constants = self.start(*source)
        features, _ = self.unroll(embedded, states, constants, training)
        return self.logits(features, training)  # (B, T, vocab_size)

    def start(self, *states):
        """What the first step needs.

        Args:
            *states: The list that the layer is called with, after the tokens.

        Returns:
            `states, constants`: what `step` takes; every array has the batch first.
        """
        return self.group_states(states), ()

    def group_states(self, states):
        """The flat states as one list for each layer."""
        count = NUM_STATES[self.cell]
        states = [ops.cast(state, self.compute_dtype) for state in states]
        return [states[n : n + count] for n in range(0, len(states), count)]

    def places(self, constants):
        """`(B, S)` bool, which places of the source can be attended to; None without attention."""
        return None

    def step(self, tokens, states, constants):
        """Read one token.

        Args:
            tokens: `(B,)` ids.
            states, constants: From `start`, the states after that from the step before.

        Returns:
            `logits, states, weights`: `(B, vocab_size)` float32 of the next token; the new states;
            `(B, S)` float32 what the step attended to, or None without attention.
        """
        embedded = self.embed(tokens)  # (B, embedding_dim)
        features, states, weights = self.advance(embedded, states, constants)
        return self.logits(features), states, weights

    def advance(self, embedded, states, constants):
        """One step of the recurrent layers: `features, states, weights`."""
        h, states = self.advance_layers(embedded, states)
        return ops.concatenate([h, embedded], -1), states, None

    def advance_layers(self, x, states, start=0):
        """One step of the layers from number `start` on."""
        new_states = list(states[:start])
        for layer, state in zip(self.recurrent[start:], states[start:], strict=True):
            x, state = layer.cell(x, state, training=False)
            new_states.append(list(state))
        return x, new_states

    def unroll(self, embedded, states, constants, training):
        """All steps of the recurrent layers: `features`, and `weights` `(B, T, S)` or None."""
        h = self.unroll_layers(embedded, states, training)
        return ops.concatenate([h, embedded], -1), None

    def unroll_layers(self, x, states, training, start=0):
        """All steps of the layers from number `start` on."""
        for number in range(start, self.num_layers):
            x = self.recurrent[number](x, initial_state=states[number], training=training)
            x = self.dropout[number + 1](x, training=training)
        return x  # (B, T, units)

    def logits(self, features, training=False):
        """Logits `(…, vocab_size)` from features `(…, readout width)`."""
        x = self.readout(features)  # (…, embedding_dim)
        if len(x.shape) == 3:
            x = self.dropout[-1](x, training=training)
        if self.tie_embeddings:
            kernel = ops.cast(self.embed.embeddings, x.dtype)
            logits = ops.matmul(x, ops.transpose(kernel)) + ops.cast(self.output_bias, x.dtype)
        else:
            logits = self.output_layer(x)
        return ops.cast(logits, "float32")

    def compute_output_spec(self, tokens, source, training=False):
        return keras.KerasTensor((*tokens.shape, self.vocab_size), dtype="float32")

    def get_config(self):
        names = (
            "vocab_size", "embedding_dim", "units", "num_layers", "cell", "tie_embeddings",
            "begin_token", "end_token",
        )  # fmt: skip
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config, "dropout": self.rate}


@keras.saving.register_keras_serializable(package="zoo")
class AttentionDecoder(Decoder):
    """A decoder that looks at the source anew before each step.

    The state before the step asks, the answer is an input of the step, beside the token.

    Reference: Bahdanau, Cho & Bengio (2015), "Neural machine translation by jointly learning to
    align and translate", https://arxiv.org/abs/1409.0473, section 3.1 and appendix A.2.

    Args:
        attention_dim: Width of the hidden layer that scores a place of the source.
        **kwargs: Those of `Decoder`.

    Inputs:
        tokens: `(B, T)` int32: the begin token and what follows it.
        source: A list: the memory, `(B, S, D)`, what the encoder gives; the mask, `(B, S)` bool,
            True where the source is; the arrays of the initial state, as in `Decoder`.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each.
    """

    def __init__(self, *args, attention_dim, **kwargs):
        super().__init__(*args, **kwargs)
        self.attention_dim = attention_dim
        self.attention = self.make_attention()

    def make_attention(self):
        """The layer that compares a state with the places of the memory."""
        return AdditiveAttention(self.attention_dim, dtype=self.dtype_policy, name="attention")

    def build_recurrent(self, source_shape, extra=0):
        self.attention.build((None, self.units), source_shape[0])
        super().build_recurrent(source_shape, extra + source_shape[0][-1])

    def readout_width(self, source_shape):
        return super().readout_width(source_shape) + source_shape[0][-1]

    def start(self, memory, mask, *states):
        memory = ops.cast(memory, self.compute_dtype)
        return self.group_states(states), (memory, self.attention.project(memory), mask)

    def places(self, constants):
        return constants[2]

    def advance(self, embedded, states, constants):
        h, context, weights, state = self.attend_and_step(embedded, states[0], *constants)
        h, states = self.advance_layers(h, [state, *states[1:]], start=1)
        return ops.concatenate([h, context, embedded], -1), states, weights

    def attend_and_step(self, embedded, state, memory, keys, mask):
        """The first layer: `h, context, weights, state` after a step."""
        context, weights = self.attention(state[0], memory, keys, mask)
        x = ops.concatenate([embedded, context], -1)  # (B, embedding_dim + D)
        h, state = self.recurrent[0].cell(x, state, training=False)
        return h, context, weights, list(state)

    def unroll(self, embedded, states, constants, training):
        h, contexts, weights = self.attend_and_unroll(embedded, states[0], *constants, training)
        h = self.dropout[1](h, training=training)
        h = self.unroll_layers(h, states, training, start=1)
        return ops.concatenate([h, contexts, embedded], -1), weights

    def attend_and_unroll(self, embedded, state, memory, keys, mask, training):
        """All steps of the first layer: `h`, contexts and weights, each `(B, T, …)`."""
        if choose_kernel(self.recurrent[0]) == "xla":
            return self._xla_loop(embedded, state, memory, keys, mask, training)

        def step(state, x):
            h, context, weights, state = self.attend_and_step(x, state, memory, keys, mask)
            return state, (h, context, weights)

        steps = ops.swapaxes(embedded, 0, 1)  # (T, B, embedding_dim)
        _, outputs = ops.scan(step, state, steps)
        return [ops.swapaxes(output, 0, 1) for output in outputs]

    def _xla_loop(self, embedded, state, memory, keys, mask, training):
        from zoo.layers import attention_loops

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
        )
        h, contexts, weights = outputs
        contexts = ops.cast(contexts, self.compute_dtype)
        return ops.cast(h, self.compute_dtype), contexts, ops.cast(weights, "float32")

    def get_config(self):
        return {**super().get_config(), "attention_dim": self.attention_dim}


@keras.saving.register_keras_serializable(package="zoo")
class AttendAfterDecoder(Decoder):
    """A decoder that looks at the source after its recurrent layers, for the choice of the token.

    What was attended to does not enter the next step, so all steps attend at once in training.

    Reference: Luong, Pham & Manning (2015), "Effective approaches to attention-based neural machine
    translation", https://arxiv.org/abs/1508.04025, section 3.1, global attention with the score
    `general`.

    Args, inputs and outputs: those of `AttentionDecoder`, without `attention_dim`.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.attention = GeneralAttention(dtype=self.dtype_policy, name="attention")

    def build_recurrent(self, source_shape, extra=0):
        self.attention.build((None, self.units), source_shape[0])
        super().build_recurrent(source_shape, extra)

    def readout_width(self, source_shape):
        return self.units + source_shape[0][-1]

    def start(self, memory, mask, *states):
        memory = ops.cast(memory, self.compute_dtype)
        return self.group_states(states), (memory, self.attention.project(memory), mask)

    def places(self, constants):
        return constants[2]

    def advance(self, embedded, states, constants):
        h, states = self.advance_layers(embedded, states)
        context, weights = self.attention(h, *constants)
        return ops.concatenate([h, context], -1), states, weights

    def unroll(self, embedded, states, constants, training):
        h = self.unroll_layers(embedded, states, training)
        context, weights = self.attention(h, *constants)
        return ops.concatenate([h, context], -1), weights
