"""Keras callbacks that let a training go on from the middle of an epoch."""

import keras
import numpy as np


class EpochEnd(keras.callbacks.Callback):
    """Ends the epoch a resumed training began in the middle; first in the list of callbacks.

    `fit` counts the steps of that epoch from nought, so it has to be told when it is over:
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
