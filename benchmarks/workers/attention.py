"""One side of `benchmarks.attention`: a decoder with attention, trained and decoding on request.

Batch 64, 512 units, embeddings 256; the decoder alone. Of translation: 30 source and 30 target
tokens, attention 512, memory 1,024 wide (as a bidirectional encoder of 512 units gives it), 8,000
words. Of captioning: 7 x 7 places, 512 wide, 16 target tokens, attention 256, 4,000 words, and the
gate that decides how much the picture counts.
"""

import functools
import sys
import time
from typing import NamedTuple

import numpy as np

from benchmarks import turns


class Task(NamedTuple):
    """Sizes of a task: source and target steps, widths, words."""

    source: int
    target: int
    attention: int
    memory: int
    words: int
    gated: bool


TASKS = {
    "translation": Task(30, 30, 512, 1024, 8000, False),
    "captioning": Task(49, 16, 256, 512, 4000, True),
}
BATCH, UNITS, EMBEDDING = 64, 512, 256
# What this process measures; the one that starts workers only reads the names of tasks.
NAME = sys.argv[2] if __name__ == "__main__" else "translation"
SOURCE, TARGET, ATTENTION, MEMORY, WORDS, GATED = TASKS[NAME]
LEARNING_RATE = 1e-3
BEGIN, END = 2, 3
# Width of the beam, 1 for greedy, and sentences at once.
DECODING = {"greedy, 1": (1, 1), "greedy, 64": (1, 64), "beam 5, 1": (5, 1), "beam 5, 64": (5, 64)}


def data(batch=BATCH):
    """Tokens, labels, memory, source lengths, initial `h` and `c`; the same on every side."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(4, WORDS, (batch, TARGET + 1)).astype(np.int32)
    tokens[:, 0] = BEGIN
    memory = rng.uniform(-0.5, 0.5, (batch, SOURCE, MEMORY)).astype(np.float32)
    lengths = rng.integers(SOURCE // 2, SOURCE + 1, batch)
    lengths[:: 1 if GATED else batch] = SOURCE  # all of a picture's places are there
    h, c = rng.uniform(-0.5, 0.5, (2, batch, UNITS)).astype(np.float32)
    return tokens[:, :-1], tokens[:, 1:], memory, lengths, h, c


def weights():
    """By name, in Keras' layout."""
    rng = np.random.default_rng(1)
    shapes = {
        "embed": (WORDS, EMBEDDING),
        "key": (MEMORY, ATTENTION),
        "key_bias": (ATTENTION,),
        "query": (UNITS, ATTENTION),
        "score": (ATTENTION,),
        "kernel": (EMBEDDING + MEMORY, 4 * UNITS),
        "recurrent_kernel": (UNITS, 4 * UNITS),
        "bias": (4 * UNITS,),
        "readout": (UNITS + MEMORY + EMBEDDING, EMBEDDING),
        "readout_bias": (EMBEDDING,),
        "logits": (EMBEDDING, WORDS),
        "logits_bias": (WORDS,),
    }
    if GATED:
        shapes |= {"gate": (UNITS, 1), "gate_bias": (1,)}
    limit = UNITS**-0.5
    arrays = {name: rng.uniform(-limit, limit, s).astype(np.float32) for name, s in shapes.items()}
    arrays["logits"] *= 8  # distributions far from even, and none that ends before its time
    arrays["logits_bias"][END] = -50
    return arrays


def zoo_side():
    import keras

    import zoo
    from zoo.layers.attention_decoders import AttentionDecoder

    arrays = weights()
    tokens, labels, memory, lengths, h, c = data()
    mask = np.arange(SOURCE) < lengths[:, None]
    inputs = {
        "target": keras.Input((None,), dtype="int32"),
        "memory": keras.Input((None, MEMORY)),
        "mask": keras.Input((None,), dtype="bool"),
        "h": keras.Input((UNITS,)),
        "c": keras.Input((UNITS,)),
    }
    decoder = AttentionDecoder(WORDS, EMBEDDING, UNITS, attention_dim=ATTENTION, gated=GATED)
    first, *others = inputs.values()
    model = keras.Model(inputs, decoder(first, others))
    layers = {
        decoder.embed: ["embed"],
        decoder.attention.key: ["key", "key_bias"],
        decoder.attention.query: ["query"],
        decoder.recurrent[0]: ["kernel", "recurrent_kernel", "bias"],
        decoder.readout: ["readout", "readout_bias"],
        decoder.output_layer: ["logits", "logits_bias"],
    }
    if GATED:
        layers[decoder.attention.gate] = ["gate", "gate_bias"]
    for layer, names in layers.items():
        layer.set_weights([arrays[name] for name in names])
    decoder.attention.score_kernel.assign(arrays["score"])
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=sys.argv[1].endswith("xla"),
    )
    source = {"memory": memory, "mask": mask, "h": h, "c": c}
    x = {name: keras.ops.convert_to_tensor(a) for name, a in (source | {"target": tokens}).items()}
    y = keras.ops.convert_to_tensor(labels)

    def write(width, rows):
        beam = zoo.BeamSearch(width, max_length=TARGET)
        strategy = beam if width > 1 else zoo.Greedy(max_length=TARGET)
        return zoo.generate(model, {name: a[:rows] for name, a in source.items()}, strategy).tokens

    return lambda: float(model.train_on_batch(x, y)), write


