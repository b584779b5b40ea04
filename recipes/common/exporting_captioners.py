"""Captioners as SavedModel: network and decoding loop in one, without this package or Keras."""

import pathlib

import numpy as np

from recipes.common import captioner, exporting, runs, text
from recipes.common.errors import UserError
from recipes.common.terminal import say

CHECKED_PICTURES = 6
TIE = 1e-6


def export(run, format, trained):
    """Write a captioner below `export/` of its run, with its tokenizer.

    The exported model takes `image`, `(B, H, W, 3)` float32 from 0 to 255, and gives `tokens`
    `(B, T)` int32 and `scores` `(B,)` by the run's own beam search. Beside `savedmodel`, if
    tensorflow-text is installed, goes `savedmodel_text`: pictures in, captions out; whoever loads
    that one has to import tensorflow-text first.

    Args:
        run: The run directory.
        format: `"savedmodel"`; no other runtime runs the loop.
        trained: The run as `captioner.restore` gives it.

    Returns:
        A dict of `path`, `format`, `largest_difference` of scores, `text_path` (None without
        tensorflow-text), and the summary.

    Raises:
        UserError: If the format is another, or the exported model writes something else.
    """
    if format != "savedmodel":
        raise UserError(
            f"A captioner writes in a loop that {format} has no form for; use --format savedmodel."
        )
    path = runs.subdirectory(pathlib.Path(run), "export") / format
    images = np.random.default_rng(0).integers(
        0, 256, (CHECKED_PICTURES, *trained.config.size, 3)
    ).astype(np.float32)  # fmt: skip
    part = captioner.Part(None, images, np.arange(len(images)))
    strategy = captioner.strategy(trained.config)
    written = captioner.write(trained.model, part, strategy, len(images))
    with runs.replacing(path) as temporary:
        apply = exporting.write_module(_module(trained), temporary)
        difference = _check(written, apply(images))
        (temporary / "tokenizer.model").write_bytes(trained.tokenizer.serialized_model_proto())
    lines = [f"{path}: writes what the run writes; scores differ by at most {difference:.1e}"]
    text_path = None
    if exporting.installed("tensorflow_text"):
        text_path = path.with_name("savedmodel_text")
        expected = text.decode(trained.tokenizer, [best["tokens"][0] for best in written])
        with runs.replacing(text_path) as temporary:
            apply = exporting.write_module(_text_module(trained), temporary)
            captions = [caption.decode() for caption in apply(images).numpy()]
            if captions != expected:
                raise UserError(
                    f"The exported text model writes {captions} where the run writes {expected}; "
                    "savedmodel_text was not written."
                )
        lines.append(f"{text_path}: pictures in, captions out")
    else:
        say("For a model that gives captions as text: pip install 'sequence-zoo[serving]'.")
    return {
        "path": str(path),
        "text_path": text_path and str(text_path),
        "format": format,
        "largest_difference": difference,
        "summary": lines,
    }


def _module(trained):
    import tensorflow as tf

    from zoo.decoding import writer_of

    writer, strategy = writer_of(trained.model), captioner.strategy(trained.config)
    spec = tf.TensorSpec((None, *trained.config.size, 3), tf.float32, name="image")

    class CaptionerModule(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [writer.encoder, writer.decoder]

        @tf.function(input_signature=[spec])
        def serve(self, image):
            start = writer.decoder.start(*writer.run_encoder({"image": image}))
            found = strategy.search(writer.decoder, *start, ())
            return {"tokens": found.tokens[:, 0], "scores": found.scores[:, 0]}

    return CaptionerModule()


def _text_module(trained):
    import tensorflow as tf
    import tensorflow_text

    to_ids = _module(trained)
    spec = tf.TensorSpec((None, *trained.config.size, 3), tf.float32, name="image")

    class TextCaptioner(tf.Module):
        def __init__(self):
            super().__init__()
            self.captioner = to_ids
            self.pieces = tensorflow_text.SentencepieceTokenizer(
                trained.tokenizer.serialized_model_proto()
            )

        @tf.function(input_signature=[spec])
        def serve(self, image):
            tokens = self.captioner.serve(image)["tokens"]
            real = tf.cast((tokens != 0) & (tokens != text.END), tf.int32)
            return self.pieces.detokenize(
                tf.RaggedTensor.from_tensor(tokens, tf.reduce_sum(real, 1))
            )

    return TextCaptioner()


def _check(written, out):
    """The largest difference of scores, if the same tokens are written."""
    tokens, scores = out["tokens"].numpy(), out["scores"].numpy()
    differences = np.abs(scores - np.array([best["scores"][0] for best in written]))
    difference = float(differences.max())
    if difference > exporting.TOLERANCE * 10:
        raise UserError(
            f"The exported model's scores differ from the trained one's by {difference:.1e}; "
            "nothing was written."
        )
    for row, best in enumerate(written):
        expected = best["tokens"][0]
        same = np.array_equal(tokens[row, : len(expected)], expected)
        if not same and differences[row] > TIE:  # of two equally good outputs either will do
            raise UserError(
                f"For picture {row + 1} of noise the exported model writes {tokens[row]} where the "
                f"trained one writes {expected}; nothing was written."
            )
    return difference
