"""Captioners as SavedModel: pictures in, ids or captions out."""

import numpy as np

from recipes.captioning import features, writing
from recipes.common.text import tokenizer as text_tokenizer
from recipes.common.writing import export as writing_export

CHECKED_PICTURES = 6


def export(run, format, trained):
    """Write a captioner below `export/` of its run, see `exporting_writers.export`.

    It takes `image`, `(B, H, W, 3)` float32 from 0 to 255.
    """
    return writing_export.export(run, format, lambda: _case(trained))


def _case(trained):
    import tensorflow as tf

    shape = (*trained.config.size, 3)
    spec = tf.TensorSpec((None, *shape), tf.float32, name="image")
    noise = np.random.default_rng(0).integers(0, 256, (CHECKED_PICTURES, *shape))
    images = noise.astype(np.float32)
    part = features.Part(None, images, np.arange(len(images)))
    strategy = writing.strategy(trained.config)
    written = writing.write(trained.model, part, strategy, len(images))
    return writing_export.Case(
        kind="captioner",
        model=trained.model,
        strategy=strategy,
        spec=spec,
        tokenizers={"tokenizer": trained.tokenizer},
        inputs=images,
        written=written,
        text_module=lambda module: _text_module(trained.tokenizer, spec, module),
        text_inputs=images,
        texts=text_tokenizer.decode(trained.tokenizer, [best["tokens"][0] for best in written]),
        text_line="pictures in, captions out",
    )


def _text_module(tokenizer, spec, module):
    import tensorflow as tf

    class TextCaptioner(tf.Module):
        def __init__(self):
            super().__init__()
            self.captioner = module
            self.pieces = writing_export.pieces(tokenizer)

        @tf.function(input_signature=[spec])
        def serve(self, image):
            tokens = self.captioner.serve(image)["tokens"]
            return writing_export.detokenise(self.pieces, tokens)

    return TextCaptioner()
