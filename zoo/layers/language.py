"""The decoder of a language model: it goes on with what it has read, without a source."""

import keras
from keras import layers, ops

from zoo.layers.checks import check_tokens, check_whole
from zoo.layers.composed import ComposedLayer, embeddings_of
from zoo.layers.decoder import NUM_STATES, StepDecoder, token_embedding
from zoo.layers.recurrent import recurrent_layer
from zoo.layers.stepping import CellStep, StepWeights

POSITIONS = 8  # in a frame that are told apart; later ones count as the last


@keras.saving.register_keras_serializable(package="zoo")
class FrameContext(ComposedLayer):
    """Vectors of the tokens that a frame has so far, their number, and those of the frame before.

    A frame is a group of tokens, such as the notes that sound together, closed by a token of its
    own. The state, `(B, 2 * vocab_size)`, counts each token of this frame and of the one before.

    Args:
        vocab_size: Number of token ids.
        width: Width of a vector.
        frame_token: Id that closes a frame.
    """

    def __init__(self, vocab_size, width, frame_token, **kwargs):
        super().__init__(**kwargs)
        self.vocab_size, self.width, self.frame_token = vocab_size, width, frame_token
        self.project = layers.Dense(width, use_bias=False, name="project", dtype=self.dtype_policy)

    def build(self, tokens_shape=None):
        self.project.build((None, None, 2 * self.vocab_size + POSITIONS))

    def counts(self, tokens):
        """Tokens as one-hot rows, `(…, vocab_size)`; padding and the token that closes are none."""
        counted = (tokens != 0) & (tokens != self.frame_token)
        one_hot = ops.one_hot(tokens, self.vocab_size, dtype=self.compute_dtype)
        return ops.where(counted[..., None], one_hot, 0)

    def vectors(self, now, before):
        """Vectors `(…, width)` from the counts of this frame and of the one before."""
        position = ops.cast(ops.minimum(ops.sum(now, -1), POSITIONS - 1), "int32")
        position = ops.one_hot(position, POSITIONS, dtype=self.compute_dtype)
        return self.project(ops.concatenate([now, before, position], -1))

    def call(self, tokens, state=None):
        """All steps: vectors `(B, T, width)` after each token, and the last state."""
        rows, length = ops.shape(tokens)[:2]
        zeros = ops.zeros((rows, 2 * self.vocab_size), self.compute_dtype)
        now, before = ops.split((zeros if state is None else state)[:, None], 2, -1)
        total = ops.cumsum(ops.cast(self.counts(tokens), "float32"), 1)  # (B, T, V)
        total = ops.cast(total, "float32") + ops.cast(now, "float32")
        number = ops.cumsum(ops.cast(tokens == self.frame_token, "int32"), 1)  # (B, T)
        # Row by row the numbers grow, so the first of each frame is found among all of them sorted.
        base = ops.arange(rows, dtype="int32")[:, None]
        flat = ops.reshape(number + base * (length + 1), (-1,))
        first = ops.cast(ops.searchsorted(flat, flat), "int32")
        first = ops.reshape(first, (-1, length)) - base * length  # (B, T)
        last = ops.maximum(ops.take_along_axis(first, ops.maximum(first - 1, 0), 1), 0)
        closed = ops.take_along_axis(total, first[..., None], 1)  # (B, T, V) when it began
        earlier = ops.take_along_axis(total, last[..., None], 1)
        number = number[..., None]
        so_far = ops.cast(ops.where(number > 0, total - closed, total), self.compute_dtype)
        earlier = ops.where(number > 1, closed - earlier, closed)
        earlier = ops.where(number > 0, ops.cast(earlier, self.compute_dtype), before)
        return self.vectors(so_far, earlier), ops.concatenate([so_far, earlier], -1)[:, -1]

    def step(self, tokens, state):
        """One step: vectors `(B, width)` and the new state."""
        now, before = ops.split(state, 2, -1)
        closes = (tokens == self.frame_token)[:, None]
        before = ops.where(closes, now, before)
        now = ops.where(closes, 0, now + self.counts(tokens))
        return self.vectors(now, before), ops.concatenate([now, before], -1)

    def compute_output_spec(self, tokens, state=None):
        shape = (*tokens.shape, self.width)
        return (
            keras.KerasTensor(shape, self.compute_dtype),
            keras.KerasTensor((tokens.shape[0], 2 * self.vocab_size), self.compute_dtype),
        )

    def get_config(self):
        names = ("vocab_size", "width", "frame_token")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="zoo")
