"""Export a network over glimpses as SavedModel, ONNX or LiteRT, with its labels."""

from recipes.common.errors import UserError
from recipes.common.labelling.export import export_pictures
from recipes.glimpses.trained import restore

NAMES = ("logits", "locations")  # of the outputs that are exported


def export(run, format):
    """Write a network below `export/` of its run, with its labels, one a line.

    The exported model takes `image`, `(B, H, W, C)` float32 from 0 to 255, and gives `logits`,
    `(B, num_classes)` or `(B, L, num_classes + 1)`, and `locations`, `(B, T, 2)`, which are those
    of no chance.

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"`, or `"litert"`, which takes a picture at a time.

    Returns:
        `result, lines`, as `export_pictures`.

    Raises:
        UserError: If a package that the format needs is not installed, or the run's locations are
            random.
    """
    if run.config.locations == "random":
        raise UserError(
            "A network with --locations random looks elsewhere each time, to compare others with; "
            "it is not exported."
        )
    return export_pictures(run, format, restore, _outputs)


def _outputs(model):
    def serve(inputs):
        found = model(inputs, training=False)
        return {name: found[name] for name in NAMES}

    return serve
