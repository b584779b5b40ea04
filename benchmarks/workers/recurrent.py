"""One side of `benchmarks.recurrent`: recurrent layers, on a GPU if its framework sees one."""

import sys
import time
from typing import NamedTuple

import numpy as np

from benchmarks import turns


class Case(NamedTuple):
    cell: str
    batch: int
    steps: int
    features: int
    units: int
    num_layers: int
    classes: int
    bidirectional: bool = False  # and then only the final states are read
    lengths: bool = False


CASES = {
    "A-lstm": Case("lstm", 64, 100, 128, 128, 1, 32),
    "A-gru": Case("gru", 64, 100, 128, 128, 1, 32),
    "B-lstm": Case("lstm", 64, 100, 128, 512, 1, 32),
    "B-gru": Case("gru", 64, 100, 128, 512, 1, 32),
    "C-lstm": Case("lstm", 128, 25, 96, 512, 3, 96),
    "C-gru": Case("gru", 128, 25, 96, 512, 3, 96),
    "D-lstm": Case("lstm", 32, 400, 100, 128, 1, 2, True),
    "D-lstm-lengths": Case("lstm", 32, 400, 100, 128, 1, 2, True, True),
}
LEARNING_RATE = 1e-3
PRECISIONS = ("float32", "bfloat16", "float16")


def tiny(case):
    """The same kind of case at sizes that take no time."""
    return case._replace(batch=2, steps=6, features=3, units=4)


def operations(case):
    """Multiplications and additions of the matrix products of a training step."""
    gates = {"lstm": 4, "gru": 3}[case.cell] * case.units
    rows, total, width = case.batch * case.steps, 0, case.features
    for number in range(case.num_layers):
        # Forward, gradient of the weights, gradient of the state; of the input above the first.
        products = 2 * width + 3 * case.units + (width if number else 0)
        total += 2 * rows * gates * products * (1 + case.bidirectional)
        width = case.units * (1 + case.bidirectional)
    return total + 3 * 2 * (case.batch if case.bidirectional else rows) * width * case.classes


