"""One side of `benchmarks.drawing`: DRAW trained on the bound of drawn pictures on request."""

import os
import sys
from typing import NamedTuple

import numpy as np

from benchmarks import turns
from benchmarks.workers import sides

SIDE, LATENT, UNITS = 28, 100, 256
CLIP_NORM = 5.0
STEPS_BEFORE = 20  # whose last losses are compared


class Case(NamedTuple):
    """Sizes of a network and of its training step; a grid of 0 is the whole picture."""

    rows: int
    strokes: int
    grid: int


CASES = {
    "attention": Case(128, 24, 5),
    "attention, 64 strokes": Case(128, 64, 5),
    "whole picture": Case(128, 10, 0),
}


def pictures(rows):
    """Black and white pictures of a bar each, `(rows, 28 * 28)`, without end."""
    rng = np.random.default_rng(0)
    while True:
        images = np.zeros((rows, SIDE, SIDE), np.float32)
        for image, (top, left) in zip(images, rng.integers(0, 20, (rows, 2)), strict=True):
            image[top : top + 8, left : left + 3] = 1
        yield images.reshape(rows, -1)


def weights(case):
    """The weights to begin with, by name; kernels have a row for each input, as Keras has them."""
    rng = np.random.default_rng(0)
    read = 2 * (case.grid**2 or SIDE**2)
    write = case.grid**2 + 5 if case.grid else SIDE**2
    shapes = {
        "encoder": (read + 2 * UNITS, 4 * UNITS),
        "posterior": (UNITS, 2 * LATENT),
        "decoder": (LATENT + UNITS, 4 * UNITS),
        "write": (UNITS, write),
    }
    if case.grid:
        shapes["window"] = (UNITS, 5)
    return {
        name: rng.normal(0, shape[0] ** -0.5, shape).astype(np.float32)
        for name, shape in shapes.items()
    }


def zoo_side(case):
    """The zoo's model under the recipe's loss and optimizer."""
    import tensorflow as tf

    import zoo

    sides.prepare_zoo()
    grid = case.grid or None
    model = zoo.draw((SIDE, SIDE, 1), steps=case.strokes, read_size=grid, write_size=grid)
    for name, kernel in weights(case).items():
        getattr(model.get_layer("strokes"), name).kernel.assign(kernel)

    def loss_of(white):
        out = model({"image": tf.reshape(white, (-1, SIDE, SIDE, 1)) * 255}, training=True)
        logits = tf.reshape(out["logits"], tf.shape(white))
        nats = tf.nn.sigmoid_cross_entropy_with_logits(white, logits)
        return tf.reduce_mean(tf.reduce_sum(nats, 1) + tf.reduce_sum(out["kl"], 1))

    return sides.zoo_step(model, loss_of, CLIP_NORM)


def torch_side(case):
    """The same network of PyTorch's LSTM cells and batched products."""
    import torch
    from torch import nn

    sides.prepare_torch()
    begin = {name: torch.from_numpy(kernel.T) for name, kernel in weights(case).items()}

    class Draw(nn.Module):
        def __init__(self):
            super().__init__()
            read = 2 * (case.grid**2 or SIDE**2)
            self.encoder = nn.LSTMCell(read + UNITS, UNITS)
            self.decoder = nn.LSTMCell(LATENT, UNITS)
            self.posterior = nn.Linear(UNITS, 2 * LATENT)
            self.write = nn.Linear(UNITS, case.grid**2 + 5 if case.grid else SIDE**2)
            self.canvas = nn.Parameter(torch.zeros(SIDE**2))
            self.states = nn.Parameter(torch.zeros(4, UNITS))
            linear = [self.posterior, self.write]
            names = ["posterior", "write"]
            if case.grid:
                self.window = nn.Linear(UNITS, 5)
                linear.append(self.window)
                names.append("window")
            with torch.no_grad():
                for name, layer in zip(names, linear, strict=True):
                    layer.weight.copy_(begin[name])
                    layer.bias.zero_()
                for name in ("encoder", "decoder"):
                    cell, kernel = getattr(self, name), begin[name]
                    cell.weight_ih.copy_(kernel[:, :-UNITS])
                    cell.weight_hh.copy_(kernel[:, -UNITS:])
                    cell.bias_hh.zero_()
                    cell.bias_ih.zero_()
                    cell.bias_ih[UNITS : 2 * UNITS] = 1

        def filters(self, raw):
            x, y, variance, stride, strength = raw.unbind(1)
            stride = (SIDE - 1) / (case.grid - 1) * stride.exp()
            variance = variance.exp()[:, None, None]
            steps = torch.arange(case.grid) - (case.grid - 1) / 2
            pixels = torch.arange(SIDE, dtype=torch.float32)

            def along(centre):
                middle = (SIDE + 1) / 2 * (centre + 1) - 1
                means = middle[:, None] + steps * stride[:, None]
                squares = (pixels - means[:, :, None]) ** 2
                return torch.softmax(-squares / (2 * variance), -1)

            return along(y), along(x), strength.exp()[:, None, None]

        def read(self, white, canvas, decoder_h):
            missing = white - torch.sigmoid(canvas)
            if not case.grid:
                return torch.cat([white, missing], 1)
            down, across, strength = self.filters(self.window(decoder_h))
            across = across.transpose(1, 2)
            patches = [
                (down @ image.view(-1, SIDE, SIDE) @ across * strength).flatten(1)
                for image in (white, missing)
            ]
            return torch.cat(patches, 1)

        def written(self, decoder_h):
            raw = self.write(decoder_h)
            if not case.grid:
                return raw
            down, across, strength = self.filters(raw[:, :5])
            patch = raw[:, 5:].view(-1, case.grid, case.grid)
            return (down.transpose(1, 2) @ patch @ across / strength).flatten(1)

        def forward(self, white):
            rows = len(white)
            canvas = self.canvas.expand(rows, -1)
            e_h, e_c, d_h, d_c = (state.expand(rows, -1) for state in self.states)
            divergence = 0
            for _ in range(case.strokes):
                seen = torch.cat([self.read(white, canvas, d_h), d_h], 1)
                e_h, e_c = self.encoder(seen, (e_h, e_c))
                mean, log_deviation = self.posterior(e_h).chunk(2, 1)
                latent = mean + log_deviation.exp() * torch.randn_like(mean)
                terms = mean**2 + torch.expm1(2 * log_deviation) - 2 * log_deviation
                divergence = divergence + terms.sum(1) / 2
                d_h, d_c = self.decoder(latent, (d_h, d_c))
                canvas = canvas + self.written(d_h)
            return canvas, divergence

    model = Draw()
    entropy = nn.functional.binary_cross_entropy_with_logits

    def loss_of(white):
        canvas, divergence = model(white)
        return (entropy(canvas, white, reduction="none").sum(1) + divergence).mean()

    return sides.torch_step(model, loss_of, CLIP_NORM)


def build(name):
    """The training step of a case, and the loss that it has come to."""
    case = CASES[name]
    step = {"zoo": zoo_side, "torch": torch_side}[sys.argv[1]](case)
    batches = pictures(case.rows)
    first = [step(next(batches)) for _ in range(STEPS_BEFORE)]
    return {"train": lambda: step(next(batches))}, {"loss": float(np.mean(first[-5:]))}


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(sides.THREADS))
    turns.serve(build)
