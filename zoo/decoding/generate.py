"""Writing sequences with a trained model: greedy, by sampling, or by beam search.

Every model of the zoo that writes has one `Decoder` layer, which defines a step. Here a strategy
runs its steps in one compiled loop and chooses the tokens.
"""

import dataclasses
import weakref
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from zoo.decoding.constraint import checked
from zoo.decoding.sampling import Greedy, Sample
from zoo.layers.checks import check_whole
from zoo.layers.compiling import compiled, padded_size
from zoo.layers.decoder import StepDecoder


class Generated(NamedTuple):
    """Result of `generate`: NumPy arrays, the best output of each row first, samples as drawn.

    tokens: `(B, n, T)` int32, the end token included, then zeros; `T` is the longest of all.
    scores: `(B, n)` float32: log-probabilities; of a beam search, with its penalties. Where fewer
        than `n` outputs are possible, the rest are empty, with -1e9; where constraints leave no
        token, the output ends there, with as little.
    attention: `(B, n, T, S)` float32, the weights of the source positions at each token, or None.
    states: Of a language model and of outputs that were not searched for: a dict of the states
        before the last token, `(B * n, units)` each. With that token they are the inputs to go on
        from, if `max_length` ended the output; else None.
    """

    tokens: np.ndarray
    scores: np.ndarray
    attention: Any
    states: Any = None


def generate(model, inputs, strategy=None, batch_size=64, constraints=()):
    """Write a sequence for each row of the inputs.

    Sources of whole numbers are padded on the right, and batches filled up, to a few sizes, for
    each of which the loop is compiled once; neither changes the outputs.

    A language model goes on with a prime, of any length; what it writes can be longer than
    `max_length`, as the states of a result are inputs too:

    ```python
    out = zoo.generate(model, {"tokens": prime}, zoo.Sample(max_length=64))
    on = zoo.generate(model, {"tokens": out.tokens[:, 0, -1:], **out.states}, zoo.Sample(seed=1))
    ```

    Args:
        model: A model with a decoder, new, trained or loaded.
        inputs: Dict of arrays, `(B, …)` each: the inputs of the model but for the tokens that the
            decoder reads, as in `{"source": (B, S)}`. Of a language model `tokens`, `(B, P)`, what
            it has read so far, right padded with 0, the begin token first where it was trained with
            one; a row without tokens has that one. It may have the states before them.
        strategy: `Greedy`, `Sample` or `BeamSearch`; `Greedy()` if None.
        batch_size: Number of rows at once.
        constraints: A `Constraint` on the outputs, or several, all of which hold.

    Returns:
        `Generated`.

    Raises:
        ValueError: If the model has no decoder, or an input is missing, unknown, without rows, of
            another length than the others, of another shape than the model's, or has ids that the
            model does not know; or a constraint is for other rows or tokens.
    """
    strategy = strategy or Greedy()
    if isinstance(strategy, type) or not hasattr(strategy, "search"):
        raise ValueError(
            f"strategy must be Greedy(...), Sample(...) or BeamSearch(...); got {strategy!r}."
        )
    check_whole(1, batch_size=batch_size)
    writer = writer_of(model)
    inputs = writer.check(inputs)
    rows = len(next(iter(inputs.values())))
    constraints = checked(constraints, rows, writer.decoder.vocab_size)
    noise = strategy.noise(rows)
    parts = []
    for start in range(0, rows, batch_size):
        part = {name: array[start : start + batch_size] for name, array in inputs.items()}
        size = _filled_size(rows, batch_size)
        tables = tuple(constraint.tables(start, size) for constraint in constraints)
        parts.append(writer.write(part, strategy, noise[start : start + batch_size], size, tables))
    return _join(parts)


