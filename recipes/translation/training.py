"""Train a translator, and beside it the same network without attention."""

import zoo
from recipes.common import devices
from recipes.common.terminal import tell
from recipes.common.training.history import Stages
from recipes.common.writing import teacher_forcing
from recipes.translation import data, measure, report, writing


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    options = {"attention_dim": config.attention_dim} if config.model == "bahdanau_seq2seq" else {}
    return getattr(zoo, config.model)(
        **facts,
        **options,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        tie_embeddings=config.tie_embeddings,
        dropout=config.dropout,
        scheduled_sampling=config.scheduled_sampling > 0,
    )


def fit(run, pairs):
    """Build, compile and train one network.

    The epoch is kept whose greedy translations of the validation part score highest.

    Returns:
        `model, history`.
    """
    config = run.config
    with devices.distribution().scope():
        model = run.start_weights(build_model(config, pairs.facts))
        teacher_forcing.compile_model(model, config, len(pairs.train))
    chosen = pairs.parts["validation"].evenly(config.validation_sentences)

    def score():
        written = writing.translate(
            model, pairs.tokenizers, chosen.sources, config, beam=1, warn=False
        )
        return pairs.scorer.measure(written, chosen.targets)

    return model, teacher_forcing.fit(run, model, pairs.train, pairs.validation, score)


def train(run):
    """Train the network, and beside it the same without attention; measure all, and report."""
    pairs = data.load(run)
    model, history = fit(run, pairs)
    run.save(model)
    models = {"recurrent": model}
    if run.config.compare and run.config.model != "seq2seq":
        tell("Training the same network without attention, to compare; --no-compare leaves it out.")
        models["seq2seq"], _ = fit(run.beside("seq2seq", model="seq2seq"), pairs)

    tell("Measuring.")
    results = measure.measure(run.config, pairs, models)
    stages = Stages.of(history)
    metrics = run.measured(results.metrics, model, stages)
    report.write(run, pairs, model, stages, results, metrics)
    return metrics
