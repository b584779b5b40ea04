"""Translators as SavedModel: encoder and decoding loop in one, without this package or Keras."""

import pathlib

import numpy as np

from recipes.common import exporting, runs, text, translator
from recipes.common.errors import UserError
from recipes.common.terminal import say

CHECKED_SOURCES = 24
TIE = 1e-6


def export(run, format, trained):
    """Write a translator below `export/` of its run, with its tokenizers.

    The exported model takes `source`, `(B, S)` int32, each row closed by the end token and right
    padded with 0, and gives `tokens` `(B, T)` int32 and `scores` `(B,)` by the run's own beam
    search. Beside `savedmodel`, if tensorflow-text is installed, goes `savedmodel_text`: texts in,
    translations out; whoever loads that one has to import tensorflow-text first.

    Args:
        run: The run directory.
        format: `"savedmodel"`; no other runtime runs the loop.
        trained: The run as `translator.restore` gives it.

    Returns:
        A dict of `path`, `format`, `largest_difference` of scores, `text_path` (None without
        tensorflow-text), and the summary.

    Raises:
        UserError: If the format is another, or the exported model writes something else.
    """
    if format != "savedmodel":
        raise UserError(
            f"A translator writes in a loop that {format} has no form for; use --format savedmodel."
        )
    path = runs.subdirectory(pathlib.Path(run), "export") / format
    with runs.replacing(path) as temporary:
        apply = exporting.write_module(_module(trained), temporary)
        difference = _check(trained, apply)
        for side, tokenizer in vars(trained.tokenizers).items():
            (temporary / f"{side}.model").write_bytes(tokenizer.serialized_model_proto())
    lines = [f"{path}: writes what the run writes; scores differ by at most {difference:.1e}"]
    text_path = None
    if exporting.installed("tensorflow_text"):
        text_path = path.with_name("savedmodel_text")
        with runs.replacing(text_path) as temporary:
            _check_texts(trained, exporting.write_module(_text_module(trained), temporary))
        lines.append(f"{text_path}: texts in, translations out")
    else:
        say("For a model that takes texts as well: pip install 'sequence-zoo[serving]'.")
    return {
        "path": str(path),
        "text_path": text_path and str(text_path),
        "format": format,
        "largest_difference": difference,
        "summary": lines,
    }


def _search(trained):
    """The run's strategy, for sources of any length it takes."""
    return translator.strategy(trained.config)


def _module(trained):
    import tensorflow as tf

    from zoo.decoding import writer_of

    writer, strategy = writer_of(trained.model), _search(trained)

    class Translator(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [writer.encoder, writer.decoder]

        @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="source")])
        def serve(self, source):
            start = writer.decoder.start(*writer.run_encoder({"source": source}))
            found = strategy.search(writer.decoder, *start, ())
            return {"tokens": found.tokens[:, 0], "scores": found.scores[:, 0]}

    return Translator()


def _text_module(trained):
    import tensorflow as tf
    import tensorflow_text

    ids_to_ids, max_length = _module(trained), trained.config.max_length

    class TextTranslator(tf.Module):
        def __init__(self):
            super().__init__()
            self.translator = ids_to_ids
            self.source, self.target = (
                tensorflow_text.SentencepieceTokenizer(tokenizer.serialized_model_proto())
                for tokenizer in (trained.tokenizers.source, trained.tokenizers.target)
            )

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="texts")])
        def serve(self, texts):
            ids = self.source.tokenize(texts)[:, :max_length]
            end = tf.fill([ids.nrows(), 1], text.END)
            tokens = self.translator.serve(tf.concat([ids, end], 1).to_tensor())["tokens"]
            real = tf.cast((tokens != 0) & (tokens != text.END), tf.int32)
            return self.target.detokenize(
                tf.RaggedTensor.from_tensor(tokens, tf.reduce_sum(real, 1))
            )

    return TextTranslator()


def _check(trained, apply):
    """The largest difference of scores from those of the run, over random sources."""
    generator = np.random.default_rng(0)
    size = trained.tokenizers.source.vocab_size()
    lengths = generator.integers(0, 20, CHECKED_SOURCES)
    ids = [[*generator.integers(4, max(5, size), n).tolist(), text.END] for n in lengths]
    written = translator.write(trained.model, ids, _search(trained), len(ids))
    source = np.zeros((len(ids), max(map(len, ids))), np.int32)
    for row, line in enumerate(ids):
        source[row, : len(line)] = line
    out = {name: array.numpy() for name, array in apply(source).items()}
    expected = np.array([best["scores"][0] for best in written])
    differences = np.abs(out["scores"] - expected)
    difference = float(differences.max())
    if difference > exporting.TOLERANCE * 10:
        raise UserError(
            f"The exported model's scores differ from the trained one's by {difference:.1e}; "
            "nothing was written."
        )
    for row, best in enumerate(written):
        tokens = best["tokens"][0]
        same = np.array_equal(out["tokens"][row, : len(tokens)], tokens)
        if not same and differences[row] > TIE:  # of two equally good outputs either will do
            raise UserError(
                f"For the source {ids[row]} the exported model writes {out['tokens'][row]} where "
                f"the trained one writes {tokens}; nothing was written."
            )
    return difference


def _check_texts(trained, apply):
    texts = ["", "a", "\U0001f600 ?", "one two three", "x" * 500]
    expected = translator.translate(
        trained.model, trained.tokenizers, texts, trained.config, tell=False
    )
    written = [line.decode() for line in apply(texts).numpy()]
    if written != expected:
        raise UserError(
            f"The exported text model writes {written} where the run writes {expected}; "
            "savedmodel_text was not written."
        )
