"""One side of `benchmarks.characters`: a character model trained and sampled on request.

Source text of the standard library, its states carried from chunk to chunk, Adam, gradients
clipped by their global norm; sampling writes `WRITTEN` characters of one text.
"""

import inspect
import sys
from typing import NamedTuple

import numpy as np

from benchmarks import turns


class Case(NamedTuple):
    """Sizes of a model and of its training step."""

    layers: int
    units: int
    streams: int
    steps: int


CASES = {
    "1x256": Case(1, 256, 32, 64),
    "2x256": Case(2, 256, 32, 64),
    "1x512": Case(1, 512, 32, 64),
    "3x512": Case(3, 512, 64, 64),
}
EMBEDDING, WRITTEN, PRIME = 64, 256, 16
LEARNING_RATE, CLIP_NORM = 2e-3, 1.0


def text():
    """Ids from 4 on of some source text, and their number."""
    import argparse
    import decimal
    import tarfile
    import turtle
    import typing

    modules = (argparse, decimal, tarfile, turtle, typing)
    joined = "".join(map(inspect.getsource, modules))
    known = {character: number for number, character in enumerate(sorted(set(joined)), start=4)}
    return np.array([known[character] for character in joined], np.int32), len(known) + 4


def weights(case, size):
    """The weights to begin with, in Keras' order and layout."""
    rng, width = np.random.default_rng(0), EMBEDDING
    arrays = [rng.normal(0, EMBEDDING**-0.5, (size, EMBEDDING))]
    for _ in range(case.layers):
        bias = np.zeros(4 * case.units)
        bias[case.units : 2 * case.units] = 1  # of the forget gate
        shapes = (width, 4 * case.units), (case.units, 4 * case.units)
        arrays += [*(rng.uniform(-1, 1, shape) / case.units**0.5 for shape in shapes), bias]
        width = case.units
    arrays += [rng.uniform(-1, 1, (width, size)) / width**0.5, np.zeros(size)]
    return [array.astype(np.float32) for array in arrays]


def chunks(ids, case):
    """Inputs and labels `(streams, steps)` of one chunk after the other, without end."""
    length = (len(ids) - 1) // case.streams // case.steps * case.steps
    starts = np.arange(case.streams)[:, None] * length
    while True:
        for first in range(0, length, case.steps):
            at = starts + first + np.arange(case.steps)
            yield ids[at], ids[at + 1]


def zoo_side(case, precision="float32"):
    """The zoo's model under truncated BPTT, and `zoo.generate` beside a loop over the stream."""
    import keras
    import tensorflow as tf

    import zoo
    from recipes.common import config as configs
    from recipes.common import devices
    from recipes.common.training import bptt

    devices.keep_freed_memory()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else precision)
    ids, size = text()
    model = zoo.rnn_language_model(
        size, embedding_dim=EMBEDDING, units=case.units, num_layers=case.layers
    )
    model.set_weights(weights(case, size))
    trained = bptt.TruncatedBPTT(model, case.streams)
    config = configs.LanguageModel(
        learning_rate=LEARNING_RATE, warmup_epochs=0.0, epochs=10_000, clip_norm=CLIP_NORM
    )
    bptt.compile_model(trained, config, 1_000)
    batches, fresh = chunks(ids, case), np.zeros(case.streams, bool)

    def train():
        tokens, labels = next(batches)
        weights = np.ones_like(labels, np.float32)
        inputs = {"tokens": tokens, "fresh": fresh}
        trained.reset_metrics()
        return float(trained.train_on_batch(inputs, labels, weights)[-1])

    stream = zoo.streaming(model)
    prime = ids[:PRIME][None]
    strategy = zoo.Sample(max_length=WRITTEN, min_length=WRITTEN - 1)

    def sample():
        assert zoo.generate(model, {"tokens": prime}, strategy).tokens.shape[-1] == WRITTEN

    step = tf.function(stream, autograph=False)

    def loop():
        states, rng = zoo.initial_states(stream), np.random.default_rng(0)
        for number in range(PRIME + WRITTEN - 1):
            if number < PRIME:
                token = prime[:, number : number + 1]
            out = step({"tokens": tf.constant(token), **states})
            states = {name: out[name] for name in states}
            logits = out["logits"].numpy()[0, 0, 4:].astype(np.float64)
            odds = np.exp(logits - logits.max())
            token = np.array([[4 + rng.choice(len(odds), p=odds / odds.sum())]], np.int32)

    return train, sample, loop


def torch_side(case, precision="float32"):
    """`torch.nn.LSTM` with its own optimizer, and a loop over its steps."""
    import torch

    ids, size = text()

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = torch.nn.Embedding(size, EMBEDDING)
            self.lstm = torch.nn.LSTM(EMBEDDING, case.units, case.layers, batch_first=True)
            self.logits = torch.nn.Linear(case.units, size)

        def forward(self, tokens, states=None):
            h, states = self.lstm(self.embed(tokens), states)
            return self.logits(h), states

    model = Model()
    embed, *arrays, kernel, bias = map(torch.from_numpy, weights(case, size))
    with torch.no_grad():
        model.embed.weight.copy_(embed)
        model.logits.weight.copy_(kernel.T)
        model.logits.bias.copy_(bias)
        for number in range(case.layers):
            of_input, of_state, gates = arrays[3 * number : 3 * number + 3]
            getattr(model.lstm, f"weight_ih_l{number}").copy_(of_input.T)
            getattr(model.lstm, f"weight_hh_l{number}").copy_(of_state.T)
            getattr(model.lstm, f"bias_ih_l{number}").copy_(gates)
            getattr(model.lstm, f"bias_hh_l{number}").zero_()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, betas=(0.9, 0.99))
    batches, carried = chunks(ids, case), [None]

    def train():
        tokens, labels = map(torch.from_numpy, next(batches))
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            logits, states = model(tokens, carried[0])
        logits = logits.float()
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten().long())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        carried[0] = [state.detach() for state in states]
        return float(loss.detach())

    prime = torch.from_numpy(ids[:PRIME][None])

    @torch.inference_mode()
    def loop():
        model.eval()
        logits, states = model(prime)
        for _ in range(WRITTEN - 1):
            odds = torch.softmax(logits[0, -1, 4:], -1)
            token = 4 + torch.multinomial(odds, 1)
            logits, states = model(token[None], states)
        model.train()

    return train, loop, loop


def build(name):
    """The functions to time of a case, and what it is."""
    case = CASES[name]
    side, precision = sys.argv[1:]
    train, sample, loop = {"zoo": zoo_side, "torch": torch_side}[side](case, precision)
    first = [train() for _ in range(60)]  # those of both sides fall alike
    facts = {"characters": case.streams * case.steps, "loss": float(np.mean(first[-20:]))}
    return {"train": train, "sample": sample, "loop": loop}, facts


if __name__ == "__main__":
    turns.serve(build)
