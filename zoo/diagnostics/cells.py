"""Cells of a recurrent model over a text: their states recorded, and the loss without some."""

import keras
import numpy as np
from keras import ops

from zoo.diagnostics.scanning import Recorder, Silence, gates_of, recurrent_layers, state_sizes
from zoo.layers.compiling import compiled


def cells(model, tokens, *, fresh=None, gates=False, steps=1024, dtype="float32"):
    """Record the state of every recurrent unit of a model after each token of a text.

    ```python
    found = zoo.diagnostics.cells(model, ids)  # ids (T,)
    found["recurrent_1"]["memory"]  # (T, units), what the cells of the first LSTM hold
    ```

    A model that reads tokens forward only reads them in chunks, its states carried along, so a text
    may be long: the result and one chunk are in memory. Others read the whole at once.

    Args:
        model: A model with `LSTM`, `GRU` or `SimpleRNN` layers, of Keras or of the zoo, anywhere
            inside; a loop that a layer of another kind has of its own is not seen, such as that of
            a decoder's layer that attends at every step.
        tokens: `(T,)` or `(B, T)` ids for a model of one input of ids; or a dict of the model's
            inputs, where states that it lacks are zeros.
        fresh: Bool, as large as `tokens`: True where the states begin anew before a token, as at
            the beginning of a document. Only for models that read in chunks.
        gates: Whether to give the gates of LSTM and GRU too.
        steps: Tokens of a chunk.
        dtype: Precision of the result; `"float16"` for half of the memory.

    Returns:
        A dict by name of layer of dicts of arrays `(T, units)`, or `(B, T, units)`: `"hidden"`, the
        output; for an LSTM `"memory"`, its cell state; with `gates` `"input_gate"`,
        `"forget_gate"`, `"output_gate"` of an LSTM, `"update_gate"`, `"reset_gate"` of a GRU.
        The layers of a `Bidirectional` are two; both are in the order of the text.

    Raises:
        ValueError: If the model has no such layer, or the inputs do not fit.
    """
    reader = _Reader(model, tokens, fresh)

    def read(inputs, fresh, carried):
        _, recorder = reader.run(inputs, fresh, carried)
        found = {}
        for name, states in recorder.states.items():
            found[name] = dict(zip(("hidden", "memory"), states, strict=False))
            if gates:
                layer = reader.layers[name]
                found[name] |= gates_of(layer, recorder.inputs[name], recorder.before[name])
        return found, recorder.finals

    result = {}
    for span, found in reader.over(read, steps):
        for name, arrays in found.items():
            of_layer = result.setdefault(name, {})
            for quantity, array in arrays.items():
                if quantity not in of_layer:
                    length = reader.length if reader.in_chunks else array.shape[1]
                    shape = (len(array), length, array.shape[-1])
                    of_layer[quantity] = np.empty(shape, dtype)
                of_layer[quantity][:, span] = array
    if not reader.is_batch:
        return keras.tree.map_structure(lambda array: array[0], result)
    return result


def ablate_cells(model, tokens, units, *, values=None, fresh=None, steps=128):
    """Loss of a language model over a text, whole and without one unit or a few at a time.

    A unit is silenced by holding its output at one value at every step, for the recurrence and for
    the layers above. The memory of an LSTM's unit then reaches nothing else, so it is silenced too.

    Args:
        model: A model that reads ids of tokens forward and gives logits `(B, T, vocab_size)` of the
            token after each, alone or as `"logits"` of a dict.
        tokens: `(T,)` ids.
        units: A list; each item is a pair `(layer, unit)`, by the names of `cells`, or a list of
            such pairs, silenced together.
        values: Output at which units are held: a dict by name of layer of `(units,)` arrays, such
            as the mean over a text; zeros where there is none.
        fresh: `(T,)` bool, True where the states begin anew before a token.
        steps: Tokens of a chunk.

    Returns:
        `(1 + len(units), T - 1)` float32: nats of each token but the first, by the whole model
        first and then without each item.

    Raises:
        ValueError: If the model is none that reads ids forward, or has no such unit.
    """
    tokens = np.asarray(tokens)
    if tokens.ndim != 1 or len(tokens) < 2:
        raise ValueError(f"tokens must be (T,) ids, two at least; got shape {tokens.shape}.")
    rows = 1 + len(units)
    fresh = None if fresh is None else np.tile(fresh, (rows, 1))
    reader = _Reader(model, np.tile(tokens, (rows, 1)), fresh)
    if not reader.in_chunks:
        raise ValueError(f"{model.name} does not read ids of tokens forward, one by one.")
    silence = _silences(reader.layers, units, values or {})
    following = np.append(tokens[1:], 0).astype(np.int32)  # (T,)

    def read(inputs, fresh, carried):
        logits, recorder = reader.run(inputs, fresh, carried, silence)
        logits = logits["logits"] if isinstance(logits, dict) else logits
        return ops.log_softmax(ops.cast(logits, "float32")), recorder.finals

    result = np.empty((rows, len(tokens)), np.float32)
    for span, found in reader.over(read, steps):
        places = following[None, span, None]
        result[:, span] = -np.take_along_axis(found, places, 2)[:, :, 0]
    return result[:, :-1]


