"""Masks of padded batches, and the reductions over time that respect them."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class PaddingMask(keras.layers.Layer):
    """Mask of the steps up to the last token that is not padding.

    Args:
        at_least_one: Whether the first step is always marked: an empty row then counts as one
            padding token, which keeps its output finite, and cuDNN, which refuses rows without a
            step, runs on it.

    Inputs:
        tokens: `(B, T)` ids, 0 for padding.

    Outputs:
        mask: `(B, T)` bool, True for real steps. Each row is a run of True, then a run of False.
    """

    def __init__(self, at_least_one=True, **kwargs):
        super().__init__(**kwargs)
        self.at_least_one = at_least_one

    def call(self, tokens):
        real = ops.cast(ops.not_equal(tokens, 0), "int32")  # (B, T)
        still_to_come = ops.flip(ops.cumsum(ops.flip(real, axis=1), axis=1), axis=1)  # (B, T)
        if not self.at_least_one:
            return still_to_come > 0
        step = ops.cumsum(ops.ones_like(real), axis=1)  # (B, T), counted from 1
        return ops.logical_or(still_to_come > 0, step == 1)

    def compute_output_spec(self, tokens):
        return keras.KerasTensor(tokens.shape, dtype="bool")

    def get_config(self):
        return {**super().get_config(), "at_least_one": self.at_least_one}


@keras.saving.register_keras_serializable(package="zoo")
class ReverseSequence(keras.layers.Layer):
    """Reversal of the real steps of each row; the padding stays on the right.

    Inputs:
        tokens: `(B, T)`.
        mask: `(B, T)` bool, from `PaddingMask`.

    Outputs:
        tokens: `(B, T)`.
    """

    def call(self, tokens, mask):
        real = ops.cast(mask, "int32")
        length = ops.sum(real, axis=1, keepdims=True)  # (B, 1)
        step = ops.cumsum(ops.ones_like(real), axis=1) - 1  # (B, T)
        return ops.take_along_axis(tokens, ops.where(mask, length - 1 - step, step), axis=1)

    def compute_output_spec(self, tokens, mask):
        return keras.KerasTensor(tokens.shape, dtype=tokens.dtype)


@keras.saving.register_keras_serializable(package="zoo")
class MaskedPooling(keras.layers.Layer):
    """One vector a sequence: the maximum or the mean over its real steps.

    Always float32: bfloat16 cannot even count the steps beyond 256.

    Args:
        kind: `"max"` or `"mean"`.

    Inputs:
        sequence: `(B, T, D)`.
        mask: `(B, T)` bool with a True in every row.

    Outputs:
        pooled: `(B, D)` float32.

    Raises:
        ValueError: If `kind` is neither.
    """

    def __init__(self, kind, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        if kind not in ("max", "mean"):
            raise ValueError(f"kind must be max or mean; got {kind!r}.")
        self.kind = kind
        self.supports_masking = True

    def call(self, sequence, mask):
        mask = ops.expand_dims(mask, -1)  # (B, T, 1)
        if self.kind == "max":
            # Without `initial` Keras refuses a batch of no rows; on PyTorch it loses the shape.
            pooled = ops.max(ops.where(mask, sequence, -1e9), axis=1, initial=-1e9)
            return ops.broadcast_to(pooled, (ops.shape(sequence)[0], sequence.shape[2]))  # (B, D)
        weight = ops.cast(mask, sequence.dtype)
        return ops.sum(sequence * weight, axis=1) / ops.sum(weight, axis=1)  # (B, D)

    def compute_output_spec(self, sequence, mask):
        return keras.KerasTensor((sequence.shape[0], sequence.shape[2]), dtype=self.compute_dtype)

    def compute_mask(self, sequence, previous_mask):
        return None  # no steps are left to mask

    def get_config(self):
        return {**super().get_config(), "kind": self.kind}
