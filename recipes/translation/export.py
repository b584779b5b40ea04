"""Translators as SavedModel: ids in and out, and texts in and out."""

import numpy as np
import tensorflow as tf

from recipes.common.text.tokenizer import END
from recipes.common.writing import export as writers
from recipes.translation import writing
from recipes.translation.trained import restore

CHECKED_SOURCES = 24
CHECKED_TEXTS = [
    "", "a", "\U0001f600 ?", "one two three", "x" * 500, "O\u00d9 e\u0301\u00a0\u2581\u0130\uff01",
    "\u03a4\u039f\u03a5\u03a3 \u03c4\u03bf\u03c5\u03c2",
]  # fmt: skip
KIND = "texts in, translations out"


def export(run, format):
    """Write a translator below `export/` of its run: encoder and search in one.

    It takes `source`, `(B, S)` int32, each row closed by the end token and padded with 0 on the
    right, and gives `tokens` `(B, T)` int32 and `scores` `(B,)` by the run's own search. Beside it,
    if tensorflow-text is installed, goes `savedmodel_text`, which takes and gives texts.

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
    tokenizers, strategy = trained.tokenizers, writing.strategy(run.config)
    ids = _random_sources(tokenizers.source.vocab_size())
    written = writing.write(trained.model, ids, strategy, len(ids))
    spec = tf.TensorSpec((None, None), tf.int32, name="source")
    search = writers.Search(trained.model, strategy, "source", spec)
    source = writing.padded(ids)
    path, difference = writers.write_search(run, search, vars(tokenizers), source, written)
    text_path = None
    if writers.can_write_texts(KIND):
        translations = writing.translate(
            trained.model, tokenizers, CHECKED_TEXTS, run.config, warn=False
        )
        module = TextTranslator(search, tokenizers, run.config.max_length)
        text_path = writers.write_texts(run, module, CHECKED_TEXTS, translations)
    return writers.result(path, text_path, difference, KIND)


def _random_sources(size):
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, 20, CHECKED_SOURCES)
    return [[*generator.integers(4, max(5, size), n).tolist(), END] for n in lengths]


class TextTranslator(tf.Module):
    """Texts to translations, tokenizers included."""

    def __init__(self, search, tokenizers, max_length):
        super().__init__()
        self.search, self.max_length = search, max_length
        self.source = writers.pieces(tokenizers.source)
        self.target = writers.pieces(tokenizers.target)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="texts")])
    def serve(self, texts):
        """The translation of each text."""
        ids = self.source.tokenize(texts)[:, : self.max_length]
        end = tf.fill([ids.nrows(), 1], END)
        tokens = self.search.serve(tf.concat([ids, end], 1).to_tensor())["tokens"]
        return writers.detokenize(self.target, tokens)
