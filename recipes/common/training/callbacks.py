"""Keras callbacks that training needs beside its checkpoints."""

import math

import keras
import numpy as np

from recipes.common.progress import Progress
from recipes.common.terminal import tell
from recipes.common.training import averaging


class EpochEnd(keras.callbacks.Callback):
    """Ends the epoch a resumed training began in the middle; first in the list of callbacks.

    `fit` counts the steps of that epoch from zero, so it has to be told when it is over:
    `stop_training` ends an epoch, and training too unless it is taken back before `fit` looks.
    """

    def __init__(self, session):
        super().__init__()
        self.session = session
        self.left = None

    def on_epoch_begin(self, epoch, logs=None):
        self.left = len(self.session.train) - self.session.step

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = False


def plain_attributes(callback):
    """The state of a callback that JSON can hold: its public numbers, strings and Nones."""
    return {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in vars(callback).items()
        if value is None or isinstance(value, bool | int | float | str | np.generic)
        if not name.startswith("_")
    }


class ShowProgress(keras.callbacks.Callback):
    """Shows the steps of an epoch as they are done, and the first one as compiling.

    Args:
        session: The `Session` that knows how many steps of the first epoch are done.
    """

    def __init__(self, session):
        super().__init__()
        self._session, self._progress = session, None

    def on_train_begin(self, logs=None):
        if self.params["epochs"] > self._session.epoch:
            tell("Compiling; the first step of each padded length takes longer.")

    def on_epoch_begin(self, epoch, logs=None):
        what = f"epoch {epoch + 1}/{self._session.config.epochs}"
        session = self._session
        self._progress = Progress(len(session.train), what, "step", session.step)

    def on_train_batch_end(self, batch, logs=None):
        self._progress.update(note=f"loss {float(logs['loss']):.4f}")

    def on_epoch_end(self, epoch, logs=None):
        self.close()

    def close(self):
        """Take the bar away, also in the middle of an epoch."""
        if self._progress is not None:
            self._progress.close()


class Patience(keras.callbacks.Callback):
    """Ends a training after so many epochs without a better one.

    A tie with the best epoch does not count as one of them: scores that are all 0 at first say
    nothing yet.

    Args:
        session: The `Session`, which compares epochs.
        patience: Number of epochs.
    """

    def __init__(self, session, patience):
        super().__init__()
        self._session, self.patience, self.wait = session, patience, 0

    def on_epoch_end(self, epoch, logs=None):
        rank, best = self._session.rank(logs), self._session.best
        if best is None or rank > best:
            self.wait = 0
        elif rank[0] < best[0]:
            self.wait += 1
            if self.wait >= self.patience:
                self.model.stop_training = True


class FreeRunning(keras.callbacks.Callback):
    """Adds to the logs of each epoch how well the model writes by itself.

    Args:
        measure: Function of the model; returns metrics by name.
    """

    def __init__(self, measure):
        super().__init__()
        self._measure = measure

    def on_epoch_end(self, epoch, logs=None):
        with averaging.averaged_weights(self.model):
            logs.update({f"val_{name}": value for name, value in self._measure().items()})


class Probability(keras.callbacks.Callback):
    """Adds to the logs the probability of the right token, on geometric average."""

    def on_epoch_end(self, epoch, logs=None):
        for prefix in ("", "val_"):
            logs[f"{prefix}probability"] = math.exp(-logs[f"{prefix}crossentropy"])