def score(model, inputs, outputs, batch_size=64):
    """Log-probabilities of given outputs.

    Args:
        model: A model with a decoder.
        inputs: Dict of arrays, `(B, …)` each, as for `generate`; of a language model the outputs
            are rated as what follows the prime.
        outputs: `(B, T)`, or `(B, n, T)` for `n` outputs of each row; ids with the end token,
            right padded with 0, as `generate` gives them.
        batch_size: Number of rows at once.

    Returns:
        `(B,)` or `(B, n)` float32.

    Raises:
        ValueError: As for `generate`, or if the outputs have another number of rows.
    """
    check_whole(1, batch_size=batch_size)
    writer = writer_of(model)
    inputs = writer.check(inputs)
    outputs = _whole_numbers("outputs", outputs, writer.decoder.vocab_size)
    rows = len(next(iter(inputs.values())))
    if outputs.ndim not in (2, 3) or len(outputs) != rows or not outputs.size:
        raise ValueError(
            f"outputs must have the shape ({rows}, T) or ({rows}, n, T); got {outputs.shape}."
        )
    flat = outputs.reshape(-1, outputs.shape[-1])
    inputs = {name: np.repeat(array, len(flat) // rows, 0) for name, array in inputs.items()}
    parts = []
    for start in range(0, len(flat), batch_size):
        part = {name: array[start : start + batch_size] for name, array in inputs.items()}
        size = _filled_size(len(flat), batch_size)
        parts.append(writer.score(part, flat[start : start + batch_size], size))
    return np.concatenate(parts).reshape(outputs.shape[:-1])


_writers = weakref.WeakKeyDictionary()


def writer_of(model):
    """The `Writer` of a model, made once, and again when `quantize` has replaced its weights."""
    writer = _writers.get(model)
    if writer is None or list(map(id, writer.weights)) != list(map(id, model.weights)):
        writer = _writers[model] = Writer(model)
    return writer


class Writer:
    """A model split into its encoder, which runs once, and its decoder, which runs at each step.

    Args:
        model: A functional model with one decoder layer, whose tokens are an input of the model.

    Raises:
        ValueError: If it is no such model.
    """

    def __init__(self, model):
        decoders = [layer for layer in model.layers if isinstance(layer, StepDecoder)]
        if len(decoders) != 1 or not isinstance(model.input, dict):
            raise ValueError(
                f"The model {model.name!r} has {len(decoders)} Decoder layers; to write sequences "
                "a model needs one, and inputs by name, as the builders of zoo give them."
            )
        (self.decoder,) = decoders
        tokens, *source = keras.tree.flatten(self.decoder.input)
        names = [name for name, tensor in model.input.items() if tensor is tokens]
        if not names:
            raise ValueError(
                f"The tokens that {self.decoder.name!r} reads are no input of {model.name!r}."
            )
        (self.target,) = names
        # None of these may hold the model itself, or it would live as long as this module.
        self.weights = model.weights
        if self.decoder.reads_prime:
            shapes = self.decoder.state_shapes(None)
            before = {f"state_{n}": keras.Input(shape) for n, shape in enumerate(shapes, start=1)}
            self.inputs = {self.target: tokens, **before}
            self.encoder = None
        else:
            self.inputs = {name: x for name, x in model.input.items() if name != self.target}
            self.encoder = keras.Model(self.inputs, source)
            self.teacher_forced = keras.Model(model.input, model.output)
        self.compiled = {}

    def check(self, inputs):
        """Check the inputs of a model, and give them as arrays."""
        if self.decoder.reads_prime and isinstance(inputs, dict):
            inputs = self.with_states(inputs)
        if not isinstance(inputs, dict) or inputs.keys() != self.inputs.keys():
            got = ", ".join(sorted(map(str, inputs))) or "nothing"
            got = got if isinstance(inputs, dict) else f"no dict but {type(inputs).__name__}"
            raise ValueError(f"inputs must have {', '.join(sorted(self.inputs))}; got {got}.")
        arrays = {name: self.check_array(name, array) for name, array in inputs.items()}
        sizes = {len(array) for array in arrays.values()}
        if len(sizes) != 1 or 0 in sizes:
            raise ValueError(
                f"inputs must have the same number of rows, at least one; got {sizes}."
            )
        for name, array in arrays.items():
            if _is_sequence(array) and not array.shape[1] and not self.decoder.reads_prime:
                raise ValueError(f"inputs[{name!r}] has no tokens; its shape is {array.shape}.")
        return arrays

    def with_states(self, inputs):
        """The inputs of a language model with zeros for the states, if none are given."""
        states = [name for name in self.inputs if name != self.target]
        if self.target not in inputs or any(name in inputs for name in states):
            return inputs
        rows = len(self.check_array(self.target, inputs[self.target]))
        zeros = {
            name: np.zeros((rows, *self.inputs[name].shape[1:]), np.float32) for name in states
        }
        return {**inputs, **zeros}

    def check_array(self, name, array):
        """Check the shape and the ids of one input, and give it as an array."""
        expected, label = self.inputs[name], f"inputs[{name!r}]"
        if "int" in expected.dtype:
            array = _whole_numbers(label, array, self.known_ids())
        else:
            array = _numbers(label, array)
        if array.ndim != len(expected.shape):
            shape = ", ".join("any" if n is None else str(n) for n in expected.shape)
            raise ValueError(f"{label} must have the shape ({shape}); got {array.shape}.")
        return array

    def known_ids(self):
        """Number of the ids that the inputs may have."""
        if self.decoder.reads_prime:
            return self.decoder.vocab_size
        embeddings = [
            layer.input_dim
            for layer in self.encoder._flatten_layers(include_self=False)
            if isinstance(layer, keras.layers.Embedding)
        ]
        return max(embeddings, default=np.inf)

    def run_encoder(self, inputs):
        """The arguments of `prepare_steps`, a list of arrays."""
        if self.decoder.reads_prime:
            return self.decoder.read(*(inputs[name] for name in self.inputs))
        return keras.tree.flatten(self.encoder(inputs, training=False))  # Keras unwraps a lone one

    def encode(self, inputs):
        """`run_encoder`, compiled."""
        if "encode" not in self.compiled:
            self.compiled["encode"] = compiled(
                lambda inputs: self.run_encoder(inputs), self.encoder or self.decoder, xla=False
            )
        return self.compiled["encode"](inputs)

    def write(self, inputs, strategy, noise, size, tables=()):
        """Write outputs for one batch, filled up to `size` rows."""
        rows = len(next(iter(inputs.values())))
        given, inputs = inputs, {name: _fill(array, size) for name, array in inputs.items()}
        noise = _fill_rows(noise, size) if len(noise) else ()
        key = dataclasses.replace(strategy, seed=0) if isinstance(strategy, Sample) else strategy
        if key not in self.compiled:
            self.compiled[key] = compiled(
                lambda source, noise, tables: key.search(
                    self.decoder, *self.decoder.prepare_steps(*source), noise, tables
                ),
                self.decoder,
                xla=True,
            )
        found = self.compiled[key](self.encode(inputs), noise, tables)
        n = len(found.states[0]) // size if found.states else 1
        states = [ops.convert_to_numpy(state)[: rows * n] for state in found.states]
        found = keras.tree.map_structure(
            lambda x: ops.convert_to_numpy(x)[:rows], found._replace(states=())
        )._replace(states=tuple(states))
        lengths = {inputs[x].shape[1]: given[x].shape[1] for x in given if _is_sequence(given[x])}
        cut = [weights[..., : lengths.get(weights.shape[-1])] for weights in found.attention]
        return found._replace(attention=tuple(cut))

    def logits_of(self, inputs, target):
        """Logits `(B, T, vocab_size)` of each token of given outputs.

        Args:
            inputs: Dict of arrays.
            target: `(B, T)`, the outputs after the begin token, without their last one.
        """
        if not self.decoder.reads_prime:
            return self.teacher_forced({**inputs, self.target: target}, training=False)
        *states, last = self.run_encoder(inputs)
        target = ops.concatenate([last[:, None], target[:, 1:]], 1)
        encoded = (self.decoder.group_states(states), ())
        return self.decoder.teacher_forced(target, encoded)[0]

    def score(self, inputs, outputs, size):
        """Log-probabilities of the outputs of one batch, filled up to `size` rows."""
        rows = len(outputs)
        outputs = _fill(outputs, size)
        begin = np.full((len(outputs), 1), self.decoder.begin_token, np.int32)
        target = np.concatenate([begin, outputs[:, :-1]], 1)
        inputs = {name: _fill(array, size) for name, array in inputs.items()}
        if "score" not in self.compiled:

            def function(inputs, target, outputs):
                logits = self.logits_of(inputs, target)
                gained = ops.take_along_axis(
                    ops.log_softmax(logits, -1), ops.expand_dims(outputs, -1), -1
                )[:, :, 0]
                return ops.sum(ops.where(outputs != 0, gained, 0.0), 1)  # (B,)

            layer = self.decoder if self.decoder.reads_prime else self.teacher_forced
            self.compiled["score"] = compiled(function, layer, xla=False)
        scores = self.compiled["score"](inputs, target, outputs)
        return ops.convert_to_numpy(scores)[:rows]


def _numbers(label, values):
    """An array of numbers from the values of a user."""
    try:
        array = keras.ops.convert_to_numpy(values)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind not in "biuf" and array.dtype.name != "bfloat16":
        raise ValueError(f"{label} must be an array of numbers, its rows of one length.")
    return array


def _whole_numbers(label, values, limit):
    """An array of ids below a limit from the values of a user."""
    array = _numbers(label, values)
    if array.dtype.kind not in "biu":
        raise ValueError(f"{label} must have ids, whole numbers; got {array.dtype}.")
    if array.size and not 0 <= array.min() <= array.max() < limit:
        wrong = array.min() if array.min() < 0 else array.max()
        raise ValueError(f"{label} has the id {wrong}; the model knows 0 to {limit - 1}.")
    return array.astype(np.int32)


def _filled_size(rows, batch_size):
    """Number of rows up to which batches are filled: a power of two if there is only one batch."""
    return min(batch_size, 1 << (rows - 1).bit_length())


def _fill_rows(array, size):
    """Append copies of the last row."""
    more = size - len(array)
    return np.concatenate([array, np.repeat(array[-1:], more, 0)]) if more else array


def _is_sequence(array):
    """True for an input of tokens."""
    return array.ndim == 2 and np.issubdtype(array.dtype, np.integer)


def _fill(array, size):
    """Append rows and, to tokens, padding."""
    if _is_sequence(array):
        length = padded_size(max(1, array.shape[1]))
        array = np.pad(array, ((0, 0), (0, length - array.shape[1])))
        array = array.astype(np.int32)
    return _fill_rows(array, size)


def _join(parts):
    """Join batches of `Found` to one `Generated`, as long as the longest output."""
    tokens = np.concatenate([part.tokens for part in parts])
    length = max(1, int((tokens != 0).sum(-1).max()))
    attention = None
    if parts[0].attention:
        arrays = [part.attention[0] for part in parts]
        positions = max(array.shape[-1] for array in arrays)
        attention = np.concatenate(
            [np.pad(a, [(0, 0)] * 3 + [(0, positions - a.shape[-1])]) for a in arrays]
        )[:, :, :length]
    scores = np.concatenate([part.scores for part in parts])
    joined = [np.concatenate(arrays) for arrays in zip(*(x.states for x in parts), strict=True)]
    states = {f"state_{n}": array for n, array in enumerate(joined, start=1)} or None
    return Generated(tokens[:, :, :length], scores, attention, states)
