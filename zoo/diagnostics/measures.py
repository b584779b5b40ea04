"""Figures of a model's weights, gates and gradient flow, by name, as `GradientHealth` logs them."""

import keras
import numpy as np

from zoo.diagnostics.flow import follow
from zoo.diagnostics.recording import watched_cells

SHUT, OPEN = 0.05, 0.95  # a gate beyond these hardly passes a gradient to what sets it


def layers_of(model):
    """The name of its layer for each trainable weight, that of the recurrent layer for a cell's."""
    cells = {
        id(weight): seen.layer
        for seen in watched_cells(model)
        for weight in seen.cell.trainable_weights
    }
    return [
        cells.get(id(weight), weight.path.rpartition("/")[0] or weight.path)
        for weight in model.trainable_weights
    ]


def by_layer(layers, norms):
    """Norms of weights as one for each layer: the root of the sum of their squares."""
    found = {}
    for layer, norm in zip(layers, norms, strict=True):
        found[layer] = float(np.hypot(found.get(layer, 0.0), norm))
    return found


def numbers(weights):
    """Weights as arrays that stay as they are."""
    return [np.array(keras.ops.convert_to_numpy(weight), "float32") for weight in weights]


def spectra(model):
    """The spectral radius, the largest absolute eigenvalue, of each recurrent kernel.

    Returns:
        A dict: for each block of a kernel `"radius/<layer>/<block>"`, without the block's name for
        a kernel of one block.
    """
    found = {}
    for layer, cell, seen in _kernels(model):
        kernel = keras.ops.convert_to_numpy(cell.recurrent_kernel).astype("float64")
        if not np.isfinite(kernel).all():
            continue
        for name, block in zip(seen.blocks, np.split(kernel, len(seen.blocks), 1), strict=True):
            radius = float(np.abs(np.linalg.eigvals(block)).max())
            found[f"radius/{layer}/{name}".rstrip("/")] = radius
    return found


def _kernels(model):
    """Name, cell and `Watched` of the cells whose recurrent kernel is a row of square blocks."""
    for seen in watched_cells(model):
        shape = getattr(getattr(seen.cell, "recurrent_kernel", None), "shape", ())
        if len(shape) == 2 and shape[1] == shape[0] * len(seen.blocks):
            yield seen.layer, seen.cell, seen


def probed(model, probe):
    """Gradient flow and gates on a batch.

    Args:
        model: The model.
        probe: A batch as `gradient_flow` takes it.

    Returns:
        `flows, figures`: the `GradientFlow`s, and a dict: for each layer and state
        `"decay/<layer>/<state>"`; `"far/…"`, the norm at the largest distance that half of the rows
        have, as a share of the first; `"steps/…"`, that distance; `"largest/…"`, the largest norm.
        For each gate `"shut/<layer>/<gate>"` and `"open/…"`, the shares of activations that are
        below 0.05 and above 0.95.
    """
    flows, watched, record = follow(model, probe, gates=True)
    figures = {}
    for flow in flows:
        name = f"{flow.layer}/{flow.state}"
        far = int(np.flatnonzero(flow.rows * 2 >= flow.rows[0])[-1])
        figures[f"decay/{name}"] = flow.decay
        figures[f"far/{name}"] = float(flow.normalised[far])
        figures[f"steps/{name}"] = float(far)
        figures[f"largest/{name}"] = float(flow.norm[: far + 1].max())
    for seen, steps in zip(watched, record, strict=True):
        if steps.gates:
            figures |= _saturation(seen, steps)
    return flows, figures


def _saturation(seen, steps):
    figures = {}
    for number, gate in enumerate(seen.gates):
        values = np.stack(steps.gates[number :: len(seen.gates)])  # (steps, B, units)
        if steps.real is not None and len(steps.real) == len(values):
            values = values[steps.real]
        figures[f"shut/{seen.layer}/{gate}"] = float((values < SHUT).mean())
        figures[f"open/{seen.layer}/{gate}"] = float((values > OPEN).mean())
    return figures
