"""One side of `benchmarks.attention`: a decoder with attention, trained and decoding on request.

Batch 64, 30 source and 30 target tokens, 512 units, attention 512, memory 1,024 wide (as a
bidirectional encoder of 512 units gives it), embeddings 256, 8,000 words; the decoder alone.
"""

import sys
import time

import numpy as np

from benchmarks import turns

BATCH, SOURCE, TARGET, UNITS, EMBEDDING, MEMORY, WORDS = 64, 30, 30, 512, 256, 1024, 8000
LEARNING_RATE = 1e-3
BEGIN, END = 2, 3


def data(batch=BATCH):
    """Tokens, labels, memory, source lengths, initial `h` and `c`; the same on every side."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(4, WORDS, (batch, TARGET + 1)).astype(np.int32)
    tokens[:, 0] = BEGIN
    memory = rng.uniform(-0.5, 0.5, (batch, SOURCE, MEMORY)).astype(np.float32)
    lengths = rng.integers(SOURCE // 2, SOURCE + 1, batch)
    lengths[0] = SOURCE
    h, c = rng.uniform(-0.5, 0.5, (2, batch, UNITS)).astype(np.float32)
    return tokens[:, :-1], tokens[:, 1:], memory, lengths, h, c


def weights():
    """By name, in Keras' layout."""
    rng = np.random.default_rng(1)
    shapes = {
        "embed": (WORDS, EMBEDDING),
        "key": (MEMORY, UNITS),
        "key_bias": (UNITS,),
        "query": (UNITS, UNITS),
        "score": (UNITS,),
        "kernel": (EMBEDDING + MEMORY, 4 * UNITS),
        "recurrent_kernel": (UNITS, 4 * UNITS),
        "bias": (4 * UNITS,),
        "readout": (UNITS + MEMORY + EMBEDDING, EMBEDDING),
        "readout_bias": (EMBEDDING,),
        "logits": (EMBEDDING, WORDS),
        "logits_bias": (WORDS,),
    }
    limit = UNITS**-0.5
    return {name: rng.uniform(-limit, limit, s).astype(np.float32) for name, s in shapes.items()}


def zoo_side():
    import keras

    from zoo.layers.attention_decoders import AttentionDecoder

    arrays = weights()
    tokens, labels, memory, lengths, h, c = data()
    mask = np.arange(SOURCE) < lengths[:, None]
    inputs = [
        keras.Input((None,), dtype="int32"),
        keras.Input((None, MEMORY)),
        keras.Input((None,), dtype="bool"),
        keras.Input((UNITS,)),
        keras.Input((UNITS,)),
    ]
    decoder = AttentionDecoder(WORDS, EMBEDDING, UNITS, attention_dim=UNITS)
    model = keras.Model(inputs, decoder(inputs[0], inputs[1:]))
    layers = {
        decoder.embed: ["embed"],
        decoder.attention.key: ["key", "key_bias"],
        decoder.attention.query: ["query"],
        decoder.recurrent[0]: ["kernel", "recurrent_kernel", "bias"],
        decoder.readout: ["readout", "readout_bias"],
        decoder.output_layer: ["logits", "logits_bias"],
    }
    for layer, names in layers.items():
        layer.set_weights([arrays[name] for name in names])
    decoder.attention.score_kernel.assign(arrays["score"])
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile="xla" in sys.argv,
    )
    x = [keras.ops.convert_to_tensor(a) for a in (tokens, memory, mask, h, c)]
    y = keras.ops.convert_to_tensor(labels)
    return {"train": lambda: float(model.train_on_batch(x, y))}


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
        h, c = cell(torch.cat([x, context], 1), (h, c))
        return torch.cat([h, context, x], 1), h, c

    def read(features):
        hidden = torch.tanh(
            functional.linear(features, parameters["readout"], parameters["readout_bias"])
        )
        return functional.linear(hidden, parameters["logits"], parameters["logits_bias"])

    def train():
        optimizer.zero_grad()
        x, keys, state, features = embed(tokens), project(memory), (h, c), []
        for t in range(TARGET):
            feature, *state = step(x[:, t], *state, memory, keys, mask)
            features.append(feature)
        logits = read(torch.stack(features, 1))
        loss = functional.cross_entropy(logits.reshape(-1, WORDS), labels.reshape(-1).long())
        loss.backward()
        optimizer.step()
        return loss.item()

    return {"train": train}


def main():
    steps = torch_side() if sys.argv[1] == "torch" else zoo_side()
    start = time.perf_counter()
    losses = [steps["train"]() for _ in range(3)]
    turns.serve(steps, {"losses": losses, "first_steps": time.perf_counter() - start})


if __name__ == "__main__":
    main()
