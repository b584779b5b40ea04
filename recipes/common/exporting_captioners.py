"""Captioners as SavedModel: pictures in, ids or captions out."""

import numpy as np

from recipes.common import caption_parts, captioner, exporting_writers, text

CHECKED_PICTURES = 6


def export(run, format, trained):
    """Write a captioner below `export/` of its run, see `exporting_writers.export`.

    It takes `image`, `(B, H, W, 3)` float32 from 0 to 255.
    """
    return exporting_writers.export(run, format, lambda: _case(trained))


def _case(trained):
    import tensorflow as tf

    shape = (*trained.config.size, 3)
    spec = tf.TensorSpec((None, *shape), tf.float32, name="image")
    noise = np.random.default_rng(0).integers(0, 256, (CHECKED_PICTURES, *shape))
    images = noise.astype(np.float32)
    part = caption_parts.Part(None, images, np.arange(len(images)))
    strategy = captioner.strategy(trained.config)
    written = captioner.write(trained.model, part, strategy, len(images))
    return exporting_writers.Case(
        kind="captioner",
        model=trained.model,
        strategy=strategy,
        spec=spec,
        tokenizers={"tokenizer": trained.tokenizer},
        inputs=images,
        written=written,
        text_module=lambda module: _text_module(trained.tokenizer, spec, module),
        text_inputs=images,
        texts=text.decode(trained.tokenizer, [best["tokens"][0] for best in written]),
        text_line="pictures in, captions out",
    )


def _text_module(tokenizer, spec, module):
    import tensorflow as tf

    class TextCaptioner(tf.Module):
        def __init__(self):
            super().__init__()
            self.captioner = module
            self.pieces = exporting_writers.pieces(tokenizer)

        @tf.function(input_signature=[spec])
        def serve(self, image):
            tokens = self.captioner.serve(image)["tokens"]
            return exporting_writers.detokenise(self.pieces, tokens)

    return TextCaptioner()
