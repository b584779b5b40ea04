"""Training of a detector: frame by frame, chosen by its misses, and once more on its mistakes."""

import dataclasses

import keras
import numpy as np
from keras import ops

from recipes.common import devices, models, storage
from recipes.common.terminal import tell
from recipes.common.training import averaging, optimizer
from recipes.common.training import callbacks as training_callbacks
from recipes.common.training import fit as training_fit
from recipes.wakeword import scoring
from recipes.wakeword.detection import measures

# Of the other speech, what a detector mistakes most; and at least so many utterances.
MINED_SHARE, MINED_LEAST = 0.02, 100


@keras.saving.register_keras_serializable(package="recipes")
class FrameCrossentropy(keras.losses.Loss):
    """Binary cross-entropy of each frame, labels and logits `(B, T)`, in nats."""

    def __init__(self, name="loss", **kwargs):
        super().__init__(name=name, **kwargs)

    def call(self, labels, logits):
        return crossentropy(labels, logits)


def crossentropy(labels, logits):
    """`(B, T)` float32."""
    return ops.softplus(logits) - labels * logits


def compile_model(model, config, steps_per_epoch):
    """Set loss, metric and optimizer of a detector."""
    optimizer.compile_model(
        model,
        config,
        steps_per_epoch,
        FrameCrossentropy(),
        keras.metrics.MeanMetricWrapper(crossentropy, name="crossentropy"),
    )


def fit(config, directory, data, model):
    """Compile and train one network, the epoch chosen by its misses on the dev tracks.

    Args:
        config: Settings of the run.
        directory: Where checkpoints go.
        data: The `detector.Data`.
        model: The network.

    Returns:
        `history, seconds`.
    """
    with devices.distribution().scope():
        compile_model(model, config, len(data.train))

    def measure():
        heard = scoring.tracks(model, data.some_dev)
        return {"heard": 1 - measures.selection_score(heard)}

    callbacks = [averaging.ValidateAverage(), training_callbacks.FreeRunning(measure)]
    tell(models.describe(model, config.jit))
    return training_fit.fit(
        model, data.train, data.validation, config, directory, "val_heard", "max", callbacks
    )


def mine(config, directory, data, model, history):
    """Train on, much of the other speech being what was mistaken for the phrase most.

    Returns:
        `history, seconds` of the stage whose weights the model has: this one if it is better.
    """
    hard = _hard(directory, data, model)
    tell(f"Training on: {len(hard):,} utterances are mistaken for the phrase more than others.")
    settings = dataclasses.replace(
        config,
        epochs=config.mining_epochs,
        learning_rate=config.mining_rate,
        warmup_epochs=min(config.warmup_epochs, 0.5),
    )
    before = model.get_weights()
    folder = storage.subdirectory(directory, "mining")
    later, seconds = fit(settings, folder, data.mined(hard), model)
    if best(later) >= best(history):
        return later, seconds
    model.set_weights(before)
    return history, seconds


def best(history):
    """The largest share of phrases that an epoch of a training heard, see `selection_score`."""
    return max(row["val_heard"] for row in history)


def _hard(directory, data, model):
    """Numbers of the utterances of ordinary speech with the highest logits.

    Near misses, which the training has its share of anyway, would be all that is found.
    """
    path = directory / "mined.json"
    if path.exists():
        return np.asarray(storage.read_json(path, ("utterances",))["utterances"])
    clips = data.clips["train"]
    others = np.flatnonzero(~np.isin(clips.kinds, ("phrase", "own_phrase", "near_miss")))
    scores = scoring.of_samples(model, [clips.audio(int(i)) for i in others])
    peaks = np.array([score.max(initial=-np.inf) for score in scores])
    number = max(MINED_LEAST, round(MINED_SHARE * len(others)))
    hard = others[np.argsort(-peaks, kind="stable")[:number]]
    storage.write_json(path, {"utterances": hard.tolist()})
    return hard
