"""Captioners as SavedModel: pictures in, ids or captions out."""

import numpy as np
import tensorflow as tf

from recipes.captioning import features, writing
from recipes.captioning.trained import restore
from recipes.common.writing import export as writers

CHECKED_PICTURES = 6
KIND = "pictures in, captions out"


def export(run, format):
    """Write a captioner below `export/` of its run: encoder and search in one.

    It takes `image`, `(B, H, W, 3)` float32 from 0 to 255, and gives `tokens` `(B, T)` int32 and
    `scores` `(B,)` by the run's own search. Beside it, if tensorflow-text is installed, goes
    `savedmodel_text`, which gives captions.

    Args:
        run: The finished run.
        format: `"savedmodel"`.

    Returns:
        `result, lines`: a dict of `path`, `format`, `largest_difference` of scores and `text_path`
        (None without tensorflow-text), and lines for people.

    Raises:
        UserError: If the format is another, or the exported model writes something else.
    """
    writers.check_format(format)
    trained = restore(run, for_export=True)
    strategy, shape = writing.strategy(run.config), (*run.config.size, 3)
    noise = np.random.default_rng(0).integers(0, 256, (CHECKED_PICTURES, *shape))
    images = noise.astype(np.float32)
    part = features.Part(None, images, np.arange(len(images)))
    written = writing.write(trained.model, part, strategy, len(images))
    spec = tf.TensorSpec((None, *shape), tf.float32, name="image")
    search = writers.Search(trained.model, strategy, "image", spec)
    tokenizers = {"tokenizer": trained.tokenizer}
    path, difference = writers.write_search(run, search, tokenizers, images, written)
    text_path = None
    if writers.can_write_texts(KIND):
        module = TextCaptioner(search, trained.tokenizer, spec)
        captions = writing.texts(trained.tokenizer, written)
        text_path = writers.write_texts(run, module, images, captions)
    return writers.result(path, text_path, difference, KIND)


class TextCaptioner(tf.Module):
    """Pictures to captions, tokenizer included."""

    def __init__(self, search, tokenizer, spec):
        super().__init__()
        self.search, self.pieces = search, writers.pieces(tokenizer)

        @tf.function(input_signature=[spec])
        def serve(image):
            return writers.detokenize(self.pieces, self.search.serve(image)["tokens"])

        self.serve = serve
