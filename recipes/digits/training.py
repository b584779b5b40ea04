"""Train a classifier of pictures, and beside it those that see them in other ways."""

import keras

import zoo
from recipes.common import devices
from recipes.common.labelling import measure as labelling
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training import optimizer
from recipes.common.training.history import Stages
from recipes.digits import data, measure, report
from recipes.digits.config import HIDDEN, NETWORKS, epochs_of, numbers


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    if config.network == "rnn":
        return zoo.row_classifier(
            **facts,
            units=config.units,
            num_layers=config.num_layers,
            cell=config.cell,
            dropout=config.dropout,
        )
    hidden = config.hidden or HIDDEN.get(config.network, "")
    return zoo.image_classifier(
        **facts,
        convolutions=numbers("convolutions", config.convolutions)
        if config.network == "cnn"
        else (),
        hidden=() if config.network == "linear" else numbers("hidden", hidden),
        dropout=config.dropout,
    )


def fit(run, pictures):
    """Build, compile and train one network; the epoch with the highest accuracy is kept.

    Returns:
        `model, history`.
    """
    with devices.distribution().scope():
        model = run.start_weights(build_model(run.config, pictures.facts))
        optimizer.compile_model(
            model,
            run.config,
            len(pictures.train),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            [
                keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
                keras.metrics.SparseCategoricalCrossentropy(name="crossentropy", from_logits=True),
            ],
        )
    history = training.fit(
        run, model, pictures.train, pictures.validation, monitor="val_accuracy", mode="max"
    )
    return model, history


def train(run):
    """Train the network and those to compare, measure all on the test part, and report."""
    pictures = data.load(run)
    model, history = fit(run, pictures)
    run.save(model)
    test = pictures.parts["test"]
    probabilities = measure.probabilities(model, test)

    baselines = {"majority": labelling.majority(pictures.parts["train"].labels, test.labels)}
    for network in NETWORKS if run.config.compare else ():
        if network == run.config.network:
            continue
        tell(f"Training the {network} to compare.")
        epochs = run.asked.epochs or epochs_of(network, len(pictures.parts["train"]))
        beside = run.beside(network, network=network, epochs=epochs, hidden="")
        other, _ = fit(beside, pictures)
        baselines[network] = {
            **measure.measure(measure.probabilities(other, test), test.labels),
            "parameters": other.count_params(),
            "seconds": run.seconds[network],
        }
    figures = {
        "network": run.config.network,
        "test": measure.measure(probabilities, test.labels),
        "baselines": baselines,
    }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, pictures, model, stages, probabilities, metrics)
    return metrics