class LanguageDecoder(StepDecoder):
    """A recurrent network that reads tokens and gives, after each, the logits of the next one.

    Training is `call`, all steps at once from given states or from zeros. Writing is `read`, which
    takes up what has been written so far, then `prepare_steps` and a `step` for each token.

    Args:
        vocab_size: Number of token ids, padding included.
        embedding_dim: Width of a token's vector.
        units: Width of the state.
        num_layers: Number of recurrent layers, one on the other.
        cell: `"lstm"`, `"gru"`, `"rnn"` or `"irnn"`.
        one_hot: Whether tokens are read as one-hot vectors and not as embeddings.
        dropout: Share of features dropped from the output of each recurrent layer; one mask a row.
        embedding_dropout: Share of features dropped from the embeddings.
        layer_norm: Whether the input of each recurrent layer, and of the output, is normalised.
        residual: Whether a recurrent layer's input, if it is as wide, is added to its output.
        tie_embeddings: Whether the output weights are those of the embedding, after a projection
            where the state has another width.
        frame_token: Id that closes a frame, whose `FrameContext` is then read too, or None.
        return_states: Whether to give the final states too.
        begin_token: Id that stands before the first token.
        end_token: Id that stands after the last one.

    Inputs:
        tokens: `(B, T)` int32.
        states: A list of the initial states, `(B, units)` each, layer by layer, for an LSTM `h` and
            then `c`, and at the end that of the `FrameContext`, if any; zeros where there is none.

    Outputs:
        logits: `(B, T, vocab_size)` float32, of the token after each; with `return_states` a list
            of it and the final states.
    """

    reads_prime = True

    def __init__(
        self,
        vocab_size,
        embedding_dim,
        units,
        *,
        num_layers=1,
        cell="lstm",
        one_hot=False,
        dropout=0.0,
        embedding_dropout=0.0,
        layer_norm=False,
        residual=False,
        tie_embeddings=False,
        frame_token=None,
        return_states=False,
        begin_token=2,
        end_token=3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        check_tokens(vocab_size, begin_token, end_token)
        if one_hot and tie_embeddings:
            raise ValueError("tie_embeddings needs an embedding; one_hot has none.")
        if frame_token is not None:
            check_whole(1, frame_token=frame_token)
            check_whole(frame_token + 1, vocab_size=vocab_size)
        self.vocab_size = vocab_size
        self.embedding_dim = embedding_dim
        self.units = units
        self.num_layers = num_layers
        self.cell = cell
        self.frame_token = frame_token
        self.one_hot = one_hot
        self.rate = dropout
        self.embedding_rate = embedding_dropout
        self.layer_norm = layer_norm
        self.residual = residual
        self.tie_embeddings = tie_embeddings
        self.return_states = return_states
        self.begin_token = begin_token
        self.end_token = end_token
        policy = {"dtype": self.dtype_policy}
        numbers = range(1, num_layers + 1)
        self.embed = None if one_hot else token_embedding(vocab_size, embedding_dim, **policy)
        self.frame = (
            None
            if frame_token is None
            else FrameContext(vocab_size, self.input_width, frame_token, name="frame", **policy)
        )
        self.recurrent = [
            recurrent_layer(cell, units, name=f"recurrent_{number}", return_state=True, **policy)
            for number in numbers
        ]
        self.dropout = [
            layers.SpatialDropout1D(rate, name=f"dropout_{number}", **policy)
            for number, rate in enumerate([embedding_dropout, *[dropout] * num_layers])
        ]
        self.norms = [
            layers.LayerNormalization(name=f"norm_{number}", **policy)
            for number in (*numbers, num_layers + 1)
            if layer_norm
        ]
        narrowed = tie_embeddings and embedding_dim != units
        self.projection = (
            layers.Dense(embedding_dim, name="projection", **policy) if narrowed else None
        )
        self.output_layer = (
            None if tie_embeddings else layers.Dense(vocab_size, name="logits", **policy)
        )

    @property
    def input_width(self):
        """Number of features of a token as the first recurrent layer reads it."""
        return self.vocab_size if self.one_hot else self.embedding_dim

    @property
    def num_states(self):
        """Number of the states of all layers."""
        return NUM_STATES[self.cell] * self.num_layers + (self.frame is not None)

    def build(self, tokens_shape, states_shape=None):
        if self.embed is not None:
            self.embed.build((None, None))
        if self.frame is not None:
            self.frame.build()
        width = self.input_width
        for number, layer in enumerate(self.recurrent):
            if self.layer_norm:
                self.norms[number].build((None, None, width))
            layer.build((None, None, width))
            width = self.units
        if self.layer_norm:
            self.norms[-1].build((None, None, width))
        if self.projection is not None:
            self.projection.build((None, None, width))
        if self.tie_embeddings:
            self.output_bias = self.add_weight((self.vocab_size,), "zeros", name="output_bias")
        else:
            self.output_layer.build((None, None, width))

    def vectors(self, tokens):
        """Tokens as vectors, `(…, input_width)`."""
        if self.one_hot:
            return ops.one_hot(tokens, self.vocab_size, dtype=self.compute_dtype)
        return self.embed(tokens)

    def call(self, tokens, states=(), training=False):
        logits, states = self.teacher_forced(tokens, (self.group_states(states), ()), training)
        return [logits, *keras.tree.flatten(states)] if self.return_states else logits

    def teacher_forced(self, tokens, encoded, training=False, mask=None):
        """All steps, each reading a given token.

        Args:
            tokens: `(B, T)` ids.
            encoded: The initial states by layer, or none of them, and an empty tuple.
            training: Whether to drop features.
            mask: `(B, T)` bool, False where the states stay as they are, or None.

        Returns:
            `logits, states`: `(B, T, vocab_size)` of the token after each, and the final states.
        """
        x, states = self.unroll(tokens, encoded[0], training, mask)
        return self.to_logits(x), states

    def unroll(self, tokens, states, training=False, mask=None):
        """All steps up to the features of the output, `(B, T, units)`, and the final states."""
        x, of_frame = self.vectors(tokens), []
        if self.frame is not None:
            read = tokens if mask is None else ops.where(mask, tokens, 0)
            vectors, *of_frame = self.frame(read, states[-1][0] if states else None)
            x = x + vectors
        x = self.dropout[0](x, training=training)
        finals = []
        for number, layer in enumerate(self.recurrent):
            initial = states[number] if states else None
            h, *final = layer(
                self.norms[number](x) if self.layer_norm else x,
                initial_state=initial,
                mask=mask,
                training=training,
            )
            x = self.join(number, x, self.dropout[number + 1](h, training=training))
            finals.append(final)
        return x, [*finals, of_frame] if of_frame else finals

    def join(self, number, x, h):
        """The output of a layer and, in a residual network, its input."""
        return x + h if self.residual and (number or self.input_width == self.units) else h

    def to_logits(self, x):
        """Logits `(…, vocab_size)` from the last layer's features."""
        x = self.norms[-1](x) if self.layer_norm else x
        x = x if self.projection is None else self.projection(x)
        if self.tie_embeddings:
            kernel = ops.cast(embeddings_of(self.embed), x.dtype)
            logits = ops.matmul(x, ops.transpose(kernel)) + ops.cast(self.output_bias, x.dtype)
        else:
            logits = self.output_layer(x)
        return ops.cast(logits, "float32")

    def read(self, tokens, *states):
        """Take up what has been written so far.

        Args:
            tokens: `(B, P)` ids, right padded with 0; a row without any has the begin token.
            *states: The states before it.

        Returns:
            A list of the states before the last token, and that token, `(B,)`.
        """
        count = ops.sum(ops.cast(tokens != 0, "int32"), 1)  # (B,)
        places = ops.arange(ops.shape(tokens)[1], dtype="int32")
        mask = places[None] < count[:, None] - 1  # (B, P)
        _, states = self.unroll(tokens, self.group_states(states), mask=mask)
        last = ops.take_along_axis(tokens, ops.maximum(count - 1, 0)[:, None], 1)[:, 0]
        last = ops.where(count == 0, self.begin_token, last)
        return [*keras.tree.flatten(states), ops.cast(last, "int32")]

    def prepare_steps(self, *read):
        *states, last = read
        return self.group_states(states), StepWeights(self.cell_steps(), None, first=last)

    def cell_steps(self):
        """A `CellStep` for each recurrent layer."""
        widths = [self.input_width, *[self.units] * (self.num_layers - 1)]
        return [
            CellStep(layer, width, self.compute_dtype)
            for layer, width in zip(self.recurrent, widths, strict=True)
        ]

    def step(self, tokens, states, step_weights):
        x, new_states, of_frame = self.vectors(tokens), [], []
        if self.frame is not None:
            *states, (state,) = states
            vectors, *of_frame = self.frame.step(tokens, state)
            x = x + vectors
        for number, (cell, state) in enumerate(zip(step_weights.cells, states, strict=True)):
            h, state = cell.apply_gates(
                cell.multiply(self.norms[number](x) if self.layer_norm else x, state), state
            )
            x = self.join(number, x, h)
            new_states.append(state)
        return self.to_logits(x), [*new_states, of_frame] if of_frame else new_states, None

    def state_shapes(self, features):
        """Shapes of the states of a stream, without the batch."""
        of_frame = [] if self.frame is None else [(2 * self.vocab_size,)]
        return [(self.units,)] * (self.num_states - len(of_frame)) + of_frame

    def stream(self, tokens, states):
        """A few steps `(B, n)` of a stream: the logits `(B, n, vocab_size)` and the new states."""
        weights, outputs = StepWeights(self.cell_steps(), None), []
        states = self.group_states(states)
        for number in range(tokens.shape[1]):
            logits, states, _ = self.step(tokens[:, number], states, weights)
            outputs.append(logits)
        return ops.stack(outputs, 1), keras.tree.flatten(states)

    def compute_output_spec(self, tokens, states=(), training=False):
        logits = keras.KerasTensor((*tokens.shape, self.vocab_size), dtype="float32")
        if not self.return_states:
            return logits
        shapes = [(tokens.shape[0], *shape) for shape in self.state_shapes(None)]
        return [logits, *(keras.KerasTensor(shape, self.compute_dtype) for shape in shapes)]

    def get_config(self):
        names = (
            "vocab_size", "embedding_dim", "units", "num_layers", "cell", "one_hot", "layer_norm",
            "residual", "tie_embeddings", "frame_token", "return_states", "begin_token",
            "end_token",
        )  # fmt: skip
        config = {name: getattr(self, name) for name in names}
        rates = {"dropout": self.rate, "embedding_dropout": self.embedding_rate}
        return {**super().get_config(), **config, **rates}
