"""Gradient flow: the part of the loss' gradient that reaches each earlier step."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from zoo.diagnostics import backends
from zoo.diagnostics.recording import recording, unchanged, watched_cells

HALF_SCALE = 2.0**12  # of a loss whose gradients are float16, which has no numbers below 6e-8


class GradientFlow(NamedTuple):
    """The norm of the loss' gradient at the states of one recurrent layer, by distance.

    `D` distances, `U` units.

    Attributes:
        layer: Name of the recurrent layer.
        cell: `"lstm"`, `"gru"`, `"rnn"`, `"irnn"` (a ReLU), or the class of another cell.
        state: `"h"`, or `"c"` for the cell state of an LSTM.
        distance: `(D,)` steps of the layer back from the last state that the loss depends on.
        norm: `(D,)` the norm of the gradient at that state, the mean over the rows of the batch.
        rows: `(D,)` number of rows that are so long.
        per_unit: `(D, U)` the mean size of the gradient at each unit (cell) of the state.
    """

    layer: str
    cell: str
    state: str
    distance: np.ndarray
    norm: np.ndarray
    rows: np.ndarray
    per_unit: np.ndarray

    @property
    def normalised(self):
        """`(D,)` the norms as shares of the first one that is not 0."""
        positive = self.norm[self.norm > 0]
        return self.norm / positive[0] if len(positive) else self.norm

    @property
    def decay(self):
        """The factor a step that fits the norms best: below 1 vanishing, above 1 exploding.

        Least squares on their logarithms, each distance weighted by its rows; norms that have
        become 0 or infinite are left out. NaN if fewer than two are left.
        """
        used = (self.norm > 0) & np.isfinite(self.norm)
        if used.sum() < 2:
            return float("nan")
        weights = np.sqrt(self.rows[used])
        slope = np.polyfit(self.distance[used], np.log(self.norm[used]), 1, w=weights)[0]
        return float(np.exp(slope))


def gradient_flow(model, batch, *, loss=None, step=None):
    """Measure how much of the loss' gradient reaches the states of each earlier step.

    The loss is taken at one step of each row, the last real one, and differentiated with respect to
    the state `h_t` of every recurrent layer at every step: cells are run one step after the other,
    without dropout, and a zero is added to each state, at which the gradient is read. Nothing of
    the model is changed. Works on each backend of Keras; about a second for a hundred steps.

    Reference: Bengio, Simard & Frasconi (1994), "Learning long-term dependencies with gradient
    descent is difficult", https://doi.org/10.1109/72.279181; Pascanu, Mikolov & Bengio (2013), "On
    the difficulty of training recurrent neural networks", https://arxiv.org/abs/1211.5063,
    section 2.

    Args:
        model: A Keras model with recurrent layers anywhere inside.
        batch: `(inputs, labels)` or `(inputs, labels, weights)`; weights of 0 say which rows or
            steps do not count.
        loss: A `keras.losses.Loss`, the name of one, or a function of labels and outputs that gives
            a loss for each row or each step. By default that of the compiled model; of a model that
            is not compiled, the cross-entropy of its logits: of one class where labels are ids and
            logits have an axis more, else of yes and no.
        step: The step of the output at which the loss is taken, an integer or `(B,)` of them;
            negative ones count from the end. By default each row's last step with a weight; without
            weights the last label that is not 0, padding, or the last step where labels are yes
            and no. Outputs without steps have one loss a row.

    Returns:
        A list of `GradientFlow`, one for each recurrent layer and state.

    Raises:
        ValueError: If there is no recurrent layer, the batch has no labels, or the loss does not
            depend on any of its rows.
    """
    flows, _, _ = follow(model, batch, loss, step)
    return flows


def follow(model, batch, loss=None, step=None, gates=False):
    """The work of `gradient_flow`, and what a pass has shown beside it.

    Args:
        model, batch, loss, step: As there.
        gates: Whether to keep the gates.

    Returns:
        `flows, watched, record`: the flows; the `Watched` cells; the `Steps` of each.
    """
    watched = watched_cells(model)
    if not watched:
        raise ValueError(f"{model.name} has no recurrent layer whose gradients could be followed.")
    inputs, labels, weights = _parts(batch)
    chosen = {}

    def total(outputs):
        outputs = _one_output(model, outputs)
        values = ops.cast(_losses(loss, model, labels, outputs), "float32")
        if not chosen:
            counted = _one_step(values, labels, outputs, weights, step)
            chosen["weights"] = ops.convert_to_tensor(counted)
        return ops.sum(values * chosen["weights"])

    with unchanged(model):
        with recording(watched, gates=gates) as record:
            total(model(inputs, training=False))
        shapes = [state for steps in record for step in steps.shapes for state in step]
        scale = HALF_SCALE if any(dtype == "float16" for _, dtype in shapes) else 1.0

        def scaled(probes):
            with recording(watched, _by_step(probes, record)):
                return total(model(inputs, training=False)) * scale

        probes = [np.zeros(shape, "float32") for shape, _ in shapes]
        found = _by_step(backends.gradients(scaled, probes), record)
    flows = []
    for seen, gradients, steps in zip(watched, found, record, strict=True):
        flows += _flows(seen, gradients, steps.real, scale)
    if not flows:
        raise ValueError("The loss depends on no row of the batch; give labels or weights that do.")
    return flows, watched, record


def plot_gradient_flow(flows, axes=None):
    """Draw the norms against the distance, a line for each layer and state.

    Args:
        flows: From `gradient_flow`, or a dict of such lists by a name that stands before the
            layers'.
        axes: Axes of matplotlib to draw on; those of a new figure if None.

    Returns:
        The axes; `axes.figure.savefig("gradient_flow.png")` writes them.
    """
    if axes is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
    groups = flows if isinstance(flows, dict) else {"": flows}
    lines = [(f"{name} " if name else "", flow) for name, group in groups.items() for flow in group]
    for name, flow in lines:
        shown = flow.norm > 0
        label = f"{name}{flow.layer} ({flow.cell}), {flow.state}: {flow.decay:.3f} a step"
        style = "--" if flow.state != "h" else "-"
        axes.plot(flow.distance[shown], flow.norm[shown], style, label=label, linewidth=1.4)
    axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("steps before the loss")
    axes.set_ylabel("norm of the loss' gradient at the state")
    axes.legend(frameon=False, fontsize=8)
    return axes


def _parts(batch):
    """Inputs, labels and weights of a batch, which may have no weights."""
    if not isinstance(batch, list | tuple) or len(batch) not in (2, 3):
        raise ValueError("A batch is (inputs, labels) or (inputs, labels, weights).")
    inputs, labels, *weights = batch
    weights = None if not weights or weights[0] is None else ops.convert_to_numpy(weights[0])
    return inputs, ops.convert_to_tensor(labels), weights


def _one_output(model, outputs):
    """The output that the labels are for: the logits, where a model also gives its states."""
    if isinstance(outputs, dict):
        outputs = [outputs["logits"]] if "logits" in outputs else list(outputs.values())
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    if len(outputs) != 1:
        raise ValueError(
            f"{model.name} has {len(outputs)} outputs; give gradient_flow a model of the one that "
            "the labels are for."
        )
    return ops.cast(outputs[0], "float32")


def _losses(loss, model, labels, outputs):
    """The loss of each row or each step."""
    if loss is None and model.compiled:
        loss = getattr(model, "loss", None)
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if isinstance(loss, keras.losses.Loss):
        return loss.call(labels, outputs)
    if callable(loss):
        return loss(labels, outputs)
    if outputs.shape[-1] == 1 and len(labels.shape) == len(outputs.shape) - 1:
        outputs = ops.squeeze(outputs, -1)
    if tuple(labels.shape) == tuple(outputs.shape):
        return ops.softplus(outputs) - ops.cast(labels, outputs.dtype) * outputs
    if len(labels.shape) == len(outputs.shape) - 1:
        return keras.losses.sparse_categorical_crossentropy(labels, outputs, from_logits=True)
    raise ValueError(
        f"Labels of shape {tuple(labels.shape)} have no cross-entropy with outputs of shape "
        f"{tuple(outputs.shape)}; name the loss."
    )


def _one_step(values, labels, outputs, weights, step):
    """1 for the losses that count, one of each row at most, and 0 for the others."""
    shape = tuple(values.shape)
    if len(shape) == 0:
        return np.float32(1)
    real = np.ones(shape, bool)
    if weights is not None:
        weights = weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim))
        real &= weights != 0
    elif len(shape) > 1 and len(labels.shape) == len(outputs.shape) - 1:
        real &= ops.convert_to_numpy(labels).reshape(shape) != 0
    if len(shape) == 1:
        return real.astype("float32")
    steps = np.arange(shape[-1])
    if step is None:
        last = np.where(real, steps, -1).max(-1, keepdims=True)  # -1 where no step counts
        return (steps == last).astype("float32")
    step = np.asarray(step)
    if (step >= shape[-1]).any() or (step < -shape[-1]).any():
        raise ValueError(f"step must be within the {shape[-1]} steps of the output; got {step}.")
    chosen = steps == (step % shape[-1]).reshape(step.shape + (1,) * (len(shape) - step.ndim))
    return (chosen & real.any(-1, keepdims=True)).astype("float32")


def _by_step(flat, record):
    """A flat list as, for each cell, a list of steps, each a list of states."""
    flat = iter(flat)
    return [[[next(flat) for _ in step] for step in steps.shapes] for steps in record]


def _flows(seen, gradients, real, scale):
    """The `GradientFlow` of each state of a cell from its gradients, by step and state.

    Args:
        real: `(steps, B)` bool, False where there is only padding, or None.
    """
    flows = []
    states = [
        np.stack([step[number].reshape(len(step[number]), -1) for step in gradients])
        for number in range(len(gradients[0]) if gradients else 0)
    ]  # (steps, B, U) each
    if not states:
        return []
    depends = np.any([(state != 0).any(-1) for state in states], 0)  # (steps, B)
    used = depends.any(0)  # (B,)
    if not used.any():
        return []
    last = len(depends) - 1 - depends[::-1].argmax(0)[used]  # (b,)
    # A layer that reads backwards has the padding before the rest.
    first = 0 if real is None or len(real) != len(depends) else real.argmax(0)[used]
    distance = np.arange((last - first).max() + 1)
    at = last - distance[:, None]  # (D, b) the step that lies so far back
    inside = at >= first
    rows = inside.sum(1)
    names = ("h", "c") if seen.kind == "lstm" else ("h", *(f"state_{n}" for n in range(2, 9)))
    for name, state in zip(names, states, strict=False):
        state = state[:, used].astype("float64") / scale
        chosen = state[np.maximum(at, 0), np.arange(len(last))] * inside[:, :, None]  # (D, b, U)
        norm = np.linalg.norm(chosen, axis=-1).sum(1) / rows
        per_unit = np.abs(chosen).sum(1) / rows[:, None]
        flows.append(GradientFlow(seen.layer, seen.kind, name, distance, norm, rows, per_unit))
    return flows
