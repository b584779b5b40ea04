"""The health of gradients in a training: a Keras callback that measures and says it in words."""

import contextlib
import csv
import pathlib
import sys

import keras
import numpy as np
from keras import ops

from zoo.diagnostics import backends, measures
from zoo.diagnostics.recording import watched_cells
from zoo.diagnostics.verdict import ABOVE_START, SPIKE, advised, findings, verdict

USUAL = 50  # steps whose median norm is the usual one; the first of them are the start
FEWEST = 10  # of them that make a median


class GradientHealth(keras.callbacks.Callback):
    """Watches the gradients of a training and says where they explode or vanish.

    The norms are those before clipping. Training is the same with and without: the gradients that
    reach the optimizer are measured on their way and handed on. On JAX, whose training step keeps
    no such measurement, the columns of gradients stay empty; the rest works.

    ```python
    health = zoo.diagnostics.GradientHealth(probe=(x[:32], y[:32]), csv="gradients.csv")
    model.fit(x, y, callbacks=[health])
    health.verdict()    # ["vanishing: at simple_rnn (rnn) 1.3e-09 of the gradient arrives …"]
    health.history["gradient_norm"]
    ```

    Reference: Pascanu, Mikolov & Bengio (2013), "On the difficulty of training recurrent neural
    networks", https://arxiv.org/abs/1211.5063.

    Args:
        probe: A batch `(inputs, labels)` or `(inputs, labels, weights)` on which the gradient flow
            and the gates are measured before the training and after each epoch, as
            `gradient_flow` does; None to leave these out.
        every: Number of steps after which a row is logged too, beside those of epochs; 0 for none.
        csv: File to write a row a line to. If it is there already, from a training that was
            interrupted, its rows up to the present step are kept.
        log_dir: Folder for TensorBoard, or None.
        tell: Function that is given each sentence; writes to standard error by default.

    Attributes:
        rows: A list of dicts, one for each row: `of` (`"start"`, `"epoch"`, `"steps"` or `"end"`),
            `epoch`, `step` (of the optimizer), then the figures, None where one was not measured:

            `loss`; `counted` (steps in the row), `gradient_norm` (the mean over them),
            `gradient_norm_max`, `_10`, `_50`, `_90` (percentiles), `clipped` (share of steps),
            `not_finite` and `spikes` (numbers of steps); `last_layer_gradient`; for each layer
            `gradient/…` (mean norm), `weight/…` (norm), `growth/…` (norm as a multiple of that at
            the start), `update/…` (norm of the change in a step as a share of the weights'); and
            the figures of `measures.spectra` and `measures.probed`.
        flows: The last list of `GradientFlow`.
    """

    def __init__(self, probe=None, *, every=0, csv=None, log_dir=None, tell=None):
        super().__init__()
        if every < 0:
            raise ValueError(f"every must be a number of steps, or 0; got {every}.")
        self.probe, self.every, self.log_dir = probe, every, log_dir
        self.path = None if csv is None else pathlib.Path(csv)
        self.tell = tell or (lambda sentence: print(sentence, file=sys.stderr, flush=True))
        self.rows, self.flows, self._writer = [], [], None
        self._said, self._begun, self._undo = set(), False, contextlib.ExitStack()

    @property
    def history(self):
        """The figures by name, each a list with a value for each row."""
        return {name: [row[name] for row in self.rows] for name in (self.rows or [{}])[0]}

    def findings(self):
        """Sentences by `(trouble, layer)`; empty if nothing is wrong."""
        return findings(self.rows, self._kinds())

    def verdict(self):
        """The findings and what to try, as sentences; one that begins with "healthy" if none."""
        return verdict(self.rows, self._kinds())

    def _kinds(self):
        # Before a training there is no model.
        cells = watched_cells(self.model) if self.model else ()
        return {seen.layer: seen.kind for seen in cells}

    def on_train_begin(self, logs=None):
        self._undo.close()  # of a training that ended in an error
        self._begun = False
        self._layers = measures.layers_of(self.model)
        if self.path is not None and self.path.exists():
            self.rows = _read(self.path)
        if self.log_dir is not None:
            self._writer = backends.summary_writer(self.log_dir)
        self._epoch_norms, self._norms = _Norms(), _Norms()
        self._sees = keras.backend.backend() != "jax"
        if self._sees:
            self._watch()

    def _watch(self):
        """Measure the gradients on their way to the optimizer, until `_undo` is closed."""
        model, optimizer = self.model, self.model.optimizer
        replicas = 1
        scope = contextlib.nullcontext()
        if keras.backend.backend() == "tensorflow":
            replicas = model.distribute_strategy.num_replicas_in_sync
            scope = model.distribute_strategy.scope()
        with scope:
            self._seen = keras.Variable(
                np.full(len(self._layers), -1, "float32"),
                trainable=False,
                aggregation="only_first_replica",
                name="gradient_norms",
            )
        apply = optimizer.apply

        def measuring(grads, trainable_variables=None):
            norms = [
                ops.zeros(())
                if grad is None
                else ops.norm(ops.cast(ops.reshape(backends.dense(grad), (-1,)), "float32"))
                for grad in grads
            ]
            # Of a loss that is scaled up for half precision, and of one replica's share.
            scale = getattr(optimizer, "dynamic_scale", 1.0)
            self._seen.assign(ops.stack(norms) * replicas / ops.cast(scale, "float32"))
            return apply(grads, trainable_variables)

        optimizer.apply = measuring
        # A step that was compiled before measures nothing, and one compiled now always would.
        model.make_train_function(force=True)

        def unwatch():
            del optimizer.apply
            model.train_function = None

        self._undo.callback(unwatch)
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        self._scaled = inner is not optimizer
        self._clip_each = (getattr(inner, "clipnorm", None) or np.inf) * replicas
        self._clip_all = (
            getattr(inner, "global_clipnorm", None) or getattr(inner, "clip_norm", None) or np.inf
        ) * replicas

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch + 1

    def on_train_batch_begin(self, batch, logs=None):
        if not self._begun:
            self._begin()
        if self._update is None and self._sees:
            self._before = measures.numbers(self.model.trainable_weights)

    def _begin(self):
        """Log the start; here because whoever restores a training has done so by now."""
        self._begun, self._update = True, None
        step = self._step()
        self.rows = [row for row in self.rows if step and row["step"] <= step]
        if not self.rows:
            self._log("start", self._epoch - 1, self._looks(True))
        elif self.path is not None:
            _write(self.path, self.rows)
        self._say()

    def _step(self):
        return int(ops.convert_to_numpy(self.model.optimizer.iterations))

    def on_train_batch_end(self, batch, logs=None):
        if not self._sees:
            return
        if self._update is None:
            after = measures.numbers(self.model.trainable_weights)
            changes = [np.linalg.norm(b - a) for a, b in zip(self._before, after, strict=True)]
            weights = measures.by_layer(self._layers, map(np.linalg.norm, self._before))
            self._update = {
                f"update/{layer}": change / weights[layer] if weights[layer] else None
                for layer, change in measures.by_layer(self._layers, changes).items()
            }
            self._before = None
        norms = np.array(ops.convert_to_numpy(self._seen), "float64")
        clips = bool((norms > self._clip_each).any() or np.linalg.norm(norms) > self._clip_all)
        for kept in (self._epoch_norms, self._norms):
            # A step that a scaled loss has overflowed is skipped and tried with a smaller scale.
            if np.isfinite(norms).all() or not self._scaled:
                kept.add(norms, clips)
        if self.every and self._norms.counted >= self.every:
            figures = {**self._norms.figures(self._layers), "loss": _number(logs, "loss")}
            self._log("steps", self._epoch, {**self._looks(False), **figures})
            self._norms.clear()

    def on_epoch_end(self, epoch, logs=None):
        figures = {**self._epoch_norms.figures(self._layers), "loss": _number(logs, "loss")}
        self._log("epoch", epoch + 1, {**self._looks(True), **figures, **(self._update or {})})
        self._epoch_norms.clear()
        self._update = None
        self._say()

    def on_train_end(self, logs=None):
        self._undo.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def finish(self):
        """Log the weights as they are now, such as those of the best epoch, and say the verdict.

        Returns:
            The sentences.
        """
        if self.model is None:
            return []
        last = self.rows[-1]["epoch"] if self.rows else 0
        self.rows = [row for row in self.rows if row["of"] != "end"]
        self._log("end", last, self._looks(True))
        sentences = self.verdict()
        for sentence in sentences:
            self.tell(sentence)
        return sentences

    def _looks(self, whole):
        """Figures of the weights, and if `whole` those that take longer."""
        weights = measures.numbers(self.model.trainable_weights)
        norms = measures.by_layer(self._layers, map(np.linalg.norm, weights))
        figures = {f"weight/{layer}": norm for layer, norm in norms.items()}
        start = self.rows[0] if self.rows else figures
        for layer, norm in norms.items():
            first = start.get(f"weight/{layer}")
            figures[f"growth/{layer}"] = norm / first if first else None
        if whole:
            figures |= measures.spectra(self.model)
        if whole and self.probe is not None and all(np.isfinite(w).all() for w in weights):
            self.flows, found = measures.probed(self.model, self.probe)
            figures |= found
        return figures

    def _log(self, of, epoch, figures):
        row = {"of": of, "epoch": epoch, "step": self._step(), **figures}
        names = list(self.rows[0]) if self.rows else self._columns(row)
        self.rows.append({name: row.get(name) for name in names})
        if self.path is not None:
            _write(self.path, self.rows[-1:] if of == "steps" else self.rows, of == "steps")
        if self._writer is not None:
            shown = {
                f"gradients/{name}" if "/" not in name else name: value
                for name, value in figures.items()
                if value is not None and name != "loss"
            }
            backends.write_scalars(self._writer, row["step"], shown)

    def _columns(self, row):
        """The names of all figures that any row may have."""
        every = [*row, "loss", *_Norms().figures(self._layers)]
        return list(dict.fromkeys([*every, *(f"update/{layer}" for layer in self._layers)]))

    def _say(self):
        """Tell what is found that has not been told."""
        found = self.findings()
        new = {key: sentence for key, sentence in found.items() if key not in self._said}
        self._said |= set(new)
        for sentence in advised(new):
            self.tell(sentence)


