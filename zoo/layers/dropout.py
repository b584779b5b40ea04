"""Dropout of whole words."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="zoo")
class WordDropout(keras.layers.Layer):
    """Dropout of whole words: a dropped word is zero at all its positions in a sequence.

    One mask over the vocabulary is drawn for each sequence of a batch, so the model cannot read a
    dropped word off its second mention. The others are scaled by `1 / (1 - rate)`.

    Reference: Gal & Ghahramani (2016), "A theoretically grounded application of dropout in
    recurrent neural networks", https://arxiv.org/abs/1512.05287, section 4.2.

    Args:
        rate: Share of the vocabulary to drop, 0 <= rate < 1.
        vocab_size: Number of token ids, padding included.
        seed: Seed of the masks.

    Inputs:
        embedded: `(B, T, D)` embeddings.
        tokens: `(B, T)` the ids they stand for.

    Outputs:
        embedded: `(B, T, D)`.

    Raises:
        ValueError: If `rate` is not in [0, 1).
    """

    identity_at_inference = True

    def __init__(self, rate, vocab_size, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1; got {rate}.")
        self.rate = rate
        self.vocab_size = vocab_size
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True

    def call(self, embedded, tokens, training=False):
        if not training or self.rate == 0:
            return embedded
        shape = (ops.shape(tokens)[0], self.vocab_size)
        drawn = keras.random.uniform(shape, dtype="float32", seed=self.seed_generator)
        kept = drawn >= self.rate  # (B, V)
        kept = ops.take_along_axis(ops.cast(kept, embedded.dtype), tokens, axis=1)  # (B, T)
        return embedded * ops.expand_dims(kept / (1 - self.rate), -1)

    def compute_output_spec(self, embedded, tokens, training=False):
        return keras.KerasTensor(embedded.shape, dtype=self.compute_dtype)

    def get_config(self):
        config = {"rate": self.rate, "vocab_size": self.vocab_size, "seed": self.seed}
        return {**super().get_config(), **config}