def torch_side():
    import torch
    from torch.nn import functional

    parameters = {
        name: torch.nn.Parameter(torch.tensor(np.ascontiguousarray(array.T)))
        for name, array in weights().items()
        if name not in ("embed", "kernel", "recurrent_kernel", "bias")
    }
    arrays = weights()
    embed = torch.nn.Embedding(WORDS, EMBEDDING)
    cell = torch.nn.LSTMCell(EMBEDDING + MEMORY, UNITS)
    with torch.no_grad():
        embed.weight.copy_(torch.tensor(arrays["embed"]))
        cell.weight_ih.copy_(torch.tensor(np.ascontiguousarray(arrays["kernel"].T)))
        cell.weight_hh.copy_(torch.tensor(np.ascontiguousarray(arrays["recurrent_kernel"].T)))
        cell.bias_ih.copy_(torch.tensor(arrays["bias"]))
        cell.bias_hh.zero_()
    cell.bias_hh.requires_grad_(False)  # Keras has one bias
    trained = [p for p in (*parameters.values(), *embed.parameters(), *cell.parameters())]
    optimizer = torch.optim.SGD([p for p in trained if p.requires_grad], LEARNING_RATE)
    tokens, labels, memory, lengths, h, c = map(torch.tensor, data())
    mask = torch.arange(SOURCE) < lengths[:, None]

    def project(memory):
        return functional.linear(memory, parameters["key"], parameters["key_bias"])

    def step(x, h, c, memory, keys, mask):
        query = functional.linear(h, parameters["query"])
        scores = torch.tanh(keys + query[:, None]) @ parameters["score"]
        alpha = torch.softmax(scores.masked_fill(~mask, -1e9), -1)
        context = torch.bmm(alpha[:, None], memory)[:, 0]
        if GATED:
            gate = functional.linear(h, parameters["gate"], parameters["gate_bias"])
            context = context * torch.sigmoid(gate)
        h, c = cell(torch.cat([x, context], 1), (h, c))
        return torch.cat([h, context, x], 1), h, c, alpha

    def read(features):
        hidden = torch.tanh(
            functional.linear(features, parameters["readout"], parameters["readout_bias"])
        )
        return functional.linear(hidden, parameters["logits"], parameters["logits_bias"])

    def train():
        optimizer.zero_grad()
        x, keys, state, features = embed(tokens), project(memory), (h, c), []
        for t in range(TARGET):
            feature, *state, _ = step(x[:, t], *state, memory, keys, mask)
            features.append(feature)
        logits = read(torch.stack(features, 1))
        loss = functional.cross_entropy(logits.reshape(-1, WORDS), labels.reshape(-1).long())
        loss.backward()
        optimizer.step()
        return loss.item()

    @torch.inference_mode()
    def greedy(rows):
        places, hidden = mask[:rows], (h[:rows], c[:rows])
        keys, token, written, weights = project(memory[:rows]), begin[:rows], [], []
        for _ in range(TARGET):
            feature, *hidden, alpha = step(embed(token), *hidden, memory[:rows], keys, places)
            token = read(feature).argmax(-1)
            written.append(token)
            weights.append(alpha)
        return torch.stack(written, 1)[:, None], torch.stack(weights, 1)

    @torch.inference_mode()
    def beam(width, rows):
        """The same search: the greedy output keeps the first place. None of them ends."""

        def spread(array):
            return array[:rows].repeat_interleave(width, 0)

        memories, places = spread(memory), spread(mask)
        keys, hidden = spread(project(memory[:rows])), (spread(h), spread(c))
        scores = torch.full((rows, width), -1e9)
        scores[:, 0] = 0
        token, first = spread(begin), torch.arange(rows)[:, None] * width
        written = torch.zeros((rows * width, 0), dtype=torch.long)
        weights = torch.zeros((rows * width, 0, SOURCE))
        for _ in range(TARGET):
            feature, *hidden, alpha = step(embed(token), *hidden, memories, keys, places)
            gained = torch.log_softmax(read(feature), -1).view(rows, width, WORDS)
            scores = (scores[..., None] + gained).flatten(1)
            forced = scores.clone()
            forced.scatter_(1, gained[:, 0].argmax(-1, keepdim=True), 1e9)
            chosen = forced.topk(width).indices
            scores = scores.gather(1, chosen)
            origin = (first + chosen // WORDS).flatten()
            token = (chosen % WORDS).flatten()
            hidden = [state[origin] for state in hidden]
            written = torch.cat([written[origin], token[:, None]], 1)
            weights = torch.cat([weights[origin], alpha[origin][:, None]], 1)
        best = (torch.arange(rows) * width + scores.argmax(-1))[:, None]
        return written[best], weights[best]

    def write(width, rows):
        return (greedy(rows) if width == 1 else beam(width, rows))[0].numpy()

    begin = torch.full((BATCH,), BEGIN)
    return train, write


def build():
    """Functions to time for `turns.serve`, and facts by which the sides are compared."""
    train, write = torch_side() if sys.argv[1] == "torch" else zoo_side()
    written = {name: write(*sizes)[0, 0].tolist() for name, sizes in DECODING.items()}
    start = time.perf_counter()
    losses = [train() for _ in range(3)]
    facts = {"written": written, "losses": losses, "first_steps": time.perf_counter() - start}
    return {"train": train} | {
        name: functools.partial(write, *sizes) for name, sizes in DECODING.items()
    }, facts


if __name__ == "__main__":
    turns.serve(build)
