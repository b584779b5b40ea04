"""The recurrent decoder: a layer that writes a sequence token by token."""

import keras
from keras import layers, ops

from zoo.layers.checks import check_tokens
from zoo.layers.composed import ComposedLayer, embeddings_of, is_rounded, kernel_of
from zoo.layers.recurrent import recurrent_layer
from zoo.layers.stepping import CellStep, Product, StepWeights

NUM_STATES = {"lstm": 2, "gru": 1, "rnn": 1, "irnn": 1}


def token_embedding(vocab_size, embedding_dim, **options):
    """An embedding whose initial vectors have a length of about one.

    Keras' default is smaller by a factor that grows with the width; where the output weights are
    those of the embedding, the first logits, and all gradients below them, would be minute.
    """
    initializer = keras.initializers.RandomNormal(stddev=embedding_dim**-0.5)
    return layers.Embedding(
        vocab_size, embedding_dim, embeddings_initializer=initializer, name="embed", **options
    )


class StepDecoder(ComposedLayer):
    """Base of layers that write a sequence token by token.

    Attributes: `vocab_size`, `cell`, `begin_token`, `end_token`. `zoo.generate` calls
    `prepare_steps` once and `step` for each token.
    """

    reads_prime = False  # whether it goes on with tokens that it is given, and has no source

    def prepare_steps(self, *source):
        """Prepare to write.

        Args:
            *source: The list that the layer is called with, after the tokens; of a decoder that
                reads a prime, what its `read` gives.

        Returns:
            `states, step_weights`, for `step`; states have the batch first.
        """
        raise NotImplementedError

    def step(self, tokens, states, step_weights):
        """Read one token.

        Args:
            tokens: `(B,)` ids, or `(B * n,)`, the `n` of each row of the source side by side.
            states: From `prepare_steps`, or from the step before, as many rows as `tokens`.
            step_weights: From `prepare_steps`.

        Returns:
            `logits, states, weights`: `(B * n, vocab_size)` float32 of the next token; the new
            states; `(B * n, S)` float32 the attention of the step, or None.
        """
        raise NotImplementedError

    def group_states(self, states):
        """The flat states as one list for each layer."""
        count = NUM_STATES[self.cell]
        states = [ops.cast(state, self.compute_dtype) for state in states]
        return [states[n : n + count] for n in range(0, len(states), count)]


