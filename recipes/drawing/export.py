"""Export a painter as SavedModel: one function paints pictures again, one paints new ones."""

import numpy as np
import tensorflow as tf

from recipes.common import storage
from recipes.common.export import check_difference
from recipes.drawing.trained import restore
from zoo.layers.recurrent import portable

CHECKED = 4  # pictures whose logits are compared


def export(run, format):
    """Write a painter below `export/` of its run, with its labels, one a line.

    The exported model has two functions. `serve` takes `image`, `(B, H, W, C)` float32 from 0 to
    255, and gives `logits`, `(B, H, W, C)`, of the picture painted again. `paint` takes `noise`,
    `(T, B, latent_dim)` float32, normal numbers, and gives `logits` of new pictures. With classes
    both take `label`, `(B,)` int32.

    Args:
        run: The finished run.
        format: `"savedmodel"`.

    Returns:
        `result, lines`: a dict of `path`, `format` and `largest_difference` of logits, and lines
        for people.
    """
    trained = restore(run, for_export=True)
    module = Painter(trained)
    path = storage.make(run.exports) / format
    random = np.random.default_rng(0)
    image = tf.constant(random.integers(0, 2, (CHECKED, *trained.image_shape)) * 255, tf.float32)
    label = tf.constant(np.arange(CHECKED) % len(trained.labels), tf.int32)
    layer = trained.strokes
    noise = random.normal(size=(layer.steps, CHECKED, layer.latent_dim))
    noise = tf.constant(noise, tf.float32)
    with storage.replacing(path) as temporary:
        temporary.mkdir()
        signatures = {"serving_default": module.serve, "paint": module.paint}
        with portable():
            tf.saved_model.save(module, str(temporary), signatures=signatures)
        loaded = tf.saved_model.load(str(temporary))
        told = {"label": label} if layer.num_classes else {}
        expected = trained.model({"image": image, **told})["logits"]
        again = loaded.serve(image=image, **told)["logits"]
        new = loaded.paint(noise=noise, **told)["logits"]
        own = layer.paint(noise, told.get("label"))["logits"]
        difference = max(map(_difference, (again, new), (expected, own)))
        check_difference(difference)
        labels = "\n".join(trained.labels) + "\n"
        (temporary / "labels.txt").write_text(labels, encoding="utf-8")
    lines = [f"{path}: its logits differ from the trained model's by at most {difference:.1e}"]
    return {"path": str(path), "format": format, "largest_difference": difference}, lines


def _difference(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    return float(np.abs(found - expected).max() / max(1, np.abs(expected).max()))


class Painter(tf.Module):
    """A painter as two functions."""

    def __init__(self, trained):
        super().__init__()
        self.model, layer = trained.model, trained.strokes
        image = tf.TensorSpec((None, *trained.image_shape), tf.float32, name="image")
        noise = tf.TensorSpec((layer.steps, None, layer.latent_dim), tf.float32, name="noise")
        label = [tf.TensorSpec((None,), tf.int32, name="label")] if layer.num_classes else []

        @tf.function(input_signature=[image, *label], autograph=False)
        def serve(image, label=None):
            inputs = {"image": image} if label is None else {"image": image, "label": label}
            return {"logits": self.model(inputs, training=False)["logits"]}

        @tf.function(input_signature=[noise, *label], autograph=False)
        def paint(noise, label=None):
            return {"logits": layer.paint(noise, label)["logits"]}

        self.serve, self.paint = serve, paint
