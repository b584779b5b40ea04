"""`model.fit` that can be cut off at any moment and ends with the weights it would have had."""

import contextlib
import csv
import io
import time

import keras
import numpy as np

from recipes.common import storage
from recipes.common.errors import Diverged, Interrupted, UserError
from recipes.common.progress import duration
from recipes.common.signals import StopRequest
from recipes.common.terminal import tell
from recipes.common.training import checkpoints, gradients
from recipes.common.training.averaging import averaged_weights
from recipes.common.training.callbacks import EpochEnd, Patience, ShowProgress, plain_attributes
from recipes.common.training.describe import describe
from recipes.common.training.history import History, ranking

FORMATS = {"learning_rate": ".2g"}  # of figures for people that four decimals do not show


def fit(run, model, train, validation, monitor="val_crossentropy", mode="min", callbacks=()):
    """Train with checkpoints, early stopping and the best epoch's weights at the end.

    A directory with checkpoints continues from the newest whole one: weights, optimizer, metrics
    and seeds of dropout, position in the data, callbacks and history are as they were.

    Args:
        run: The `Run`, or the part of one that `Run.beside` gives; `checkpoints/` and `history.csv`
            are written to its directory. `epochs`, `patience`, `checkpoint_every` and `gradients`
            of its settings count.
        model: A compiled model.
        train: `batching.Batches` with a seed.
        validation: `batching.Batches` for the end of each epoch.
        monitor: The validation metric that chooses the best epoch.
        mode: Whether the best is its `"min"` or its `"max"`; of equal ones, the epoch with the
            lowest `val_crossentropy`.
        callbacks: More Keras callbacks, called before the others, so that what they add to the
            logs of an epoch can be its `monitor`. Their attributes that are plain numbers, strings
            or None are kept across interruptions.

    Returns:
        The `History`. The time spent, that of earlier sittings included, goes to `run.seconds`.

    Raises:
        Diverged: If the loss is not finite; the last checkpoint stays as it was.
        Interrupted: After SIGTERM or Ctrl-C, once the state is saved.
    """
    tell(describe(model, run.config.jit))
    with StopRequest() as request:
        session = Session(run, model, train, validation, (monitor, mode), request)
        stopping = Patience(session, run.config.patience)
        board = keras.callbacks.TensorBoard(run.directory / "tensorboard", write_graph=False)
        session.callbacks = callbacks = [*callbacks, stopping, board]
        session.restore()
        # Not among those that a checkpoint keeps: it may come and go from sitting to sitting.
        watchers = gradients.watcher(run, model, validation)
        progress = ShowProgress(session)
        with contextlib.closing(progress):
            model.fit(
                train.endless(session.epoch, session.step),
                steps_per_epoch=len(train),
                initial_epoch=session.epoch,
                # A `fit` of no epochs restores a finished training, so that nothing later differs.
                epochs=session.epoch if session.finished else run.config.epochs,
                validation_data=validation.once(),
                callbacks=[EpochEnd(session), *callbacks, *watchers, progress, session],
                shuffle=False,
                verbose=0,
            )
    model.set_weights(session.best_weights)
    gradients.finish(run, watchers)
    run.seconds[run.stage] = session.seconds
    return History(session.history, monitor, mode)


