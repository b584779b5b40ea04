"""Attention over the steps of a sequence."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class AttentionWeights(keras.layers.Layer):
    """How much each real step of a sequence matters: softmax over time of `v . tanh(W h + b)`.

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
        scores = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
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
