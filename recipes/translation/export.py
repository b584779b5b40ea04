"""Translators as SavedModel, ids or texts in and out, or as ONNX or LiteRT with a loop beside."""

import pathlib
import shutil

import numpy as np
import tensorflow as tf

from recipes.common import storage
from recipes.common.export import check_installed
from recipes.common.text.tokenizer import END, decode
from recipes.common.writing import export as writers
from recipes.common.writing import steps
from recipes.translation import writing
from recipes.translation.trained import restore

CHECKED_SOURCES = 24
CHECKED_TEXTS = [
    "", "a", "\U0001f600 ?", "one two three", "x" * 500, "O\u00d9 e\u0301\u00a0\u2581\u0130\uff01",
    "\u03a4\u039f\u03a5\u03a3 \u03c4\u03bf\u03c5\u03c2",
]  # fmt: skip
KIND = "texts in, translations out"
SCRIPT = pathlib.Path(__file__).parent / "exported" / "translate.py"


def export(run, format):
    """Write a translator below `export/` of its run.

    `"savedmodel"`: encoder and search in one. It takes `source`, `(B, S)` int32, each row closed by
    the end token and padded with 0 on the right, and gives `tokens` `(B, T)` int32 and `scores`
    `(B,)` by the run's own search. Beside it, if tensorflow-text is installed, goes
    `savedmodel_text`, which takes and gives texts.

    `"onnx"` and `"litert"`: encoder and step as files; `greedy.py`, the loop that writes with them;
    `translate.py`, which translates lines.

    Args:
        run: The finished run.
        format: The format.

    Returns:
        `result, lines`: a dict of `path`, `format`, `largest_difference` of scores and `text_path`
        (None without tensorflow-text), and lines for people.

    Raises:
        UserError: If a package is missing, or the exported model writes something else.
    """
    if format != "savedmodel":
        check_installed(format)
    trained = restore(run, for_export=True)
    ids = _random_sources(trained.tokenizers.source.vocab_size(), run.config.max_length)
    write = _write_saved_model if format == "savedmodel" else _write_steps
    return write(run, format, trained, ids)


def _random_sources(size, longest):
    generator = np.random.default_rng(0)
    lengths = generator.integers(0, min(20, longest), CHECKED_SOURCES)
    return [[*generator.integers(4, max(5, size), n).tolist(), END] for n in lengths]


def _write_saved_model(run, format, trained, ids):
    tokenizers, strategy = trained.tokenizers, writing.strategy(run.config)
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


def _write_steps(run, format, trained, ids):
    model, tokenizers, longest = trained.model, trained.tokenizers, run.config.max_length
    ids = [*ids, *writing.source_ids(tokenizers, CHECKED_TEXTS, longest, warn=False)]
    strategy = writing.strategy(run.config, beam=1)
    written = writing.write(model, ids, strategy, len(ids))
    spec = tf.TensorSpec((1, None), tf.int32, name="source")
    path = storage.make(run.exports) / format
    with storage.replacing(path) as folder:
        more = {"longest_source": longest}
        steps.write(folder, format, model, spec, strategy.max_length, more)
        for name, tokenizer in vars(tokenizers).items():
            (folder / f"{name}.model").write_bytes(tokenizer.serialized_model_proto())
        shutil.copyfile(SCRIPT, folder / SCRIPT.name)
        sources = [np.array(row, np.int32) for row in ids]
        tokens, difference = steps.check(folder, model, sources, written)
        lines = decode(tokenizers.target, tokens[-len(CHECKED_TEXTS) :])
        lines = [line if text else "" for text, line in zip(CHECKED_TEXTS, lines, strict=True)]
        steps.check_script(folder, SCRIPT.name, [], CHECKED_TEXTS, lines)
    return steps.result(path, format, difference, SCRIPT.name)


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