@keras.saving.register_keras_serializable(package="zoo")
class Decoder(StepDecoder):
    """A recurrent network that writes a sequence, each token after those before it.

    Two programs use the same weights, and both begin with `encode_source`. Training is `call`: the
    whole sequence at once, given the tokens that should have been written (teacher forcing).
    Writing is `prepare_steps`, then a `step` for each token, as `zoo.generate` takes them.

    A subclass that attends to a source replaces `encode_source`, `unroll` (training), and
    `step_weights` and `step_to_readout` (writing).

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
        scheduled_sampling: Whether, in training, the share `own_tokens` (a variable, 0 at first) of
            the tokens read is what the decoder itself would have written, drawn in a first pass
            over the right ones (Duckworth et al. 2019, "Parallel scheduled sampling",
            https://arxiv.org/abs/1906.04331).

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
        *,
        num_layers=1,
        cell="lstm",
        dropout=0.0,
        tie_embeddings=False,
        begin_token=2,
        end_token=3,
        scheduled_sampling=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_tokens(vocab_size, begin_token, end_token)
        self.vocab_size = vocab_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.num_layers = num_layers
        self.cell = cell
        self.rate = dropout
        self.tie_embeddings = tie_embeddings
        self.begin_token = begin_token
        self.end_token = end_token
        self.scheduled_sampling = scheduled_sampling
        self.seed_generator = keras.random.SeedGenerator() if scheduled_sampling else None
        policy = {"dtype": self.dtype_policy}
        self.embed = token_embedding(vocab_size, embedding_dim, **policy)
        self.recurrent = [
            recurrent_layer(cell, units, name=f"recurrent_{number}", **policy)
            for number in range(1, num_layers + 1)
        ]
        self.dropout = [
            layers.SpatialDropout1D(dropout, name=f"dropout_{number}", **policy)
            for number in range(num_layers + 2)
        ]
        self.readout = layers.Dense(embedding_dim, name="readout", **policy)  # then a tanh
        self.output_layer = (
            None if tie_embeddings else layers.Dense(vocab_size, name="logits", **policy)
        )

    def build(self, tokens_shape, source_shape):
        self.embed.build((None, None))
        if self.scheduled_sampling:
            self.own_tokens = self.add_weight((), "zeros", trainable=False, name="own_tokens")
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

    def encode_source(self, *source):
        """The source as both programs use it.

        Args:
            *source: The list that the layer is called with, after the tokens.

        Returns:
            `states, constants`: the initial states, a list of `(B, units)` for each layer; the
            constants of all steps, none here, with attention the memory `(B, S, D)`, its keys and
            its mask `(B, S)`.
        """
        return self.group_states(source), ()

    def output(self, x):
        """Logits `(…, vocab_size)` from the readout, `(…, embedding_dim)`."""
        if self.tie_embeddings:
            kernel = ops.cast(embeddings_of(self.embed), x.dtype)
            logits = ops.matmul(x, ops.transpose(kernel)) + ops.cast(self.output_bias, x.dtype)
        else:
            logits = self.output_layer(x)
        return ops.cast(logits, "float32")

    def call(self, tokens, source, training=False):
        encoded = self.encode_source(*source)
        if training and self.scheduled_sampling:
            logits, _ = self.teacher_forced(tokens, encoded, True)
            tokens = self.mix_in_own(tokens, ops.stop_gradient(logits))
        logits, weights = self.teacher_forced(tokens, encoded, training)
        if training:
            self.regularise(tokens, weights)
        return logits

    def teacher_forced(self, tokens, encoded, training):
        """All steps, each reading a given token.

        Args:
            tokens: `(B, T)` ids.
            encoded: From `encode_source`.
            training: Whether to drop features.

        Returns:
            `logits, weights`: `(B, T, vocab_size)` of the token after each; `(B, T, S)` the
            attention, or None.
        """
        embedded = self.dropout[0](self.embed(tokens), training=training)  # (B, T, embedding_dim)
        features, weights = self.unroll(embedded, *encoded, training)
        return self.logits(features, training), weights

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
        """Logits `(B, T, vocab_size)` from features `(B, T, readout width)`."""
        if is_rounded(self.readout):
            # The layer would round the features too, which the steps of writing do not.
            kernel = ops.cast(kernel_of(self.readout), features.dtype)
            x = ops.matmul(features, kernel) + ops.cast(self.readout.bias, features.dtype)
        else:
            x = self.readout(features)  # (B, T, embedding_dim)
        return self.output(self.dropout[-1](ops.tanh(x), training=training))

    def mix_in_own(self, tokens, logits):
        """The tokens with some, the first one never, replaced by a draw from their logits."""
        flat = ops.reshape(logits, (-1, self.vocab_size))
        drawn = keras.random.categorical(flat, 1, dtype="int32", seed=self.seed_generator)
        drawn = ops.reshape(drawn, ops.shape(tokens))  # (B, T), of the token after each
        own = ops.concatenate([tokens[:, :1], ops.cast(drawn[:, :-1], tokens.dtype)], 1)
        chance = keras.random.uniform(ops.shape(tokens), dtype="float32", seed=self.seed_generator)
        share = ops.cast(self.own_tokens, chance.dtype)  # which mixed policies round
        return ops.where((chance < share) & (tokens != 0), own, tokens)

    def regularise(self, tokens, weights):
        """Add losses of training, none here, from the tokens read and the attention."""

    def prepare_steps(self, *source):
        states, constants = self.encode_source(*source)
        return states, self.step_weights(*constants)

    def step_weights(self):
        """The `StepWeights` of a decoder without attention."""
        readout = ops.cast(kernel_of(self.readout), self.compute_dtype)
        return StepWeights(self.cell_steps(), Product(readout))

    def cell_steps(self, query=None):
        """A `CellStep` for each recurrent layer; the first one makes the queries, if any."""
        first, *others = self.recurrent
        steps = [CellStep(first, self.embedding_dim, self.compute_dtype, query)]
        return steps + [CellStep(layer, self.units, self.compute_dtype) for layer in others]

    def step(self, tokens, states, step_weights):
        embedded = self.embed(tokens)  # (B * n, embedding_dim)
        hidden, states, weights = self.step_to_readout(embedded, states, step_weights)
        hidden = hidden + ops.cast(self.readout.bias, hidden.dtype)
        return self.output(ops.tanh(hidden)), states, weights

    def step_to_readout(self, embedded, states, step_weights):
        """One step up to the readout's sums, `(B * n, embedding_dim)`, with no bias; see `step`."""
        h, states = self.step_layers(embedded, states, step_weights)
        return step_weights.readout(ops.concatenate([h, embedded], -1)), states, None

    def step_layers(self, x, states, step_weights, start=0):
        """One step of the recurrent layers from number `start` on."""
        new_states = []
        for cell, state in zip(step_weights.cells[start:], states[start:], strict=True):
            x, state = cell.apply_gates(cell.multiply(x, state), state)
            new_states.append(state)
        return x, new_states

    def compute_output_spec(self, tokens, source, training=False):
        return keras.KerasTensor((*tokens.shape, self.vocab_size), dtype="float32")

    def get_config(self):
        names = (
            "vocab_size", "embedding_dim", "units", "num_layers", "cell", "tie_embeddings",
            "begin_token", "end_token", "scheduled_sampling",
        )  # fmt: skip
        config = {name: getattr(self, name) for name in names}
        return {**super().get_config(), **config, "dropout": self.rate}


@keras.saving.register_keras_serializable(package="zoo")
class InputFirstDecoder(Decoder):
    """A decoder whose first input, in place of a token, is the vector it writes about.

    Later steps know of it by the state alone.

    Reference: Vinyals et al. (2015), "Show and tell: a neural image caption generator",
    https://arxiv.org/abs/1411.4555, section 3.1, equations 10 and 11.

    Args: Those of `Decoder`.

    Inputs:
        tokens: `(B, T)` int32: the begin token and what follows it.
        source: A list of one array `(B, embedding_dim)`.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each.
    """

    def encode_source(self, first):
        x = ops.cast(first, self.compute_dtype)
        states = []
        for layer in self.recurrent:
            zeros = ops.zeros((ops.shape(x)[0], self.units), self.compute_dtype)
            x, state = layer.cell(x, [zeros] * NUM_STATES[self.cell], training=False)
            states.append(state)
        return states, ()
