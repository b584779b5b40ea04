"""Figures of a language model: summed likelihood of texts, read with the state carried."""

import itertools
import math

import numpy as np
from keras import ops

from recipes.common.data.streams import Streams
from recipes.common.terminal import tell
from recipes.common.text.tokenizer import UNKNOWN
from zoo.layers.compiling import compiled

LONGEST_STREAM = 500_000  # tokens from which a single text is read in several streams
MOST_STREAMS = 32
MOST_LOGITS = 4_000_000  # of a batch, which need four bytes each
STEPS = (16, 512)  # tokens of a chunk at least and at most


class Beside(Streams):
    """Chunks of documents side by side, each document from its beginning to its end in one row.

    So every token is read after all that stands before it in its document, whatever the number of
    rows.

    Args: Those of `Streams`, with `batch_size` the rows at most, and without `back` and `seed`.
    """

    def __init__(self, ids, starts, batch_size, steps, begin_token=None, end_token=None):
        rows = min(batch_size, max(1, len(starts) - 1))
        super().__init__(ids, starts, rows, steps, begin_token=begin_token, end_token=end_token)
        self.rows = [[] for _ in range(self.batch_size)]
        lengths = [0] * self.batch_size
        for document in np.argsort(-self.chunks, kind="stable"):
            row = int(np.argmin(lengths))  # the shortest so far
            self.rows[row].append(document)
            lengths[row] += int(self.chunks[document])
        self.length = max(lengths)

    def __len__(self):
        return self.length

    def order(self, epoch=0):
        """The chunks of each batch, as those of `Streams`."""
        order = np.full((self.length, self.batch_size, 3), -1)
        for row, documents in enumerate(self.rows):
            place = 0
            for document in documents:
                count = int(self.chunks[document])
                numbers = np.arange(count)
                order[place : place + count, row, 0] = document
                order[place : place + count, row, 1] = numbers
                order[place : place + count, row, 2] = numbers == 0
                place += count
        return order


def streams_of(part, vocab_size, batch_size=0, steps=0):
    """A part as it is measured: its documents side by side; a single text as one stream.

    Args:
        part: The `data.Part`.
        vocab_size: Number of ids.
        batch_size: Documents at once at most; chosen by their number if 0.
        steps: Tokens of a chunk; as many as memory allows if 0.
    """
    starts = part.starts
    if not part.whole:
        pieces = [
            np.linspace(start, end, 1 + max(1, int(end - start) // LONGEST_STREAM)).astype(np.int64)
            for start, end in itertools.pairwise(starts)
        ]
        starts = np.concatenate([*(piece[:-1] for piece in pieces), starts[-1:]])
    rows = min(batch_size or MOST_STREAMS, len(starts) - 1)
    fewest, most = STEPS
    steps = steps or min(max(fewest, MOST_LOGITS // (vocab_size * rows)), most)
    return Beside(part.ids, starts, rows, steps, **part.ends)


def reader(model):
    """A function that reads a chunk with a language model and gives log-probabilities and states.

    Args:
        model: A model of `zoo.rnn_language_model`.
    """
    decoder = model.get_layer("decoder")

    def read(tokens, labels, fresh, states):
        states = [ops.where(fresh[:, None], 0.0, state) for state in states]
        logits, states = decoder.teacher_forced(tokens, (decoder.group_states(states), ()))
        gained = ops.take_along_axis(ops.log_softmax(logits, -1), labels[:, :, None], -1)
        flat = [state for layer in states for state in layer]
        return gained[:, :, 0], [ops.cast(state, "float32") for state in flat]

    return compiled(read, model, xla=False)


def zeros(model, rows):
    """The states of the beginning."""
    shapes = model.get_layer("decoder").state_shapes(None)
    return [np.zeros((rows, *shape), np.float32) for shape in shapes]


def nats(model, streams):
    """Negative log-likelihood of the tokens of streams.

    Args:
        model: The language model.
        streams: As `streams_of` gives them.

    Returns:
        `total, count`: nats, summed, and the number of tokens predicted.
    """
    read, states, total = reader(model), zeros(model, streams.batch_size), 0.0
    for rows in streams.order():
        inputs, labels, weights = streams.batch(rows)
        found, states = read(inputs["tokens"], labels, inputs["fresh"], states)
        total -= float((ops.convert_to_numpy(found).astype(np.float64) * weights).sum())
    return total, streams.count


def of_rows(model, tokens):
    """Nats of each token after the first of each row, `(B, T - 1)`, nothing read before.

    Args:
        model: The language model.
        tokens: `(B, T)` ids.
    """
    read, found = reader(model), []
    tokens = np.asarray(tokens, np.int32)
    vocab_size = model.get_layer("decoder").vocab_size
    rows = max(1, MOST_LOGITS // (vocab_size * tokens.shape[1]))
    for start in range(0, len(tokens), rows):
        part = tokens[start : start + rows]
        fresh = np.ones(len(part), bool)
        gained, _ = read(part[:, :-1], part[:, 1:], fresh, zeros(model, len(part)))
        found.append(-ops.convert_to_numpy(gained))
    return np.concatenate(found)


def of_part(model, part, vocabulary):
    """Figures of a model on a part.

    Args:
        model: The language model.
        part: The `data.Part`.
        vocabulary: Its vocabulary.
    """
    streams = streams_of(part, vocabulary.size)
    return measure(*nats(model, streams), part, vocabulary.pieces)


def warn_of_unknown(part, vocabulary):
    """Tell if a part has tokens that the vocabulary lacks, and a model has not learnt to expect."""
    unknown = int((part.ids == UNKNOWN).sum())
    if unknown and not vocabulary.knows_unknown:
        tell(
            f"{unknown:,} of {len(part.ids):,} {vocabulary.unit}s of this text never came in the "
            "training, which makes the figures worse."
        )


def measure(total, count, part, pieces):
    """Figures from a summed likelihood.

    Args:
        total: Nats of all tokens of a part.
        count: Number of tokens that they are of.
        part: The `data.Part`.
        pieces: Unit of the tokens, as `--pieces` names it.

    Returns:
        A dict of `crossentropy` (nats a token), `perplexity` and `probability` (of a token, on
        geometric average), and, unless tokens are words, of which some are unknown,
        `nats_per_character`, `bits_per_character` and `perplexity_per_word`.
    """
    figures = {
        "crossentropy": total / count,
        "perplexity": exponential(total / count),
        "probability": math.exp(-total / count),
    }
    if pieces != "words":
        # The end of a whole document is an event like a character, whatever the tokens are.
        ends = len(part.starts) - 1 if part.whole else 0
        of_character = total / (count if pieces == "characters" else part.characters + ends)
        figures |= {
            "nats_per_character": of_character,
            "bits_per_character": of_character / math.log(2),
            "perplexity_per_word": exponential(total / max(1, part.words)),
        }
    return figures


def exponential(value):
    """The exponential, infinite for what is beyond floating point."""
    return math.exp(value) if value < 700 else math.inf
