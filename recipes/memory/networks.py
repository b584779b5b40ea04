"""One network: built with the start of its cell, compiled, and trained."""

import dataclasses

import keras
import numpy as np

import zoo
from recipes.common import devices, models
from recipes.common.training import crossentropy
from recipes.common.training import fit as training
from recipes.common.training.averaging import ValidateAverage
from recipes.common.training.clipping import ClippedAdam
from recipes.common.training.optimizer import cosine
from recipes.memory import sizes, start, tasks


def build_model(config, facts):
    """The network of a configuration with the start of its cell, not yet compiled."""
    units = sizes.units_for(
        config.cell, config.parameters, facts["vocab_size"], config.embedding_dim
    )
    model = zoo.rnn_language_model(
        **facts,
        embedding_dim=config.embedding_dim,
        units=units,
        cell="irnn" if config.cell == "relu" else config.cell,
        layer_norm=True,
    )
    start.start(model, config.cell, config.gates, config.distance, config.seed)
    return model


def compile_model(model, config, steps_per_epoch):
    """Compile a network with Adam, a warm-up, cosine decay, and clipping by global norm."""
    if config.jit:
        models.give_up_cudnn(model)
    scheduled = dataclasses.replace(config, learning_rate=config.rate)
    model.compile(
        ClippedAdam(
            cosine(scheduled, steps_per_epoch),
            clip_norm=config.clip_norm / devices.count(),
            use_ema=config.average > 0,
            ema_momentum=config.average,
            ema_overwrite_frequency=None,
        ),
        crossentropy.SmoothedCrossentropy(),
        weighted_metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            crossentropy.metric(),
        ],
        jit_compile=config.jit,
    )


class Decided(keras.callbacks.Callback):
    """Ends a training that has solved its task, or is still at chance after many rounds."""

    def __init__(self, config):
        super().__init__()
        self._config = config

    def on_epoch_end(self, epoch, logs=None):
        accuracy, late = logs["val_accuracy"], self._config.give_up_epochs
        lost = 0 < late <= epoch + 1 and tasks.is_chance(self._config.task, accuracy)
        if accuracy >= self._config.solved or lost:
            self.model.stop_training = True


def prepare(run, sequences, model=None):
    """A compiled network that has learned nothing yet.

    Args:
        run: The run or a part of one, whose settings name task, cell, distance and seed.
        sequences: The `data.Data`.
        model: A compiled network of the same cell, which then begins anew: it is traced already.
    """
    config = run.config
    keras.utils.set_random_seed(config.seed)  # whatever has been trained before
    with devices.distribution().scope():
        fresh = build_model(config, sequences.facts)
        if model is None:
            run.start_weights(fresh)
            compile_model(fresh, config, len(sequences.training(config)))
            return fresh
    model.set_weights(fresh.get_weights())
    optimizer = model.optimizer
    for variable in optimizer.variables:
        variable.assign(np.zeros(variable.shape))
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):  # of mixed_float16
        optimizer.dynamic_scale.assign(optimizer.initial_scale)
    return model


def train(run, sequences, model):
    """Train a prepared network until it has solved its task, or for long enough: its `History`."""
    config = run.config
    return training.fit(
        run,
        model,
        sequences.training(config),
        sequences.held_out("validation", config.task, config.distance),
        callbacks=[Decided(config), ValidateAverage()],
    )
