"""Measure trained networks on their own test part or on other data."""

from recipes.common import report as reports
from recipes.common.models import copy_weights
from recipes.video import data as datas
from recipes.video import features, measure, report, sources
from recipes.video.batches import ClipBatches
from recipes.video.network import build_model
from recipes.video.trained import restore


def evaluate(run, data=""):
    """Measure a finished run on other data, or on its own test part.

    Args:
        run: The run.
        data: What names other data: a folder as those of the training.

    Raises:
        UserError: If the data is unusable or has labels that the training did not have.
    """
    trained = restore(run)
    parts = _other(trained, data) if data else _own(run)
    found = {}
    for name, job in trained.jobs.items():
        part, model = _prepared(parts[name], job)
        batches = ClipBatches(
            part, job.config.batch_size, datas.inputs_of(job.config, job.config.from_features)
        )
        found[name] = measure.measure(measure.probabilities(model, batches), part)
    count = len(next(iter(parts.values())))
    data = data or f"{run.config.data} (test part)"
    lines = [f"{count:,} clips of {data}"]
    for name, metrics in found.items():
        lines += [
            report.HEADINGS[name],
            reports.columns([(f"  {k}", v) for k, v in metrics.items()]),
        ]
    return {"data": data, "examples": count, "test": found}, lines


def _other(trained, data):
    parts = {}
    for name, job in trained.jobs.items():
        parts[name] = sources.load_one(data, job.config, name)
        sources.check_labels(parts[name], job.labels, name)
    return parts


def _own(run):
    """The test part of each job, if the data is what the run was trained on."""
    found, sha256, _ = datas.read(run.config)
    tests = {job: parts["test"] for job, parts in found.items()}
    return run.own_test_part({"test": tests}, sha256)


def _prepared(rows, job):
    """The `features.Part` of some clips, and the network that reads its arrays."""
    config, model, encoder = job.config, job.model, None
    if config.from_features:  # as in the training, on features that may be kept already
        encoder = model.get_layer("each_frame").network
        facts = {"frame_shape": encoder.output_shape[1:], "num_classes": len(job.labels)}
        model = build_model(config, facts)
        copy_weights(job.model, model)
    preparation = features.preparation(config, encoder)
    return features.prepared({"test": rows}, job.labels, config, preparation)["test"], model
