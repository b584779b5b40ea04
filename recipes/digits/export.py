"""Export a classifier of pictures as SavedModel, ONNX or LiteRT, with its labels."""

from recipes.common.labelling.export import export_pictures
from recipes.digits.trained import restore


def export(run, format):
    """Write a classifier below `export/` of its run, with its labels, one a line.

    The exported model takes `image`, `(B, H, W, C)` float32 from 0 to 255, and gives a dict of
    `logits`, `(B, num_classes)`.

    Args:
        run: The finished run.
        format: `"savedmodel"`, `"onnx"`, or `"litert"`, which takes a picture at a time.

    Returns:
        `result, lines`, as `export_pictures`.

    Raises:
        UserError: If a package that the format needs is not installed.
    """
    return export_pictures(run, format, restore, _logits)


def _logits(model):
    return lambda inputs: {"logits": model(inputs, training=False)}
