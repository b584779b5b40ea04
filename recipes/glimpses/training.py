"""Train a network that learns where to look, and beside it random glimpses and whole pictures."""

import keras

import zoo
from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training import optimizer
from recipes.common.training.averaging import ValidateAverage
from recipes.common.training.history import Stages
from recipes.glimpses import data, measure, reinforce, report
from recipes.glimpses.scenes import labels_of

CONVOLUTIONS = (8, 16, 32)  # filters of the blocks of the network to compare
MOST_CNN_EPOCHS = 12  # it needs fewer


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    options = {
        "glimpses": config.glimpses,
        "glimpse_size": config.glimpse_size,
        "scales": config.scales,
        "glimpse_dim": config.glimpse_dim,
        "units": config.units,
        "cell": config.cell,
        "location_std": config.location_std,
        "locations": config.locations,
        "dropout": config.dropout,
    }
    if config.task == "pairs":
        objects = labels_of(config) - 1
        return zoo.multi_object_attention(
            **facts, max_objects=objects, filters=config.filters, **options
        )
    return zoo.recurrent_attention(**facts, **options)


def build_cnn(config, facts):
    """A convolutional network that sees the whole scene, of about as many parameters."""
    labels = labels_of(config)
    classes = facts["num_classes"] + 1 if labels else facts["num_classes"]
    outputs = max(1, labels) * classes
    wanted, shape = build_model(config, facts).count_params(), facts["image_shape"]
    # Each block halves the picture, of which something must be left.
    blocks = CONVOLUTIONS[: min(shape[:2]).bit_length() - 1]

    def of_width(width):
        options = {"convolutions": blocks, "hidden": (width,), "dropout": 0.3}
        return zoo.image_classifier(shape, outputs, **options)

    # The number of parameters is a straight line in the width.
    one, two = (of_width(width).count_params() for width in (1, 2))
    model = of_width(max(1, round((wanted - one) / (two - one)) + 1))
    logits = model.output
    if labels:
        logits = keras.layers.Reshape((labels, classes), name="sequence")(logits)
    return keras.Model(model.input, {"logits": logits}, name="image_classifier")


def fit(run, scenes, build=build_model):
    """Build, compile and train one network; the epoch with the highest accuracy is kept.

    Returns:
        `model, history`.
    """
    config = run.config
    with devices.distribution().scope():
        model = run.start_weights(build(config, scenes.facts))
        trainer = reinforce.Hybrid(model, config.reward, config.samples)
        optimizer.compile_model(trainer, config, len(scenes.train), None, reinforce.metrics())
    callbacks = [ValidateAverage()] if config.average else []
    history = training.fit(
        run, trainer, scenes.train, scenes.validation, "val_accuracy", "max", callbacks
    )
    return model, history


def train(run):
    """Train the network and those to compare, measure all on the test part, and report."""
    scenes = data.load(run)
    model, history = fit(run, scenes)
    run.save(model)
    found = measure.outputs(model, scenes.test)

    baselines = {}
    for name, build, settings in _compared(run):
        tell(f"Training {report.NAMES[name]} to compare.")
        other, _ = fit(run.beside(name, **settings), scenes, build)
        baselines[name] = {
            **measure.measure(measure.outputs(other, scenes.test)["logits"], scenes.test.labels),
            "parameters": other.count_params(),
            "seconds": run.seconds[name],
        }
    test = measure.measure(found["logits"], scenes.test.labels)
    figures = {"task": run.config.task, "test": test, "baselines": baselines}
    metrics = run.measured(figures, model, Stages.of(history))
    report.write(run, scenes, model, Stages.of(history), found, metrics)
    return metrics


def _compared(run):
    """Name, builder and settings of the networks to compare."""
    config = run.config
    if not config.compare:
        return
    if config.locations != "random":
        yield "random", build_model, {"locations": "random", "samples": 1}
    yield "cnn", build_cnn, {"samples": 1, "epochs": min(config.epochs, MOST_CNN_EPOCHS)}