class _Norms:
    """Norms of the gradients of steps, by weight."""

    def __init__(self):
        self.before = []  # global norms of all steps, which make the usual one
        self.clear()

    def clear(self):
        self.norms, self.clips, self.spikes, self.not_finite = [], [], 0, 0

    @property
    def counted(self):
        return len(self.norms) + self.not_finite

    def add(self, norms, clips):
        if not np.isfinite(norms).all():
            self.not_finite += 1
            return
        norm = float(np.linalg.norm(norms))
        if len(self.before) >= FEWEST:
            usual = np.median(self.before[-USUAL:])
            start = np.median(self.before[:USUAL])
            self.spikes += int(norm > SPIKE * usual and norm > ABOVE_START * start)
        self.before = [*self.before[:USUAL], *self.before[USUAL:][-USUAL:], norm]
        self.norms.append(norms)
        self.clips.append(clips)

    def figures(self, layers):
        """The figures of the steps since `clear`, by name."""
        names = ("gradient_norm", *(f"gradient_norm_{at}" for at in ("max", 10, 50, 90)))
        figures = {"counted": self.counted, **dict.fromkeys((*names, "clipped"))}
        figures |= {"not_finite": self.not_finite, "spikes": self.spikes}
        figures |= dict.fromkeys(["last_layer_gradient", *(f"gradient/{name}" for name in layers)])
        if not self.norms:
            return figures
        norms = np.stack(self.norms)  # (steps, weights)
        every = np.linalg.norm(norms, axis=1)
        values = [every.mean(), every.max(), *np.percentile(every, (10, 50, 90))]
        figures |= dict(zip(names, map(float, values), strict=True))
        figures["clipped"] = float(np.mean(self.clips))
        means = measures.by_layer(layers, norms.mean(0))
        figures |= {f"gradient/{layer}": norm for layer, norm in means.items()}
        figures["last_layer_gradient"] = means[layers[-1]]
        return figures


def _number(logs, name):
    return float(logs[name]) if logs and name in logs else None


def _read(path):
    """The rows of a file."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = []
        for line in csv.DictReader(file):
            rows.append({n: v if n == "of" else _parsed(v) for n, v in line.items()})
        return rows


def _parsed(text):
    """A number as it was written, or None."""
    return None if not text else int(text) if text.isdigit() else float(text)


def _write(path, rows, more=False):
    """Write a file of rows, or add `more` of them to it."""
    with path.open("a" if more else "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        if not more:
            writer.writeheader()
        writer.writerows(rows)
