"""Train DRAW, and beside it an autoencoder of equal size that paints at once."""

import zoo
from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training import optimizer
from recipes.common.training.history import Stages
from recipes.drawing import baselines, data, measure, report
from recipes.drawing.bound import Bound, BoundLoss, metrics


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    return zoo.draw(
        **facts,
        units=config.units,
        latent_dim=config.latent_dim,
        steps=config.steps,
        read_size=config.read_size if config.attention else None,
        write_size=config.write_size if config.attention else None,
    )


def build_and_begin(config, pictures):
    """The network with the mean picture of the training as its first canvas."""
    model = build_model(config, pictures.facts)
    model.get_layer("strokes").begin_with(pictures.mean)
    return model


def build_autoencoder(config, pictures):
    """An autoencoder with as many parameters."""
    parameters = build_model(config, pictures.facts).count_params()
    return baselines.autoencoder(**pictures.facts, parameters=parameters)


def fit(run, pictures, build=build_and_begin):
    """Build, compile and train one network; the epoch with the best validation bound is kept.

    Returns:
        `model, history`.
    """
    with devices.distribution().scope():
        model = build(run.config, pictures)
        if build is build_and_begin:
            run.start_weights(model)
        bound = Bound(model)
        optimizer.compile_model(bound, run.config, len(pictures.train), BoundLoss(), metrics())
    history = training.fit(
        run, bound, pictures.train, pictures.validation, monitor="val_elbo", mode="max"
    )
    return model, history


def train(run):
    """Train the network and the baseline, measure both on the test part, paint, and report."""
    pictures = data.load(run)
    model, history = fit(run, pictures)
    run.save(model)

    figures = {
        "test": measure.of_run(run.config, model, pictures.test),
        "baselines": {
            "mean picture": {
                "bound": baselines.mean_picture(pictures.mean, pictures.parts["test"].images)
            }
        },
    }
    if run.config.compare:
        tell("Training an autoencoder of equal size to compare.")
        other, _ = fit(run.beside("autoencoder"), pictures, build_autoencoder)
        figures["baselines"]["autoencoder"] = {
            **measure.of_run(run.config, other, pictures.test),
            "parameters": other.count_params(),
            "seconds": run.seconds["autoencoder"],
        }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, pictures, model, stages, metrics)
    return metrics
