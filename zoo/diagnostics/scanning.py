"""Recurrent layers run step by step inside a model, their states recorded or changed."""

import contextlib
from typing import Any, NamedTuple

import keras
from keras import ops

KINDS = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)


class Silence(NamedTuple):
    """Units of one layer that are held at a value, whatever they would compute.

    mask: `(B, U)` bool, True for those units.
    value: `(B, U)`, their output at every step.
    """

    mask: Any
    value: Any


class Recorder:
    """Stand-in for the loops over time of a model's recurrent layers.

    Args:
        layers: Recurrent layers by name.
        carried: For each layer the list of its states before the first step, each `(B, U)`.
        fresh: `(B, T)` bool, True where the states begin anew, or None to begin with `carried` and
            never anew.
        silence: A `Silence` by name of a layer; layers that it lacks are left as they are.

    Attributes:
        states: For each layer that ran the list of its states after every step, `(B, T, U)`.
        before: Their first states before every step, `(B, T, U)`.
        inputs: Their inputs, `(B, T, F)`.
        finals: Their states after the last one.
    """

    def __init__(self, layers, carried, fresh=None, silence=None):
        self.layers, self.carried, self.fresh = layers, carried, fresh
        self.silence = silence or {}
        self.states, self.before, self.inputs, self.finals = {}, {}, {}, {}

    @contextlib.contextmanager
    def in_place(self):
        """Context in which the layers run through this recorder."""
        try:
            for name, layer in self.layers.items():
                # Past Keras' own bookkeeping: it is no part of the layer.
                object.__setattr__(layer, "inner_loop", self._loop_of(name, layer))
            yield self
        finally:
            for layer in self.layers.values():
                layer.__dict__.pop("inner_loop", None)

    def _loop_of(self, name, layer):
        def loop(sequences, initial_state, mask, training=False):
            if name in self.states:
                raise ValueError(f"The layer {name} runs twice in the model; give it two layers.")
            given = [ops.cast(state, layer.compute_dtype) for state in _flat(initial_state)]
            given = [ops.broadcast_to(s, (sequences.shape[0], s.shape[-1])) for s in given]
            start = self.carried.get(name, given)
            mask = _flat(mask)[0] if mask is not None else None
            states, finals = self._scan(name, layer, sequences, (given, start), mask)
            outputs = _shown(states[0], mask, layer)
            before = ops.concatenate([start[0][:, None], states[0][:, :-1]], 1)  # (B, T, U)
            if self.fresh is not None:
                before = ops.where(self.fresh[:, :, None], given[0][:, None], before)
            if layer.go_backwards:
                before, *states = (ops.flip(array, 1) for array in (before, *states))
            self.inputs[name], self.before[name] = sequences, before
            self.states[name], self.finals[name] = states, finals
            return outputs[:, -1], outputs, finals

        return loop

    def _scan(self, name, layer, x, starts, mask):
        """All steps: the states after each, `(B, T, U)`, and the last ones, in order of reading."""
        given, start = starts
        silence = self.silence.get(name)
        marks = {"mask": mask, "fresh": self.fresh}
        steps = {"x": x, **{key: mark for key, mark in marks.items() if mark is not None}}
        steps = {key: ops.moveaxis(array, 1, 0) for key, array in steps.items()}
        if layer.go_backwards:
            steps = {key: ops.flip(array, 0) for key, array in steps.items()}

        def hold(states):
            if silence is None:
                return states
            value = ops.cast(silence.value, layer.compute_dtype)
            return [ops.where(silence.mask, value, states[0]), *states[1:]]

        def step(states, now):
            if self.fresh is not None:
                anew = now["fresh"][:, None]
                states = [ops.where(anew, g, s) for g, s in zip(given, states, strict=True)]
            _, new = layer.cell(now["x"], hold(states), training=False)
            new = hold([ops.cast(state, layer.compute_dtype) for state in _flat(new)])
            if mask is not None:
                real = ops.cast(now["mask"], "bool")[:, None]
                new = [ops.where(real, n, s) for n, s in zip(new, states, strict=True)]
            return new, new

        finals, states = ops.scan(step, start, steps)
        return [ops.moveaxis(state, 0, 1) for state in states], finals


def _flat(states):
    return list(states) if isinstance(states, list | tuple) else [states]


def _shown(outputs, mask, layer):
    """The outputs as Keras gives them in padding: the last one again, or zeros."""
    if mask is None or not layer.zero_output_for_mask:
        return outputs
    mask = ops.cast(mask, "bool")
    mask = ops.flip(mask, 1) if layer.go_backwards else mask
    return ops.where(mask[:, :, None], outputs, 0)


def recurrent_layers(model):
    """The LSTM, GRU and simple recurrent layers of a model by name, wherever they are in it.

    A name that several have is preceded by those of the layers around it.
    """
    found = [(path, layer) for path, layer in _inside(model) if isinstance(layer, KINDS)]
    names = [layer.name for _, layer in found]
    return {path if names.count(layer.name) > 1 else layer.name: layer for path, layer in found}


def _inside(layer, prefix=""):
    """All layers inside a layer, each with its path of names."""
    for inner in layer._layers:
        yield prefix + inner.name, inner
        yield from _inside(inner, f"{prefix}{inner.name}/")


def state_sizes(layer):
    """Widths of the states of a layer, for an LSTM of `h` and then of `c`."""
    return _flat(layer.cell.state_size)


def gates_of(layer, x, before):
    """The gates of every step, `(B, T, U)` by name.

    Args:
        layer: An LSTM, or a GRU with `reset_after`; others have none.
        x: Its inputs, `(B, T, F)`.
        before: Its outputs of the steps before, `(B, T, U)`.
    """
    is_lstm = isinstance(layer, keras.layers.LSTM)
    if not is_lstm and not (isinstance(layer, keras.layers.GRU) and layer.reset_after):
        return {}
    cell = layer.cell
    sums = ops.matmul(x, ops.cast(cell.kernel, x.dtype))
    sums = sums + ops.matmul(before, ops.cast(cell.recurrent_kernel, x.dtype))
    if cell.use_bias:
        sums = sums + ops.cast(cell.bias if is_lstm else ops.sum(cell.bias, 0), x.dtype)
    parts = ops.split(sums, 4 if is_lstm else 3, -1)
    names = {"input_gate": 0, "forget_gate": 1, "output_gate": 3}
    if not is_lstm:
        names = {"update_gate": 0, "reset_gate": 1}
    return {name: cell.recurrent_activation(parts[n]) for name, n in names.items()}
