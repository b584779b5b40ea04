"""Keras callbacks that training needs beside its checkpoints."""

import keras
import numpy as np
from tqdm import tqdm

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


class ProgressBar(keras.callbacks.Callback):
    """A bar of the steps of an epoch, on standard error if that is a terminal.

    Args:
        session: The `Session` that knows how many steps of the first epoch are done.
    """

    def __init__(self, session):
        super().__init__()
        self._session, self._bar = session, None

    def on_epoch_begin(self, epoch, logs=None):
        self._bar = tqdm(
            total=len(self._session.train),
            initial=self._session.step,
            desc=f"epoch {epoch + 1}/{self._session.config.epochs}",
            unit="step",
            leave=False,
            disable=None,
        )

    def on_train_batch_end(self, batch, logs=None):
        self._bar.update()
        self._bar.set_postfix(loss=f"{float(logs['loss']):.4f}", refresh=False)

    def on_epoch_end(self, epoch, logs=None):
        self.close()

    def close(self):
        """Take the bar away, also in the middle of an epoch."""
        if self._bar is not None:
            self._bar.close()


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