def data(case):
    """Inputs, labels, lengths and, by name, weights in Keras' layout; the same on every side."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((case.batch, case.steps, case.features), np.float32)
    lengths = rng.integers(case.steps // 20, case.steps + 1, case.batch)
    lengths[0] = case.steps
    shape = (case.batch,) if case.bidirectional else (case.batch, case.steps)
    labels = rng.integers(0, case.classes, shape)
    gates = {"lstm": 4, "gru": 3}[case.cell] * case.units
    weights, width = [], case.features
    for _ in range(case.num_layers):
        for _ in range(1 + case.bidirectional):
            bias = (gates,) if case.cell == "lstm" else (2, gates)
            for size in ((width, gates), (case.units, gates), bias):
                limit = case.units**-0.5
                weights.append(rng.uniform(-limit, limit, size).astype(np.float32))
        width = case.units * (1 + case.bidirectional)
    weights.append(rng.uniform(-0.1, 0.1, (width, case.classes)).astype(np.float32))
    weights.append(np.zeros(case.classes, np.float32))
    return x, labels, lengths, weights


def keras_side(kind, case, precision):
    """Functions to time and facts, of the layers of Keras or of zoo."""
    import keras

    from recipes.common import models
    from zoo.layers import recurrent

    house = recurrent if kind.startswith("zoo") else keras.layers
    keras.config.set_dtype_policy(precision if precision == "float32" else f"mixed_{precision}")
    x, labels, lengths, weights = data(case)
    inputs = keras.Input((case.steps, case.features), case.batch)
    mask = keras.Input((case.steps,), case.batch, dtype="bool")
    layer_class = {"lstm": house.LSTM, "gru": house.GRU}[case.cell]
    h = inputs
    for _ in range(case.num_layers):
        layer = layer_class(case.units, return_sequences=not case.bidirectional)
        layer = keras.layers.Bidirectional(layer) if case.bidirectional else layer
        h = layer(h, mask=mask if case.lengths else None)
    logits = keras.layers.Dense(case.classes, dtype="float32")(h)
    model = keras.Model([inputs, mask], logits)
    model.set_weights(weights)
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=kind.endswith(("xla", "jax")),
    )
    tensor = keras.ops.convert_to_tensor
    inputs = [tensor(x), tensor(np.arange(case.steps) < lengths[:, None])]
    labels = tensor(labels)
    square = tensor(np.random.default_rng(0).standard_normal((2048, 2048), np.float32))
    steps = {
        "train": lambda: float(model.train_on_batch(inputs, labels)),
        "forward": lambda: np.asarray(model.predict_on_batch(inputs)),
        "product": lambda: np.asarray(keras.ops.matmul(square, square))[0, 0],
    }
    kernels = sorted({layer.kernel for layer in models.recurrent_layers(model)})
    return steps, {"kernel": ", ".join(kernels)}


def torch_side(case, precision):
    """Functions to time and facts, of PyTorch's layers.

    In half precision the recurrent layers have half their weights too, which spares PyTorch the
    casts that Keras makes in each step; the product with the classes stays in float32 on all sides.
    """
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence

    device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32, as TensorFlow and cuDNN take it

    x, labels, lengths, weights = data(case)
    layer_class = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[case.cell]
    net = layer_class(
        case.features, case.units, case.num_layers,
        batch_first=True, bidirectional=case.bidirectional,
    )  # fmt: skip
    dense = torch.nn.Linear(case.units * (1 + case.bidirectional), case.classes)
    _copy_weights(torch, case, net, dense, weights)
    dtype = getattr(torch, precision)
    net, dense = net.to(device, dtype), dense.to(device)
    optimizer = torch.optim.SGD([*net.parameters(), *dense.parameters()], LEARNING_RATE)
    x, labels = torch.tensor(x).to(device, dtype), torch.tensor(labels).to(device)
    lengths = torch.tensor(lengths)  # packing wants them on the CPU

    def logits():
        packed = pack_padded_sequence(x, lengths, True, False) if case.lengths else x
        h, last = net(packed)
        if case.bidirectional:
            h = torch.cat([*(last[0] if case.cell == "lstm" else last)], 1)
        return dense(h.float())

    def train():
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            logits().reshape(-1, case.classes), labels.reshape(-1)
        )
        loss.backward()
        optimizer.step()
        return loss.item()

    def forward():
        with torch.no_grad():
            return logits().cpu().numpy()

    def product():
        return (square @ square)[0, 0].item()

    square = torch.randn(2048, 2048, device=device)
    kernel = "cudnn" if torch.cudnn_is_acceptable(x) else "torch"  # as PyTorch itself asks
    return {"train": train, "forward": forward, "product": product}, {"kernel": kernel}


def _copy_weights(torch, case, net, dense, weights):
    """Keras' layout into PyTorch's: transposed, and the GRU's gates in another order."""

    def reorder(array):
        if case.cell == "lstm":
            return array
        update, reset, candidate = np.split(array, 3, -1)
        return np.concatenate([reset, update, candidate], -1)

    arrays = iter(weights)
    with torch.no_grad():
        for number in range(case.num_layers):
            for direction in ("", "_reverse")[: 1 + case.bidirectional]:
                kernel, recurrent, bias = (reorder(next(arrays)) for _ in range(3))
                biases = (bias, np.zeros_like(bias)) if case.cell == "lstm" else bias
                for name, array in (
                    ("weight_ih", kernel.T), ("weight_hh", recurrent.T),
                    ("bias_ih", biases[0]), ("bias_hh", biases[1]),
                ):  # fmt: skip
                    target = getattr(net, f"{name}_l{number}{direction}")
                    target.copy_(torch.tensor(np.ascontiguousarray(array)))
        dense.weight.copy_(torch.tensor(next(arrays).T.copy()))
        dense.bias.copy_(torch.tensor(next(arrays)))


def build(name, precision="float32", is_tiny=False):
    """Functions to time for `turns.serve`, and facts with the loss of the first step."""
    case = tiny(CASES[name]) if is_tiny else CASES[name]
    kind = sys.argv[1]
    side = torch_side(case, precision) if kind == "torch" else keras_side(kind, case, precision)
    steps, facts = side
    start = time.perf_counter()
    loss = steps["train"]()
    first_step = time.perf_counter() - start
    return steps, {**facts, "loss": loss, "first_step": first_step, "operations": operations(case)}


if __name__ == "__main__":
    turns.serve(build)
