"""Train a translator, and beside it the same network without attention."""

import dataclasses
import time

from recipes.common import devices, run, storage
from recipes.common import models as common_models
from recipes.common.terminal import tell
from recipes.translation import measure as translation_measure
from recipes.translation import report, writing


def build_model(config, facts):
    """The network of a configuration, not yet compiled."""
    import zoo

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


def fit(config, directory, data):
    """Build, compile and train one network; give it back with its history and seconds."""
    from recipes.common.writing import teacher_forcing
    from recipes.translation import scores

    with devices.distribution().scope():
        model = build_model(config, data.facts)
        teacher_forcing.compile_model(model, config, len(data.train))
    validation = data.parts["validation"].evenly(config.validation_sentences)

    def measure():
        written = writing.translate(
            model, data.tokenizers, validation.sources, config, beam=1, tell=False
        )
        return scores.measure(written, validation.targets, config.lowercase)

    return model, *teacher_forcing.fit(
        model, data.train, data.validation, config, directory, measure, config.monitor
    )


def train(config):
    """Train, measure beside the baselines, and write model, metrics, plots and report."""
    started = time.monotonic()
    directory = run.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        tell(f"The run in {directory} is complete; these are its results.")
        kept = storage.read_json(directory / "metrics.json", report.NEEDED)
        return report.summary(directory, kept)
    data = load_data(config)
    devices.start(config)
    model, history, seconds = fit(config, directory, data)
    common_models.save_model(model, directory / "model.keras")
    models, times = {"recurrent": model}, {"train": seconds}
    if config.compare and config.model != "seq2seq":
        folder = storage.subdirectory(directory, "seq2seq")
        plain = dataclasses.replace(config, model="seq2seq")
        models["seq2seq"], _, times["seq2seq"] = fit(plain, folder, data)

    tell("Measuring.")
    results = translation_measure.measure(config, data, models)
    metrics = {
        **results.metrics,
        "validation": translation_measure.validation_of_best(history, config.monitor),
        "seconds": {**times, "last_sitting": time.monotonic() - started},
        "parameters": model.count_params(),
        "epochs": len(history),
    }
    report.write(RECIPE, directory, config, data, model, history, results, metrics)
    storage.write_json(directory / "metrics.json", metrics)
    return report.summary(directory, metrics)
