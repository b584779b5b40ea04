"""Train a captioner, stage by stage."""

import time

from recipes.common import devices, models, run, storage
from recipes.common.terminal import tell


def build_model(config, facts, whole=False, train_cnn=False):
    """The network of a configuration, not yet compiled.

    Args:
        config: The settings.
        facts: `image_shape` and `vocab_size`.
        whole: Whether it begins with pixels even where the training begins with kept features.
        train_cnn: Whether a network that the first stage leaves as it is shall learn.
    """
    import zoo

    options = {}
    if config.model == "show_attend_and_tell":
        options = {
            "image_dim": config.image_dim or None,
            "attention_dim": config.attention_dim,
            "doubly_stochastic": config.doubly_stochastic,
        }
    pixels = whole or config.end_to_end
    return getattr(zoo, config.model)(
        **facts,
        **options,
        cnn=config.cnn if pixels else None,
        # Those of a finished run come with it.
        cnn_weights=config.cnn_weights or None if pixels and not whole else None,
        train_cnn=config.end_to_end or train_cnn,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        tie_embeddings=config.tie_embeddings,
        dropout=config.dropout,
        scheduled_sampling=config.scheduled_sampling > 0,
    )


def fit(config, directory, data, model):
    """Compile and train one network; give back its history and seconds."""
    from recipes.captioning import measure as captioning_measure
    from recipes.captioning import several_captions
    from recipes.common.writing import teacher_forcing

    with devices.distribution().scope():
        trainer = several_captions.trainer(model)
        teacher_forcing.compile_model(trainer, config, len(data.train))
    measure = captioning_measure.measuring(config, data, model)
    return teacher_forcing.fit(
        trainer, data.train, data.validation, config, directory, measure, config.monitor
    )


def train(config):
    """Train, measure beside the baselines, and write model, metrics, plots and report."""
    from recipes.captioning import measure as captioning_measure
    from recipes.captioning import report, stages

    started = time.monotonic()
    directory = run.check(RECIPE, config)
    if (directory / "metrics.json").exists():
        tell(f"The run in {directory} is complete; these are its results.")
        kept = storage.read_json(directory / "metrics.json", report.NEEDED)
        return report.summary(directory, kept)
    devices.start(config)
    data = load_data(config)
    with devices.distribution().scope():
        model = build_model(config, data.facts)
    history, seconds = fit(config, directory, data, model)
    trained = stages.after(config, directory, data, model, history, build_model, fit)
    models.save_model(trained.whole, directory / "model.keras")

    tell("Measuring.")
    results = captioning_measure.measure(config, trained)
    metrics = {
        **results.metrics,
        "validation": captioning_measure.validation_of_best(trained.history, config.monitor),
        "seconds": {
            "train": seconds,
            **trained.seconds,
            "last_sitting": time.monotonic() - started,
        },
        "parameters": trained.whole.count_params(),
        "epochs": len(history),
    }
    report.write(RECIPE, directory, config, trained, history, results, metrics)
    storage.write_json(directory / "metrics.json", metrics)
    return report.summary(directory, metrics)
