"""What comes after the first training of a captioner: the whole model, and more training of it."""

import dataclasses
from typing import Any

from recipes.captioning import data as captioning_data
from recipes.captioning import features
from recipes.common import devices, storage
from recipes.common.pictures import cache, encoders
from recipes.common.terminal import tell


@dataclasses.dataclass(frozen=True)
class Captioner:
    """A trained captioner.

    model: The network that reads what the arrays of `data` hold.
    whole: The same one from pixels on.
    data: The `captioner.Data`.
    history: A dict an epoch, of the stage whose weights were kept.
    seconds: Time of each later stage by name.
    """

    model: Any
    whole: Any
    data: Any
    history: list
    seconds: dict


def after(config, directory, data, model, history, build_model, fit):
    """The whole model of a first training, trained on as far as the settings ask for it.

    Args:
        config: Settings of the run.
        directory: The run directory.
        data, model, history: What was trained on what, and how it went.
        build_model, fit: Those of the recipe.
    """
    if config.end_to_end:
        trained = Captioner(model, model, data, history, {})
    else:
        with devices.distribution().scope():
            whole = _whole(config, data, build_model, train_cnn=config.fine_tune_epochs > 0)
        copy_weights(model, whole)
        trained = Captioner(model, whole, data, history, {})
        if config.fine_tune_epochs:
            trained = _fine_tuned(config, directory, trained, build_model, fit)
    if config.self_critical_epochs:
        trained = _self_critical(config, directory, trained)
    return trained


def _fine_tuned(config, directory, trained, build_model, fit):
    tell("Training the network for images too.")
    model, whole, data = trained.model, trained.whole, trained.data
    settings = dataclasses.replace(
        config,
        train_cnn=True,
        epochs=config.fine_tune_epochs,
        learning_rate=config.fine_tune_rate,
        warmup_epochs=min(config.warmup_epochs, 0.5),
    )
    found = {name: part.captioned for name, part in data.parts.items()}
    parts = features.prepared(found, config, cache.pixels(config.size))
    batches = captioning_data.batches(settings, parts, data.tokenizer)
    from_pixels = captioning_data.Data(parts, *batches, data.tokenizer)
    later, seconds = fit(settings, storage.subdirectory(directory, "fine_tune"), from_pixels, whole)
    seconds = {"fine_tune": seconds}
    if _better(config, later, trained.history):
        return Captioner(whole, whole, from_pixels, later, seconds)
    with devices.distribution().scope():
        whole = _whole(config, data, build_model)
    copy_weights(model, whole)
    return dataclasses.replace(trained, whole=whole, seconds=seconds)


def _self_critical(config, directory, trained):
    from recipes.captioning import measure as captioning_measure
    from recipes.captioning import self_critical

    tell("Training on what drawn captions score.")
    model, data = trained.model, trained.data
    measure = captioning_measure.measuring(config, data, model)
    before = model.get_weights()
    folder = storage.subdirectory(directory, "self_critical")
    later, seconds = self_critical.fit(config, folder, data, model, measure)
    seconds = {**trained.seconds, "self_critical": seconds}
    if not _better(config, later, trained.history):
        model.set_weights(before)
        return dataclasses.replace(trained, seconds=seconds)
    if trained.whole is not model:
        copy_weights(model, trained.whole)
    return dataclasses.replace(trained, history=later, seconds=seconds)


def _better(config, later, earlier):
    """Whether a stage went higher than the one before it, which is said if not."""
    monitor = f"val_{config.monitor}"
    better = max(row[monitor] for row in later) > max(row[monitor] for row in earlier)
    if not better:
        tell(f"Its {config.monitor} is no better; the stage before is kept.")
    return better


def _whole(config, data, build_model, train_cnn=False):
    from zoo.layers.images import image_encoder

    facts = {**data.facts, "image_shape": (*config.size, 3)}
    whole = build_model(config, facts, whole=True, train_cnn=train_cnn)
    encoder = encoders.build_encoder(
        image_encoder, facts["image_shape"], config.cnn, config.cnn_weights, config.seed
    )
    whole.get_layer("cnn").set_weights(encoder.get_weights())
    return whole


def copy_weights(source, target):
    """Give the layers of one model the weights of another's layers of the same names."""
    for layer in source.layers:
        if layer.weights:
            target.get_layer(layer.name).set_weights(layer.get_weights())
