"""Small translators with wild weights, and decoders that are stepped by hand."""

import functools

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
GREEDY = zoo.Greedy(max_length=8)  # the same in many tests: a model compiles each strategy once
BEAM = zoo.BeamSearch(4, length_penalty=0, max_length=7, n_best=3)
every_translator = pytest.mark.parametrize("name", BUILDERS)


def new_translator(name="bahdanau_seq2seq", seed=0, vocab_size=7, spread=1.0, **options):
    """A model whose weights are drawn so wide that its distributions are far from even."""
    keras.utils.set_random_seed(seed)
    options = {"embedding_dim": 5, "units": 6, "num_layers": 1, **BUILDERS[name], **options}
    return redraw(getattr(zoo, name)(8, vocab_size, **options), seed, spread)


def translator(name="bahdanau_seq2seq", seed=0, vocab_size=7, spread=1.0, **options):
    """The same, but shared by tests, so that its loops are compiled once for all of them."""
    return redraw(_shared(name, vocab_size, **options), seed, spread)


@functools.cache
def _shared(name, vocab_size, **options):
    return new_translator(name, vocab_size=vocab_size, **options)


def redraw(model, seed, spread):
    """Draw other weights for a model whose loops are compiled already."""
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


def all_by_hand(model, sources, targets):
    """Logits `(B, T, V)` of the step for the tokens that it reads, `(B, T)`."""
    writer = writer_of(model)
    states, step_weights = writer.decoder.prepare_steps(*writer.run_encoder({"source": sources}))
    logits = []
    for token in keras.ops.convert_to_tensor(targets.T, "int32"):
        row, states, _ = writer.decoder.step(token, states, step_weights)
        logits.append(keras.ops.convert_to_numpy(row))
    return np.stack(logits, 1)


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))
