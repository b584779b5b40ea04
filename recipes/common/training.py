"""`model.fit` that can be cut off at any moment and ends with the weights it would have had."""

import contextlib
import csv
import io
import signal
import time

import keras
import numpy as np
from tqdm import tqdm

from recipes.common import checkpoints, runs
from recipes.common.averaging import averaged_weights
from recipes.common.callbacks import EpochEnd, plain_attributes
from recipes.common.errors import Diverged, Interrupted, UserError
from recipes.common.terminal import say


def fit(
    model,
    train,
    validation,
    config,
    directory,
    monitor="val_crossentropy",
    mode="min",
    callbacks=(),
):
    """Train with checkpoints, early stopping and the best epoch's weights at the end.

    A directory with checkpoints continues from the newest whole one: weights, optimizer, metrics
    and seeds of dropout, position in the data, callbacks and history are as they were.

    Args:
        model: A compiled model.
        train: `batching.Batches` with a seed.
        validation: `batching.Batches` for the end of each epoch.
        config: Settings; `epochs`, `patience` and `checkpoint_every` count.
        directory: The run directory; `checkpoints/` and `history.csv` are written there.
        monitor: The validation metric that chooses the best epoch.
        mode: Whether the best is its `"min"` or its `"max"`.
        callbacks: More Keras callbacks, called before the others, so that what they add to the
            logs of an epoch can be its `monitor`. Their attributes that are plain numbers, strings
            or None are kept across interruptions.

    Returns:
        `history, seconds`: a list of dicts, one an epoch, and the time spent in training, that of
        earlier sittings included.

    Raises:
        Diverged: If the loss is not finite; the last checkpoint stays as it was.
        Interrupted: After SIGTERM or Ctrl-C, once the state is saved.
    """
    stopping = keras.callbacks.EarlyStopping(monitor, mode=mode, patience=config.patience)
    board = keras.callbacks.TensorBoard(directory / "tensorboard", write_graph=False)
    callbacks = [*callbacks, stopping, board]
    session = Session(model, train, config, directory, (monitor, mode), callbacks)
    session.restore()
    # A finished training is restored by a `fit` of no epochs, so that what follows cannot differ.
    last_epoch = session.epoch if session.finished else config.epochs
    with session.catching_signals():
        model.fit(
            train.endless(session.epoch, session.step),
            steps_per_epoch=len(train),
            initial_epoch=session.epoch,
            epochs=last_epoch,
            validation_data=validation.once(),
            callbacks=[session.first, *callbacks, session],
            shuffle=False,
            verbose=0,
        )
    model.set_weights(session.best_weights)
    return session.history, session.seconds


class Session(keras.callbacks.Callback):
    """The state of a training and the callback, last in the list, that keeps and restores it."""

    def __init__(self, model, train, config, directory, monitor, callbacks):
        super().__init__()
        self.set_model(model)
        self.train, self.config = train, config
        self.monitor, mode = monitor
        self.sign = {"max": 1, "min": -1}[mode]
        self.path = directory / "checkpoints"
        self.history_path = directory / "history.csv"
        self.callbacks = callbacks
        self.first = EpochEnd(self)
        self.epoch = self.step = 0  # what is done: whole epochs, and steps of the one begun
        self.seconds = 0.0
        self.history, self.finished = [], False
        self.best, self.best_weights = -np.inf, None
        self.signal = None
        self.restored_arrays = None

    def restore(self):
        """Take up the newest whole checkpoint, if there is one."""
        if (found := checkpoints.load(self.path)) is None:
            return
        arrays, state = found
        self.epoch, self.step = state["epoch"], state["step"]
        self.history, self.finished = state["history"], state["finished"]
        self.best, self.seconds = state["best"], state["seconds"]
        self.best_weights = [arrays[f"best/{i}"] for i in range(state["best_count"])] or None
        self.restored_arrays, self.restored_callbacks = arrays, state["callbacks"]
        self._create_variables()
        if not self.finished:
            say(f"Going on after epoch {self.epoch}, step {self.step} of {len(self.train)}.")

    def _create_variables(self):
        """Make the variables that Keras otherwise makes in the first training step."""
        inputs, labels, weights = self.train.batch(self.train.order()[0])
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
            "best": self.best,
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
        self.bar = None
        if self.restored_arrays is not None:
            self._assign(["weights", "optimizer"])
            for callback, attributes in zip(self.callbacks, self.restored_callbacks, strict=True):
                vars(callback).update(attributes)

    def on_epoch_begin(self, epoch, logs=None):
        if self.restored_arrays is not None and self.step:
            # Keras has just reset the metrics, which for an epoch begun earlier is wrong.
            self._assign(["metrics"])
        self.restored_arrays = None
        self.bar = tqdm(
            total=len(self.train),
            initial=self.step,
            desc=f"epoch {epoch + 1}/{self.config.epochs}",
            unit="step",
            leave=False,
            disable=None,
        )

    def on_train_batch_end(self, batch, logs=None):
        self.step += 1
        self.bar.update()
        loss = float(logs["loss"])
        if not np.isfinite(loss):
            raise Diverged(
                f"The loss became {loss} at step {self.step} of epoch {self.epoch + 1}. "
                + self._advice()
            )
        self.bar.set_postfix(loss=f"{loss:.4f}", refresh=False)
        # The last step of an epoch is saved with its validation, at the end of the epoch.
        if self.step < len(self.train):
            if self.signal:
                self.save()
                self._leave()
            if self.step % self.config.checkpoint_every == 0:
                self.save()

    def on_epoch_end(self, epoch, logs=None):
        self.bar.close()
        # The losses are divided by rows that only fill up a batch; the metrics are not.
        logs = {name: float(value) for name, value in logs.items() if not name.endswith("loss")}
        row = {"epoch": epoch + 1, **logs}
        row["learning_rate"] = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self.history.append(row)
        better = self.sign * row[self.monitor] > self.best
        if better:
            self.best = self.sign * row[self.monitor]
            with averaged_weights(self.model):
                self.best_weights = self.model.get_weights()
        self.epoch, self.step = epoch + 1, 0
        self.finished = self.model.stop_training or self.epoch == self.config.epochs
        # Before the checkpoint: a kill between the two then only repeats an epoch that is listed.
        runs.write_text(self.history_path, _as_csv(self.history))
        self.save()
        shown = (f"{name} {value:.4f}" for name, value in row.items() if name != "epoch")
        mark = " (best so far)" if better else ""
        say(f"epoch {epoch + 1}/{self.config.epochs}: {', '.join(shown)}{mark}")
        if self.signal:
            self._leave()

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
        self.bar.close()
        raise Interrupted(
            self.signal,
            f"Stopped after epoch {self.epoch}, step {self.step}; everything is saved. The same "
            "command goes on from there.",
        )

    @contextlib.contextmanager
    def catching_signals(self):
        """Turn the first SIGTERM or Ctrl-C into a save at the next step; the second leaves."""

        def remember(number, frame):
            if self.signal:
                raise KeyboardInterrupt
            self.signal = number
            say("Stopping: saving at the next step, or after the validation that is running.")

        heeded = [n for n in STOP_SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
        earlier = {number: signal.signal(number, remember) for number in heeded}
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)


STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _as_csv(history):
    text = io.StringIO()
    writer = csv.DictWriter(text, history[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()
