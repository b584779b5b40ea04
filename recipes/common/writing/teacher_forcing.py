"""Teacher forcing: loss, compiling, and the choice of the best epoch by free-running output.

A model is trained on the true previous tokens and used on its own; only what it writes by itself
says which epoch is the best.
"""

import keras

from recipes.common.training import averaging, crossentropy, optimizer
from recipes.common.training import fit as training
from recipes.common.training.callbacks import FreeRunning


def compile_model(model, config, steps_per_epoch):
    """Compile with Adam, a warm-up, cosine decay to zero and gradients clipped by their norm.

    The loss of a batch is summed over its real tokens and divided by all, so padding weighs
    nothing, on one device and on several; `crossentropy` is the mean over real tokens alone.

    Args:
        config: `learning_rate`, `warmup_epochs`, `epochs`, `label_smoothing`, `average` and `jit`
            count.
    """
    optimizer.compile_model(
        model,
        config,
        steps_per_epoch,
        crossentropy.SmoothedCrossentropy(config.label_smoothing),
        crossentropy.metric(),
    )


class ScheduledSampling(keras.callbacks.Callback):
    """Raises the share of tokens that the decoder reads of its own, epoch by epoch.

    Reference: Bengio et al. (2015), https://arxiv.org/abs/1506.03099, section 2.4.

    Args:
        share: The share in the last epoch.
        epochs: Number of epochs.
    """

    def __init__(self, share, epochs):
        super().__init__()
        self.share, self.epochs = share, epochs

    def on_epoch_begin(self, epoch, logs=None):
        decoder = next(layer for layer in self.model._flatten_layers() if layer.name == "decoder")
        decoder.own_tokens.assign(self.share * epoch / max(1, self.epochs - 1))


def fit(run, model, train, validation, measure):
    """`training.fit`, the best epoch chosen by what `measure` gives for free-running output.

    Args:
        run, model, train, validation: As in `training.fit`; the `objective` of the run's settings
            is maximised.
        measure: Function without arguments that gives metrics by name, without `val_`.

    Returns:
        The `History`.
    """
    callbacks = [averaging.ValidateAverage(), FreeRunning(measure)]
    if run.config.scheduled_sampling:
        callbacks.append(ScheduledSampling(run.config.scheduled_sampling, run.config.epochs))
    return training.fit(run, model, train, validation, run.config.objective, "max", callbacks)
