"""Train a network to park, by rounds of driving and advice, and one without memory beside it."""

import zoo
from recipes.common import storage
from recipes.common.terminal import tell
from recipes.common.training import fit as training
from recipes.common.training import optimizer
from recipes.common.training.averaging import ValidateAverage
from recipes.common.training.history import Stages
from recipes.parking import data, driving, loss, measure, report
from recipes.parking.rounds import Drive


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    return zoo.controller(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        memory=config.memory,
        dropout=config.dropout,
    )


def fit(run, streets):
    """Build, compile and train one network; the round that parks most often is kept.

    Returns:
        `model, history`.
    """
    config = run.config
    model = run.start_weights(build_model(config, streets.facts))
    pool = streets.rounds(run)
    batches = data.training(pool, config)
    optimizer.compile_model(model, config, len(batches), loss.loss(), loss.metrics())
    callbacks = [Drive(pool, model, streets.held_out("validation"))]
    if config.average:
        callbacks.append(ValidateAverage())
    history = training.fit(run, model, batches, streets.validation, "val_success", "max", callbacks)
    storage.remove(pool.folder)  # tens of megabytes that only further rounds would need
    return model, history


def train(run):
    """Train the network and one without memory, park in unseen scenes, and report."""
    streets = data.load(run)
    model, history = fit(run, streets)
    run.save(model)
    drivers = {"network": driving.Network(model)}
    parameters = {}
    if run.config.compare and run.config.memory:
        tell("Training a network without memory to compare.")
        other, _ = fit(run.beside("memoryless", memory=False), streets)
        drivers["memoryless"] = driving.Network(other)
        parameters = {
            "parameters": other.count_params(),
            "seconds_of_training": run.seconds["memoryless"],
        }
    drivers["expert"] = driving.Planned(streets.expert)

    test = streets.held_out("test")
    tell(f"Parking in {len(test):,} scenes that no network has seen.")
    driven = {
        name: driving.drive(driver, test, measure.noise()) for name, driver in drivers.items()
    }
    figures = {name: measure.measure(runs) for name, runs in driven.items()}
    if parameters:
        figures["memoryless"] |= parameters
    stages = Stages.of(history)
    test_figures = figures.pop("network")
    metrics = run.measured({"test": test_figures, "baselines": figures}, model, stages)
    report.write(run, stages, test, driven, metrics)
    return metrics
