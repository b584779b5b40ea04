"""Attention over the steps of a sequence."""

import keras
from keras import ops

from zoo.layers.composed import ComposedLayer, kernel_of


@keras.saving.register_keras_serializable(package="zoo")
class AttentionWeights(ComposedLayer):
    """The weight of each real step of a sequence: softmax over time of `v . tanh(W h + b)`.

    The weights of a row sum to one and are zero in the padding. Scores and softmax are float32
    under every precision policy, as half precision loses the small weights.

    Reference: Yang et al. (2016), "Hierarchical attention networks for document classification",
    https://aclanthology.org/N16-1174, section 2.2 (word attention, equations 5 and 6).

    Args:
        attention_dim: Width of the hidden layer that scores a step.

    Inputs:
        sequence: `(B, T, D)`.
        mask: `(B, T)` bool with a True in every row.

    Outputs:
        weights: `(B, T)` float32.
    """

    def __init__(self, attention_dim, **kwargs):
        super().__init__(**kwargs)
        self.attention_dim = attention_dim
        self.supports_masking = True
        self.hidden = keras.layers.Dense(
            attention_dim, activation="tanh", dtype=self.dtype_policy, name="hidden"
        )
        self.score = keras.layers.Dense(1, use_bias=False, dtype="float32", name="score")

    def build(self, sequence_shape, mask_shape=None):
        self.hidden.build(sequence_shape)
        self.score.build((*sequence_shape[:-1], self.attention_dim))

    def call(self, sequence, mask):
        scores = ops.squeeze(self.score(self.hidden(sequence)), -1)  # (B, T)
        scores = ops.where(mask, scores, -1e9)
        # By hand, as `ops.softmax` warns of sequences of one step; padding comes out as exactly 0.
        scores = ops.exp(scores - _highest(scores))
        return scores / ops.sum(scores, axis=-1, keepdims=True)

    def compute_output_spec(self, sequence, mask):
        return keras.KerasTensor(sequence.shape[:2], dtype="float32")

    def compute_mask(self, sequence, previous_mask):
        return None  # the padding has weight zero already

    def get_config(self):
        return {**super().get_config(), "attention_dim": self.attention_dim}


