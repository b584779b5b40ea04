"""Small translators with wild weights, and one that is stepped by hand."""

import keras
import numpy as np
import pytest

import zoo
from zoo.decoding import writer_of

BEGIN, END = 2, 3
SOURCES = np.array([[4, 5, 6, 7, 3], [5, 3, 0, 0, 0], [7, 7, 4, 3, 0]], np.int32)
BUILDERS = {
    "seq2seq": {},
    "bahdanau_seq2seq": {"attention_dim": 4},
    "luong_seq2seq": {},
}
every_translator = pytest.mark.parametrize("name", BUILDERS)


def translator(name="bahdanau_seq2seq", seed=0, vocab_size=7, spread=1.0, **options):
    """A model whose weights are drawn so wide that its distributions are far from even."""
    keras.utils.set_random_seed(seed)
    options = {"embedding_dim": 5, "units": 6, "num_layers": 1, **BUILDERS[name], **options}
    return redraw(getattr(zoo, name)(8, vocab_size, **options), seed, spread)


def redraw(model, seed, spread):
    """Other weights for a model whose loops are compiled already."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(0, spread, weight.shape))
    return model


def by_hand(model, source, tokens):
    """Logits and attention at each step, one call of the step a token: `(T, V)`, `(T, S)`."""
    writer = writer_of(model)
    decoder = writer.decoder
    arrays = writer.run_encoder({"source": source[None]})
    states, step_weights = decoder.prepare_steps(*arrays)
    logits, weights = [], []
    for token in [BEGIN, *tokens[:-1]]:
        row, states, weight = decoder.step(
            keras.ops.convert_to_tensor([token], "int32"), states, step_weights
        )
        logits.append(keras.ops.convert_to_numpy(row)[0])
        if weight is not None:
            weights.append(keras.ops.convert_to_numpy(weight)[0])
    return np.stack(logits), np.stack(weights) if weights else None


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))
