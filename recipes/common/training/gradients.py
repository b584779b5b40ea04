"""The gradients of a training, watched where the settings ask for it."""

from recipes.common import plots, storage
from recipes.common.terminal import tell
from zoo import diagnostics

EVERY = 100  # steps between two rows of the figures
FILE, PICTURE = "gradients.csv", "gradient_flow.png"


def watcher(run, model, validation):
    """A list of the callback that watches, empty if nothing is asked for or to be seen.

    Args:
        run: The run, whose setting `gradients` counts.
        model: A compiled model.
        validation: `batching.Epochs`; a batch of average length shows the gradient flow.
    """
    if not run.config.gradients:
        return []
    if not diagnostics.watched_cells(model):
        tell(f"{model.name} has no recurrent layer: its gradients are not watched.")
        return []
    batches = validation.order()
    return [
        diagnostics.GradientHealth(
            probe=validation.batch(batches[len(batches) // 2]),
            every=EVERY,
            csv=run.directory / FILE,
            log_dir=run.directory / "tensorboard" / "gradients",
            tell=tell,
        )
    ]


def finish(run, watchers):
    """Say what was found, of the weights that are kept too, and leave a picture.

    Args:
        run: The run.
        watchers: From `watcher`.
    """
    for health in watchers:
        storage.write_json(run.directory / "gradients.json", {"verdict": health.finish()})
        with plots.figure(run.directory / PICTURE) as axes:
            diagnostics.plot_gradient_flow(health.flows, axes)
