"""Models that write, as SavedModel: encoder and decoding loop in one, without this package."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from recipes.common import export as common_export
from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.terminal import tell
from recipes.common.text import tokenizer as text_tokenizer

TIE = 1e-6


@dataclasses.dataclass(frozen=True)
class Case:
    """What is exported, and what it has to write.

    kind: What the model is called in messages.
    model: The trained model.
    strategy: How it chooses its tokens.
    spec: The `tf.TensorSpec` of what it reads, named as the model's input.
    tokenizers: SentencePiece processors that go beside it, by the name of their file.
    inputs: What both are given to read.
    written: What the run writes of it, dicts of `tokens` and `scores`, best first.
    text_module: Function from the exported module to one whose outputs are texts.
    text_inputs: What that one is given to read.
    texts: What the run writes of it.
    text_line: What goes in and comes out of that one, for people.
    """

    kind: str
    model: Any
    strategy: Any
    spec: Any
    tokenizers: dict
    inputs: np.ndarray
    written: list
    text_module: Callable
    text_inputs: Any
    texts: list
    text_line: str


def export(run, format, describe):
    """Write a model below `export/` of its run, with its tokenizers.

    The exported model gives `tokens` `(B, T)` int32 and `scores` `(B,)` by the run's own search.
    Beside `savedmodel`, if tensorflow-text is installed, goes `savedmodel_text`, which gives
    texts; whoever loads that one has to import tensorflow-text first.

    Args:
        run: The run directory.
        format: `"savedmodel"`; no other runtime runs the loop.
        describe: Function without arguments that gives the `Case`.

    Returns:
        A dict of `path`, `format`, `largest_difference` of scores, `text_path` (None without
        tensorflow-text), and the summary.

    Raises:
        UserError: If the format is another, or the exported model writes something else.
    """
    if format != "savedmodel":
        raise UserError(
            f"The model writes in a loop that {format} has no form for; use --format savedmodel."
        )
    case = describe()
    path = storage.subdirectory(pathlib.Path(run), "export") / format
    with storage.replacing(path) as temporary:
        apply = common_export.write_module(_module(case), temporary)
        difference = _check(case, apply(case.inputs))
        for name, tokenizer in case.tokenizers.items():
            (temporary / f"{name}.model").write_bytes(tokenizer.serialized_model_proto())
    lines = [f"{path}: writes what the run writes; scores differ by at most {difference:.1e}"]
    text_path = None
    if common_export.installed("tensorflow_text"):
        text_path = path.with_name("savedmodel_text")
        with storage.replacing(text_path) as temporary:
            module = case.text_module(_module(case))
            _check_texts(case, common_export.write_module(module, temporary))
        lines.append(f"{text_path}: {case.text_line}")
    else:
        tell(f"For a model with {case.text_line}: pip install 'sequence-zoo[serving]'.")
    return {
        "path": str(path),
        "text_path": text_path and str(text_path),
        "format": format,
        "largest_difference": difference,
        "summary": lines,
    }


def pieces(tokenizer):
    """A tokenizer as a part of a graph."""
    import tensorflow_text

    return tensorflow_text.SentencepieceTokenizer(tokenizer.serialized_model_proto())


def detokenise(pieces, tokens):
    """Texts `(B,)` of tokens `(B, T)`, as far as the end."""
    import tensorflow as tf

    real = tf.cast((tokens != 0) & (tokens != text_tokenizer.END), tf.int32)
    return pieces.detokenize(tf.RaggedTensor.from_tensor(tokens, tf.reduce_sum(real, 1)))


def _module(case):
    import tensorflow as tf

    from zoo.decoding import writer_of

    writer = writer_of(case.model)

    class Module(tf.Module):
        def __init__(self):
            super().__init__()
            self.parts = [writer.encoder, writer.decoder]

        @tf.function(input_signature=[case.spec])
        def serve(self, inputs):
            start = writer.decoder.start(*writer.run_encoder({case.spec.name: inputs}))
            found = case.strategy.search(writer.decoder, *start, ())
            return {"tokens": found.tokens[:, 0], "scores": found.scores[:, 0]}

    return Module()


def _check(case, out):
    """The largest difference of scores, if the same tokens are written."""
    tokens, scores = out["tokens"].numpy(), out["scores"].numpy()
    differences = np.abs(scores - np.array([best["scores"][0] for best in case.written]))
    difference = float(differences.max())
    if difference > common_export.TOLERANCE * 10:
        raise UserError(
            f"The exported model's scores differ from the trained one's by {difference:.1e}; "
            "nothing was written."
        )
    for row, best in enumerate(case.written):
        expected = best["tokens"][0]
        same = np.array_equal(tokens[row, : len(expected)], expected)
        if not same and differences[row] > TIE:  # of two equally good outputs either will do
            raise UserError(
                f"Of random input {row + 1} the exported {case.kind} writes {tokens[row]} where "
                f"the trained one writes {expected}; nothing was written."
            )
    return difference


def _check_texts(case, apply):
    written = [line.decode() for line in apply(case.text_inputs).numpy()]
    if written != case.texts:
        raise UserError(
            f"The exported text model writes {written} where the run writes {case.texts}; "
            "savedmodel_text was not written."
        )
