"""Models that write, as SavedModel: encoder and decoding loop in one, without this package."""

import numpy as np
import tensorflow as tf

from recipes.common import storage
from recipes.common.errors import UserError
from recipes.common.export import TOLERANCE, installed, write_module
from recipes.common.terminal import tell
from recipes.common.text.tokenizer import END
from zoo.decoding import writer_of

TIE = 1e-6


class Search(tf.Module):
    """A model that writes, with its decoding strategy, as one function.

    Args:
        model: The trained model.
        strategy: One of `zoo`.
        name_of_input: Name of the model's input.
        spec: Its `tf.TensorSpec`.
    """

    def __init__(self, model, strategy, name_of_input, spec):
        super().__init__()
        writer = writer_of(model)
        self.parts = [writer.encoder, writer.decoder]

        @tf.function(input_signature=[spec], autograph=False)
        def serve(inputs):
            start = writer.decoder.prepare_steps(*writer.run_encoder({name_of_input: inputs}))
            found = strategy.search(writer.decoder, *start, ())
            return {"tokens": found.tokens[:, 0], "scores": found.scores[:, 0]}

        self.serve = serve


def write_search(run, search, tokenizers, inputs, expected):
    """Write a `Search` below `export/` of its run, with its tokenizers.

    Args:
        run: The run.
        search: The module.
        tokenizers: SentencePiece processors that go beside it, by the name of their file.
        inputs: An array to try it on.
        expected: What the run writes of these inputs: for each a dict of `tokens` and `scores`, the
            best first.

    Returns:
        `path, difference`: where it lies, and the largest difference of scores.

    Raises:
        UserError: If the written module writes anything else.
    """
    path = storage.make(run.exports) / "savedmodel"
    with storage.replacing(path) as temporary:
        out = write_module(search, temporary)(inputs)
        difference = _check(out["tokens"].numpy(), out["scores"].numpy(), expected)
        for name, tokenizer in tokenizers.items():
            (temporary / f"{name}.model").write_bytes(tokenizer.serialized_model_proto())
    return path, difference


def can_write_texts(kind):
    """True if tensorflow-text is installed, which a module of texts needs; tells if not."""
    if installed("tensorflow_text"):
        return True
    tell(f"For a model with {kind}: pip install 'sequence-zoo[serving]'.")
    return False


def write_texts(run, module, inputs, expected):
    """Write a module whose outputs are texts beside that of `write_search`.

    To load it takes an import of tensorflow-text first.

    Args:
        run: The run.
        module: A `tf.Module` with `serve`.
        inputs: What to try it on.
        expected: The texts that the run writes of it.

    Returns:
        Its path.

    Raises:
        UserError: If the written module writes anything else.
    """
    path = storage.make(run.exports) / "savedmodel_text"
    with storage.replacing(path) as temporary:
        written = [line.decode() for line in write_module(module, temporary)(inputs).numpy()]
        if written != expected:
            raise UserError(
                f"The exported text model writes {written} where the run writes {expected}; "
                "savedmodel_text was not written."
            )
    return path


def result(path, text_path, difference, kind):
    """`result, lines` of the verb.

    Args:
        path, difference: Of `write_search`.
        text_path: Of `write_texts`, or None.
        kind: What goes into the module of texts and what comes out.
    """
    lines = [f"{path}: writes what the run writes; scores differ by at most {difference:.1e}"]
    if text_path:
        lines.append(f"{text_path}: {kind}")
    found = {
        "path": str(path),
        "text_path": text_path and str(text_path),
        "format": "savedmodel",
        "largest_difference": difference,
    }
    return found, lines


def pieces(tokenizer):
    """A tokenizer as a part of a graph."""
    import tensorflow_text

    return tensorflow_text.SentencepieceTokenizer(tokenizer.serialized_model_proto())


def detokenize(pieces, tokens):
    """Texts `(B,)` of tokens `(B, T)`, as far as the end."""
    real = tf.cast((tokens != 0) & (tokens != END), tf.int32)
    return pieces.detokenize(tf.RaggedTensor.from_tensor(tokens, tf.reduce_sum(real, 1)))


def _check(tokens, scores, expected):
    """The largest difference of scores, if the same tokens are written."""
    differences = np.abs(scores - np.array([best["scores"][0] for best in expected]))
    difference = float(differences.max())
    if difference > TOLERANCE * 10:
        raise UserError(
            f"The exported model's scores differ from the trained one's by {difference:.1e}; "
            "nothing was written."
        )
    for row, best in enumerate(expected):
        trained = best["tokens"][0]
        same = np.array_equal(tokens[row, : len(trained)], trained)
        if not same and differences[row] > TIE:  # of two equally good outputs either will do
            raise UserError(
                f"Of random input {row + 1} the exported model writes {tokens[row]} where the "
                f"trained one writes {trained}; nothing was written."
            )
    return difference