class Session(keras.callbacks.Callback):
    """The state of a training and the callback, last in the list, that keeps and restores it."""

    def __init__(self, run, model, train, validation, monitor, request):
        super().__init__()
        self.set_model(model)
        self.train, self.validation, self.config = train, validation, run.config
        self.rank = ranking(*monitor)
        self.path = run.directory / "checkpoints"
        self.history_path = run.directory / "history.csv"
        self.callbacks = []
        self.request = request
        self.epoch = self.step = 0  # what is done: whole epochs, and steps of the one begun
        self.seconds = 0.0
        self.history, self.finished = [], False
        self.best, self.best_weights = None, None
        self.restored_arrays = None

    def restore(self):
        """Take up the newest whole checkpoint, if there is one."""
        if (found := checkpoints.load(self.path)) is None:
            return
        arrays, state = found
        self.epoch, self.step = state["epoch"], state["step"]
        self.history, self.finished = state["history"], state["finished"]
        self.best = max(map(self.rank, self.history), default=None)
        self.seconds = state["seconds"]
        self.best_weights = [arrays[f"best/{i}"] for i in range(state["best_count"])] or None
        self.restored_arrays, self.restored_callbacks = arrays, state["callbacks"]
        self._create_variables()
        if not self.finished:
            tell(f"Going on after epoch {self.epoch}, step {self.step} of {len(self.train)}.")

    def _create_variables(self):
        """Make the variables that Keras otherwise makes in the first training step."""
        inputs, labels, weights = self.validation.batch(self.validation.order()[0])
        with self.model.distribute_strategy.scope():
            self.model.optimizer.build(self.model.trainable_variables)
        self.model.test_on_batch(inputs, labels, sample_weight=weights)
        self.model.reset_metrics()

    def _variables(self):
        model = self.model
        return {
            "weights": [*model.trainable_variables, *model.non_trainable_variables],
            "optimizer": model.optimizer.variables,
            "metrics": model.metrics_variables,
        }

    def save(self):
        """Write a checkpoint of this moment."""
        arrays = {
            f"{group}/{i}": keras.ops.convert_to_numpy(variable)
            for group, variables in self._variables().items()
            for i, variable in enumerate(variables)
        }
        bad = [name for name, array in arrays.items() if not np.isfinite(array).all()]
        if any(not name.startswith("metrics") for name in bad):
            raise Diverged(
                f"The weights are no longer numbers after step {self.step} of epoch "
                f"{self.epoch + 1}. {self._advice()}"
            )
        best = self.best_weights or []
        arrays |= {f"best/{i}": weights for i, weights in enumerate(best)}
        state = {
            "epoch": self.epoch,
            "step": self.step,
            "history": self.history,
            "finished": self.finished,
            "best_count": len(best),
            "seconds": self.seconds + time.monotonic() - self.started,
            "callbacks": [plain_attributes(callback) for callback in self.callbacks],
        }
        checkpoints.save(self.path, self.epoch * len(self.train) + self.step, arrays, state)

    def _assign(self, groups):
        for group in groups:
            variables = self._variables()[group]
            saved = [name for name in self.restored_arrays if name.startswith(f"{group}/")]
            if len(saved) != len(variables):
                raise UserError(
                    f"The checkpoints in {self.path} are of another model or another version of "
                    f"Keras: {len(saved)} arrays of {group} instead of {len(variables)}."
                )
            for i, variable in enumerate(variables):
                variable.assign(self.restored_arrays[f"{group}/{i}"])

    def on_train_begin(self, logs=None):
        self.started = time.monotonic()
        self.first_step, self.epochs_done = self.step, 0.0
        if self.restored_arrays is not None:
            self._assign(["weights", "optimizer"])
            for callback, attributes in zip(self.callbacks, self.restored_callbacks, strict=True):
                vars(callback).update(attributes)

    def on_epoch_begin(self, epoch, logs=None):
        if self.restored_arrays is not None and self.step:
            # Keras has just reset the metrics, which for an epoch begun earlier is wrong.
            self._assign(["metrics"])
        self.restored_arrays = None

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        loss = float(logs["loss"])
        if not np.isfinite(loss):
            raise Diverged(
                f"The loss became {loss} at step {self.step} of epoch {self.epoch + 1}. "
                + self._advice()
            )
        # The last step of an epoch is saved with its validation, at the end of the epoch.
        if self.step < len(self.train):
            if self.request.signal:
                self.save()
                self._leave()
            if self.step % self.config.checkpoint_every == 0:
                self.save()

    def on_epoch_end(self, epoch, logs=None):
        # The losses are divided by rows that only fill up a batch; the metrics are not.
        logs = {name: float(value) for name, value in logs.items() if not name.endswith("loss")}
        row = {"epoch": epoch + 1, **logs}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history.append(row)
        better = self.best is None or self.rank(row) > self.best
        if better:
            self.best = self.rank(row)
            with averaged_weights(self.model):
                self.best_weights = self.model.get_weights()
        self.epochs_done += 1 - self.first_step / len(self.train)
        self.epoch, self.step, self.first_step = epoch + 1, 0, 0
        self.finished = self.model.stop_training or self.epoch == self.config.epochs
        # Before the checkpoint: a kill between the two then only repeats an epoch that is listed.
        storage.write_text(self.history_path, _as_csv(self.history))
        self.save()
        shown = (
            f"{name} {value:{FORMATS.get(name, '.4f')}}"
            for name, value in row.items()
            if name != "epoch"
        )
        mark = " (best so far)" if better else ""
        left = "" if self.finished else f"; at most {self._time_left()} left"
        tell(f"epoch {epoch + 1}/{self.config.epochs}: {', '.join(shown)}{mark}{left}")
        if self.request.signal:
            self._leave()

    def _time_left(self):
        """The time of the remaining epochs, if each takes as long as those of this sitting."""
        spent = time.monotonic() - self.started
        return duration(spent / self.epochs_done * (self.config.epochs - self.epoch))

    def on_train_end(self, logs=None):
        self.seconds += time.monotonic() - self.started

    def _advice(self):
        kept = (
            f"The last good checkpoint is kept in {self.path}"
            if self.path.exists()
            else "There was no checkpoint yet"
        )
        return f"{kept}; train a new run with a lower --learning-rate."

    def _leave(self):
        raise Interrupted(
            self.request.signal,
            f"Stopped after epoch {self.epoch}, step {self.step}; everything is saved. The same "
            "command goes on from there.",
        )


def _as_csv(history):
    text = io.StringIO()
    writer = csv.DictWriter(text, history[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()
