"""Train a language model, and beside it n-grams with Kneser-Ney smoothing."""

import zoo
from recipes.characters import baselines, data, measure, report, writing
from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.training import averaging, bptt
from recipes.common.training import fit as training
from recipes.common.training.callbacks import Probability
from recipes.common.training.clipping import ClipRate
from recipes.common.training.history import Stages


def build_model(config, facts, states=False):
    """The network of a configuration, not yet compiled; its states may be inputs and outputs."""
    return zoo.rnn_language_model(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        one_hot=config.one_hot,
        dropout=config.dropout,
        embedding_dropout=config.embedding_dropout,
        layer_norm=config.layer_norm,
        residual=config.residual,
        tie_embeddings=config.tie_embeddings,
        states=states,
    )


def fit(run, texts):
    """Build, compile and train one network; the epoch with the lowest cross-entropy is kept.

    Returns:
        `model, history`.
    """
    config = run.config
    with devices.distribution().scope():
        model = run.start_weights(build_model(config, texts.facts))
        in_streams = bptt.TruncatedBPTT(
            model, config.batch_size, texts.validation.batch_size, config.steps
        )
        bptt.compile_model(in_streams, config, len(texts.train))
    callbacks = [averaging.ValidateAverage(), ClipRate(), Probability()]
    return model, training.fit(run, in_streams, texts.train, texts.validation, callbacks=callbacks)


def train(run):
    """Train the network, measure it and n-grams on the test part, and report with a sample."""
    texts = data.load(run)
    model, history = fit(run, texts)
    run.save(model)

    tell("Counting n-grams, to compare, and measuring.")
    pieces, test = run.config.pieces, texts.parts["test"]
    measure.warn_of_unknown(test, texts.vocabulary)
    figures = {
        "test": measure.of_part(model, test, texts.vocabulary),
        "baselines": {"kneser_ney": baselines.kneser_ney(texts, pieces)},
        "sample": writing.sample(model, texts),
    }
    stages = Stages.of(history)
    metrics = run.measured(figures, model, stages)
    report.write(run, texts, model, stages, metrics)
    return metrics
