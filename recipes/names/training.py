"""Train a character language model on names, and beside it n-grams with Kneser-Ney smoothing."""

import zoo
from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.training import averaging, bptt
from recipes.common.training import fit as training
from recipes.common.training.callbacks import Probability
from recipes.common.training.clipping import ClipRate
from recipes.common.training.history import Stages
from recipes.names import baselines, data, measure, report, writing
from recipes.names.network import Network

NEW_NAMES = 20  # in the report


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    return zoo.rnn_language_model(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        dropout=config.dropout,
        embedding_dropout=config.embedding_dropout,
        layer_norm=config.layer_norm,
        residual=config.residual,
    )


def fit(run, names):
    """Build, compile and train one network; the epoch with the lowest cross-entropy is kept.

    Returns:
        `model, history`.
    """
    config = run.config
    with devices.distribution().scope():
        model = run.start_weights(build_model(config, names.facts))
        in_streams = bptt.TruncatedBPTT(model, config.batch_size, config.batch_size)
        bptt.compile_model(in_streams, config, len(names.train))
    callbacks = [averaging.ValidateAverage(), ClipRate(), Probability()]
    return model, training.fit(run, in_streams, names.train, names.validation, callbacks=callbacks)


def train(run):
    """Train the network, measure it and n-grams on the test part, and report with new names."""
    names = data.load(run)
    model, history = fit(run, names)
    run.save(model)

    tell("Counting n-grams, to compare, and measuring.")
    config, test, known = run.config, names.names("test"), set(names.names("train"))
    network = Network(model, names.characters, run.fact("longest"))
    figures = {
        "test": measure.measure(network, test, known, config.samples, config.seed),
        "baselines": {"kneser_ney": baselines.kneser_ney(config, names)},
        "held_out_names": measure.quality(test, known),
        "new_names": writing.write(network, "", NEW_NAMES, known, run.fact("capitalised")),
    }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, names, network, stages, metrics)
    return metrics
