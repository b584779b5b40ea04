"""A look at every step of every recurrent cell inside a model, while the model runs."""

import contextlib
import functools
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from zoo.diagnostics import backends
from zoo.layers.recurrent import portable


class Watched(NamedTuple):
    """A recurrent cell inside a model."""

    layer: str  # name of the recurrent layer, unique in the model
    cell: Any  # the Keras cell
    owner: Any  # the recurrent layer

    @property
    def kind(self):
        """`"lstm"`, `"gru"`, `"rnn"` (tanh), `"irnn"` (ReLU), or the name of another class."""
        if isinstance(self.cell, keras.layers.SimpleRNNCell):
            return "irnn" if self.cell.activation is keras.activations.relu else "rnn"
        kinds = {keras.layers.LSTMCell: "lstm", keras.layers.GRUCell: "gru"}
        found = [kind for cell, kind in kinds.items() if isinstance(self.cell, cell)]
        return found[0] if found else type(self.cell).__name__

    @property
    def gates(self):
        """Names of the gates in the order in which the cell computes them."""
        return {"lstm": ("input", "forget", "output"), "gru": ("update", "reset")}.get(
            self.kind, ()
        )

    @property
    def blocks(self):
        """Names of the blocks of the recurrent kernel, side by side in it."""
        blocks = {
            "lstm": ("input", "forget", "candidate", "output"),
            "gru": ("update", "reset", "candidate"),
        }
        return blocks.get(self.kind, ("",))


def watched_cells(model):
    """The trainable recurrent cells of a model, however deep, as a list of `Watched`."""
    found, names = [], set()
    for layer in _recurrent_layers(model):
        cells = getattr(layer.cell, "cells", [layer.cell])
        for number, cell in enumerate(cells, start=1):
            if not cell.trainable_weights or any(cell is other.cell for other in found):
                continue
            name = layer.name if len(cells) == 1 else f"{layer.name}/{number}"
            while name in names:
                name += "'"
            names.add(name)
            found.append(Watched(name, cell, layer))
    return found


def _recurrent_layers(layer):
    """The recurrent layers inside a layer, in the order in which it has them."""
    for inner in layer._layers:
        if isinstance(inner, keras.layers.RNN):
            yield inner
        yield from _recurrent_layers(inner)


class Steps:
    """The steps of one cell in a pass through the model, in the order in which they were run.

    Attributes:
        shapes: The shapes and dtypes of the states after each step.
        gates: Arrays `(B, units)`, the gates of a step one after the other, then those of the next.
        real: `(steps, B)` bool, False where a row's states passed the step unchanged, or None.
    """

    def __init__(self):
        self.shapes, self.gates, self.real = [], [], None


@contextlib.contextmanager
def recording(watched, probes=None, gates=False):
    """Context in which the watched cells run step by step; gives a list of `Steps`.

    Args:
        watched: From `watched_cells`.
        probes: For each cell a list, for each step a list of arrays that are added to the states
            after it; None for a pass that adds nothing.
        gates: Whether to keep the gates.
    """
    record = [Steps() for _ in watched]
    with contextlib.ExitStack() as stack:
        stack.enter_context(portable())
        stack.enter_context(backends.step_by_step())
        for number, (seen, steps) in enumerate(zip(watched, record, strict=True)):
            cell, own = seen.cell, None if probes is None else probes[number]
            stack.enter_context(_replaced(cell, "call", _probed(cell.call, steps, own)))
            if gates and seen.gates:
                kept = _kept(cell.recurrent_activation, steps)
                stack.enter_context(_replaced(cell, "recurrent_activation", kept))
        for owner in {id(seen.owner): seen.owner for seen in watched}.values():
            inside = [
                steps for seen, steps in zip(watched, record, strict=True) if seen.owner is owner
            ]
            loop = functools.partial(_inner_loop, owner, inside)
            stack.enter_context(_replaced(owner, "unroll", True))
            stack.enter_context(_replaced(owner, "inner_loop", loop))
            # For masks of dropout Keras runs stacked cells once more, on the first step.
            nothing = _replaced(owner, "_maybe_config_dropout_masks", lambda *arguments: None)
            stack.enter_context(nothing)
        yield record


@contextlib.contextmanager
def unchanged(model):
    """Context after which the variables that a pass may write, such as states, are as before."""
    states = [layer.states for layer in _recurrent_layers(model) if layer.stateful]
    variables = [*model.non_trainable_variables, *keras.tree.flatten(states)]
    before = [np.array(ops.convert_to_numpy(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            if not np.array_equal(ops.convert_to_numpy(variable), value):
                variable.assign(value)


def _inner_loop(layer, record, sequences, initial_state, mask, training=False):
    """Keras' loop for any layer, in place of those that run all steps in one operation."""
    first = mask[0] if isinstance(mask, list | tuple) else mask
    if layer.go_backwards:  # which Keras' unrolled loop cannot do with a mask on PyTorch
        sequences = ops.flip(sequences, 1)
        first = None if first is None else ops.flip(first, 1)
    if first is not None:
        for steps in record:
            steps.real = ops.convert_to_numpy(first).astype(bool).T  # (T, B)
    with _replaced(layer, "go_backwards", False):
        return keras.layers.RNN.inner_loop(layer, sequences, initial_state, first, training)


def _probed(call, steps, probes):
    """The call of a cell that notes its states and adds a step's probes to them."""

    def probed(inputs, states, *args, **kwargs):
        output, new = call(inputs, states, *args, **kwargs)
        nested = isinstance(new, list | tuple)
        parts = list(new) if nested else [new]
        same = [part is output for part in parts]
        if probes is not None:
            own = probes[len(steps.shapes)]
            parts = [p + ops.cast(probe, p.dtype) for p, probe in zip(parts, own, strict=True)]
        steps.shapes.append(
            [(tuple(p.shape), keras.backend.standardize_dtype(p.dtype)) for p in parts]
        )
        if any(same):  # the output is one of the states
            output = parts[same.index(True)]
        return output, parts if nested else parts[0]

    return probed


def _kept(activation, steps):
    """The activation of gates that keeps them."""

    def kept(z):
        gate = activation(z)
        steps.gates.append(ops.convert_to_numpy(gate))
        return gate

    return kept


@contextlib.contextmanager
def _replaced(thing, name, value):
    """Context in which an object has another attribute, then the one it had."""
    own, before = name in vars(thing), getattr(thing, name)
    setattr(thing, name, value)
    try:
        yield
    finally:
        if own:
            setattr(thing, name, before)
        else:
            delattr(thing, name)
