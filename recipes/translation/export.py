"""Translators as SavedModel: ids in and out, and texts in and out."""

import numpy as np

from recipes.common.text import tokenizer
from recipes.common.writing import export as writing_export
from recipes.translation import writing

CHECKED_SOURCES = 24
CHECKED_TEXTS = ["", "a", "\U0001f600 ?", "one two three", "x" * 500]


def export(run, format, trained):
    """Write a translator below `export/` of its run, see `exporting_writers.export`.

    It takes `source`, `(B, S)` int32, each row closed by the end token and right padded with 0.
    """
    return writing_export.export(run, format, lambda: _case(trained))


def _case(trained):
    import tensorflow as tf

    ids = _random_sources(trained.tokenizers.source.vocab_size())
    source = np.zeros((len(ids), max(map(len, ids))), np.int32)
    for row, line in enumerate(ids):
        source[row, : len(line)] = line
    strategy = writing.strategy(trained.config)
    return writing_export.Case(
        kind="translator",
        model=trained.model,
        strategy=strategy,
        spec=tf.TensorSpec((None, None), tf.int32, name="source"),
        tokenizers=vars(trained.tokenizers),
        inputs=source,
        written=writing.write(trained.model, ids, strategy, len(ids)),
        text_module=lambda module: _text_module(trained, module),
        text_inputs=CHECKED_TEXTS,
        texts=writing.translate(
            trained.model, trained.tokenizers, CHECKED_TEXTS, trained.config, tell=False
        ),
        text_line="texts in, translations out",
    )


def _random_sources(size):
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, 20, CHECKED_SOURCES)
    return [[*generator.integers(4, max(5, size), n).tolist(), tokenizer.END] for n in lengths]


def _text_module(trained, module):
    import tensorflow as tf

    max_length = trained.config.max_length

    class TextTranslator(tf.Module):
        def __init__(self):
            super().__init__()
            self.translator = module
            self.source, self.target = map(
                writing_export.pieces, (trained.tokenizers.source, trained.tokenizers.target)
            )

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="texts")])
        def serve(self, texts):
            ids = self.source.tokenize(texts)[:, :max_length]
            end = tf.fill([ids.nrows(), 1], tokenizer.END)
            tokens = self.translator.serve(tf.concat([ids, end], 1).to_tensor())["tokens"]
            return writing_export.detokenise(self.target, tokens)

    return TextTranslator()
