"""One side of `benchmarks.forecasting`: a forecaster trained on drawn windows on request."""

import os
import sys
from typing import NamedTuple

import numpy as np

from benchmarks import turns
from benchmarks.workers import sides

FEATURES, KNOWN, HORIZON, HIDDEN, CONTEXT = 28, 6, 24, 64, 16
LEVELS = (0.1, 0.5, 0.9)
CLIP_NORM = 1.0
STEPS_BEFORE = 30  # whose last losses are compared


class Case(NamedTuple):
    """Sizes of a network and of its training step."""

    cell: str
    units: int
    layers: int
    rows: int
    window: int


CASES = {
    "jena": Case("gru", 32, 1, 128, 72),
    "two layers": Case("gru", 64, 2, 128, 72),
    "lstm": Case("lstm", 64, 1, 128, 168),
}


def windows(case):
    """Past, marks, known features and what came, of waves of different phase, without end."""
    rng = np.random.default_rng(0)
    steps = np.arange(case.window + HORIZON)
    while True:
        phase = rng.uniform(0, 6.3, (case.rows, 1, 1))
        waves = np.sin(phase + 2 * np.pi * steps[:, None] / 24 + np.arange(FEATURES))
        waves = (waves + 0.3 * rng.normal(size=waves.shape)).astype(np.float32)
        seen = rng.random((case.rows, case.window, FEATURES)) > 0.02
        known = waves[:, case.window :, 1 : 1 + KNOWN]
        yield waves[:, : case.window] * seen, seen, known, waves[:, case.window :, :1]


def zoo_side(case):
    """The zoo's model under the recipe's loss and optimizer."""
    import tensorflow as tf

    import zoo
    from recipes.forecasting.networks import pinball

    sides.prepare_zoo()
    model = zoo.rnn_forecaster(
        FEATURES, 1, HORIZON, num_known=KNOWN, quantiles=LEVELS, units=case.units,
        num_layers=case.layers, cell=case.cell, hidden=(HIDDEN,), context_dim=CONTEXT, dropout=0.0,
        linear_steps=0,
    )  # fmt: skip

    def loss_of(past, seen, known, came):
        out = model({"past": past, "observed": seen, "known": known}, training=True)
        return tf.reduce_mean(pinball(came, out, LEVELS))

    return sides.zoo_step(model, loss_of, CLIP_NORM)


def torch_side(case):
    """The same network of PyTorch's recurrent layers."""
    import torch
    from torch import nn

    sides.prepare_torch()
    levels = torch.tensor(LEVELS)

    class Forecaster(nn.Module):
        def __init__(self):
            super().__init__()
            kind = {"gru": nn.GRU, "lstm": nn.LSTM}[case.cell]
            width = 3 * FEATURES
            self.recurrent = kind(width, case.units, case.layers, batch_first=True)
            self.contexts = nn.Linear(case.units, HORIZON * CONTEXT)
            self.hidden = nn.Linear(CONTEXT + KNOWN, HIDDEN)
            self.raw = nn.Linear(HIDDEN, len(LEVELS))
            for name, weight in self.named_parameters():
                if "bias" in name:
                    nn.init.zeros_(weight)
                elif "weight_hh" in name:
                    nn.init.orthogonal_(weight)
                else:
                    nn.init.xavier_uniform_(weight)

        def forward(self, past, seen, known):
            marks = seen.float()
            steps = torch.arange(1, past.shape[1] + 1)[:, None] * marks
            last = past.gather(1, steps.argmax(1, keepdim=True))  # (B, 1, F)
            changes = (past - last) * marks
            out, _ = self.recurrent(torch.cat([past, changes, marks], -1))
            contexts = self.contexts(out[:, -1]).view(-1, HORIZON, CONTEXT)
            raw = self.raw(torch.relu(self.hidden(torch.cat([contexts, known], -1))))
            centre = raw[..., 1:2] + last[..., :1]
            low = centre - nn.functional.softplus(raw[..., :1])
            high = centre + nn.functional.softplus(raw[..., 2:])
            return torch.cat([low, centre, high], -1)

    model = Forecaster()

    def loss_of(past, seen, known, came):
        error = came - model(past, seen, known)
        return torch.maximum(levels * error, (levels - 1) * error).mean()

    return sides.torch_step(model, loss_of, CLIP_NORM)


def build(name):
    """The training step of a case, and the loss that it has come to."""
    case = CASES[name]
    step = {"zoo": zoo_side, "torch": torch_side}[sys.argv[1]](case)
    batches = windows(case)
    first = [step(*next(batches)) for _ in range(STEPS_BEFORE)]
    batch = next(batches)  # the same one, as drawing windows is none of it
    return {"train": lambda: step(*batch)}, {"loss": float(np.mean(first[-5:]))}


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", str(sides.THREADS))
    turns.serve(build)