@keras.saving.register_keras_serializable(package="zoo")
class WeightedSum(keras.layers.Layer):
    """The sum over time of a sequence, each step times its weight; always float32.

    Inputs:
        sequence: `(B, T, D)`.
        weights: `(B, T)`.

    Outputs:
        context: `(B, D)` float32.
    """

    def __init__(self, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.supports_masking = True

    def call(self, sequence, weights):
        return ops.sum(sequence * ops.expand_dims(weights, -1), axis=1)  # (B, D)

    def compute_output_spec(self, sequence, weights):
        return keras.KerasTensor((sequence.shape[0], sequence.shape[2]), dtype=self.compute_dtype)

    def compute_mask(self, inputs, previous_mask):
        return None  # no steps are left to mask


def masked_softmax(scores, mask):
    """Softmax over the last axis in float32, zero where `mask` is False, or everywhere."""
    scores = ops.where(mask, ops.cast(scores, "float32"), -1e9)
    scores = ops.exp(scores - _highest(scores)) * ops.cast(mask, "float32")
    return scores / ops.maximum(ops.sum(scores, axis=-1, keepdims=True), 1e-30)


def _highest(scores):
    """The maximum along the last axis; `initial` admits a batch of no rows, which Keras refuses."""
    return ops.max(scores, axis=-1, keepdims=True, initial=-1e9)


@keras.saving.register_keras_serializable(package="zoo")
class AdditiveAttention(ComposedLayer):
    """A weighted mean of a memory, by a softmax over `v . tanh(W query + U position + b)`.

    `U position + b` is the same in every step of a decoder: `project` computes it once.

    Reference: Bahdanau, Cho & Bengio (2015), https://arxiv.org/abs/1409.0473, appendix A.1.2. The
    gate: Xu et al. (2015), https://arxiv.org/abs/1502.03044, section 4.2.1.

    Args:
        attention_dim: Width of the hidden layer.
        gated: Whether the mean is multiplied by a gate, a number between 0 and 1 that the query
            decides.

    Inputs:
        query: `(B, Q)`.
        memory: `(B, S, D)`.
        keys: `(B, S, attention_dim)`, from `project`.
        mask: `(B, S)` bool; a row without a True gets a context of zeros.

    Outputs:
        context: `(B, D)`.
        weights: `(B, S)` float32.
    """

    def __init__(self, attention_dim, gated=False, **kwargs):
        super().__init__(**kwargs)
        self.attention_dim = attention_dim
        self.gated = gated
        policy = {"dtype": self.dtype_policy}
        self.query = keras.layers.Dense(attention_dim, use_bias=False, name="query", **policy)
        self.key = keras.layers.Dense(attention_dim, name="key", **policy)
        self.gate = keras.layers.Dense(1, name="gate", **policy) if gated else None

    def build(self, query_shape, memory_shape, *shapes):
        self.query.build(query_shape)
        self.key.build(memory_shape)
        self.score_kernel = self.add_weight((self.attention_dim,), name="score_kernel")
        if self.gated:
            self.gate.build(query_shape)

    def project(self, memory):
        """The keys of a memory."""
        return self.key(memory)

    def call(self, query, memory, keys, mask):
        sums = ops.matmul(query, ops.cast(self.query_kernel(), query.dtype))[:, None]
        weights = self.compare(sums, keys, mask)  # (B, 1, S)
        context = self.open(_weighted_mean(memory, weights[:, 0]), sums[:, 0])
        return context, weights[:, 0]

    def query_kernel(self):
        """The kernel `(Q, A)` of queries; `A` is `attention_dim`, with a gate one more."""
        kernel = kernel_of(self.query)
        return ops.concatenate([kernel, kernel_of(self.gate)], 1) if self.gated else kernel

    def open(self, mean, sums):
        """A mean `(…, D)` times its gate, if there is one, of queries multiplied, `(…, A)`."""
        if not self.gated:
            return mean
        bias = ops.cast(self.gate.bias, sums.dtype)
        return mean * ops.sigmoid(sums[..., self.attention_dim :] + bias)

    def compare(self, sums, keys, mask):
        """Weights `(B, T, S)` for `T` queries that `query_kernel` multiplied, `(B, T, A)`."""
        query = sums[..., : self.attention_dim]
        hidden = ops.expand_dims(keys, 1) + ops.expand_dims(query, 2)
        hidden = ops.tanh(hidden)  # (B, T, S, attention_dim)
        score_kernel = ops.cast(self.score_kernel, hidden.dtype)
        return masked_softmax(ops.sum(hidden * score_kernel, -1), ops.expand_dims(mask, 1))

    def loop_weights(self):
        """Weights for `attention_loops`: `(Q, A)`, and `(A,)` with the gate's bias last."""
        if not self.gated:
            return self.query_kernel(), self.score_kernel
        return self.query_kernel(), ops.concatenate([self.score_kernel, self.gate.bias], 0)

    def get_config(self):
        config = {"attention_dim": self.attention_dim, "gated": self.gated}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="zoo")
class GeneralAttention(ComposedLayer):
    """A weighted mean of a memory, by a softmax over `query . W position`.

    Reference: Luong, Pham & Manning (2015), https://arxiv.org/abs/1508.04025, section 3.1.

    Args:
        query_dim: Width `Q` of a query.

    Inputs:
        query: `(B, Q)`, or `(B, T, Q)` for `T` queries at once.
        memory: `(B, S, D)`.
        keys: `(B, S, Q)`, from `project`.
        mask: `(B, S)` bool; a row without a True gets contexts of zeros.

    Outputs:
        context: `(B, D)` or `(B, T, D)`.
        weights: `(B, S)` or `(B, T, S)`, float32.
    """

    def __init__(self, query_dim, **kwargs):
        super().__init__(**kwargs)
        self.query_dim = query_dim
        self.key = keras.layers.Dense(
            query_dim, use_bias=False, dtype=self.dtype_policy, name="key"
        )

    def build(self, query_shape, memory_shape, *shapes):
        self.key.build(memory_shape)

    def project(self, memory):
        """The keys of a memory."""
        return self.key(memory)

    def call(self, query, memory, keys, mask):
        if len(query.shape) == 2:
            context, weights = self.call(query[:, None], memory, keys, mask)
            return context[:, 0], weights[:, 0]
        weights = self.compare(query, keys, mask)
        return ops.matmul(ops.cast(weights, memory.dtype), memory), weights

    def open(self, mean, query):
        """The mean itself: this attention has no gate."""
        return mean

    def compare(self, query, keys, mask):
        """Weights `(B, T, S)` for `T` queries at once, `(B, T, Q)`."""
        scores = ops.matmul(query, ops.swapaxes(keys, 1, 2))  # (B, T, S)
        return masked_softmax(scores, ops.expand_dims(mask, 1))

    def get_config(self):
        return {**super().get_config(), "query_dim": self.query_dim}


def _weighted_mean(memory, weights):
    return ops.sum(memory * ops.expand_dims(ops.cast(weights, memory.dtype), -1), 1)  # (B, D)