def _silences(layers, units, values):
    """A `Silence` by name of layer whose row `1 + n` silences item `n`."""
    masks = {}
    for row, pairs in enumerate(units, start=1):
        for name, unit in [pairs] if isinstance(pairs, tuple) else pairs:
            width = state_sizes(layers[name])[0] if name in layers else 0
            if not 0 <= unit < width:
                has = f"{name} has {width} units" if width else f"there are {', '.join(layers)}"
                raise ValueError(f"No unit {unit} of {name!r}: {has}.")
            masks.setdefault(name, np.zeros((1 + len(units), width), bool))[row, unit] = True
    return {
        name: Silence(mask, np.zeros(mask.shape) + np.asarray(values.get(name, 0.0)))
        for name, mask in masks.items()
    }


class _Reader:
    """A model over inputs, in chunks with its states carried, or at once.

    Args:
        model: The model.
        tokens: Ids, or a dict of inputs.
        fresh: Where states begin anew, or None.
    """

    def __init__(self, model, tokens, fresh):
        self.model, self.layers = model, recurrent_layers(model)
        if not self.layers:
            raise ValueError(f"{model.name} has no LSTM, GRU or SimpleRNN layer.")
        given = tokens if isinstance(tokens, dict) else {_ids_input(model): tokens}
        given = {name: np.asarray(array) for name, array in given.items()}
        self.is_batch = any(
            array.ndim == len(_inputs(model)[name].shape)
            for name, array in given.items()
            if name in _inputs(model)
        )
        self.inputs = _filled(model, given, self.is_batch)
        self.in_chunks = _reads_forward(model, self.layers)
        self.rows, self.length = next(iter(self.inputs.values())).shape[:2]
        if not self.length:
            raise ValueError("There are no tokens to read.")
        if fresh is not None and not self.in_chunks:
            raise ValueError(f"{model.name} reads the whole at once; fresh is not for it.")
        shape = (self.rows, self.length)
        self.fresh = np.zeros(shape, bool)
        if fresh is not None:
            self.fresh |= np.asarray(fresh, bool).reshape(-1, self.length)
        self.fresh[:, 0] = True

    def run(self, inputs, fresh, carried, silence=None):
        """The outputs of the model and the `Recorder` of its layers."""
        recorder = Recorder(self.layers, carried, fresh if self.in_chunks else None, silence)
        with recorder.in_place():
            named = isinstance(self.model.input, dict)
            outputs = self.model(inputs if named else next(iter(inputs.values())), training=False)
        return outputs, recorder

    def over(self, read, steps):
        """The results of a function of inputs, `fresh` and states, chunk by chunk with its span."""
        read = compiled(read, self.model, xla=True)
        if not self.in_chunks:
            found, _ = read(self.inputs, self.fresh, {})
            yield slice(None), keras.tree.map_structure(ops.convert_to_numpy, found)
            return
        steps = min(steps, self.length)
        carried = {
            name: [ops.zeros((self.rows, n), layer.compute_dtype) for n in state_sizes(layer)]
            for name, layer in self.layers.items()
        }
        for start in range(0, self.length, steps):
            span = slice(start, min(start + steps, self.length))
            more = start + steps - span.stop
            inputs, fresh = dict(self.inputs), np.pad(self.fresh[:, span], ((0, 0), (0, more)))
            for name, array in inputs.items():
                if np.issubdtype(array.dtype, np.integer):
                    inputs[name] = np.pad(array[:, span], ((0, 0), (0, more)))
            found, finals = read(inputs, fresh, carried)
            carried = {**carried, **finals}
            found = keras.tree.map_structure(ops.convert_to_numpy, found)
            size = span.stop - span.start
            yield span, keras.tree.map_structure(lambda array, size=size: array[:, :size], found)


def _inputs(model):
    """The model's inputs by name, its only one under its own."""
    if isinstance(model.input, dict):
        return model.input
    return {tensor.name: tensor for tensor in model.inputs}


def _ids_input(model):
    """The name of the only input of ids."""
    ids = [name for name, x in _inputs(model).items() if "int" in str(x.dtype)]
    if len(ids) == 1:
        return ids[0]
    if len(_inputs(model)) == 1:
        return next(iter(_inputs(model)))
    raise ValueError(
        f"{model.name} has the inputs {', '.join(_inputs(model))}; give a dict of them."
    )


def _filled(model, given, is_batch):
    """The inputs as a batch in the model's types, states that are not given zeros."""
    expected, found = _inputs(model), {}
    if unknown := set(given) - set(expected):
        raise ValueError(f"{model.name} has no input {sorted(unknown)[0]!r}.")
    given = given if is_batch else {name: array[None] for name, array in given.items()}
    rows = len(next(iter(given.values())))
    for name, tensor in expected.items():
        if name not in given and (len(tensor.shape) != 2 or "int" in str(tensor.dtype)):
            raise ValueError(f"The input {name!r} of {model.name} is missing.")
        array = given.get(name)
        array = np.zeros((rows, *tensor.shape[1:])) if array is None else array
        if array.ndim != len(tensor.shape):
            raise ValueError(f"The input {name!r} must have {len(tensor.shape)} axes.")
        found[name] = array.astype(str(tensor.dtype))
    return dict(sorted(found.items(), key=lambda item: item[0] not in given))


def _reads_forward(model, layers):
    """True for a model of one sequence of ids each of whose layers takes step after step."""
    ids = [x for x in model.inputs if "int" in str(x.dtype)]
    if len(ids) != 1 or len(ids[0].shape) != 2:
        return False
    if any(len(x.shape) != 2 for x in model.inputs):
        return False
    others = [layer for layer in model._flatten_layers() if layer not in layers.values()]
    looking = ("Conv", "Attention", "Bidirectional")
    return not any(layer.go_backwards for layer in layers.values()) and not any(
        word in type(layer).__name__ for layer in others for word in looking
    )
