"""Baseline of a language model: n-grams with Kneser-Ney smoothing, the order set on validation."""

from recipes.characters import measure
from recipes.common.terminal import tell
from recipes.common.text import ngrams
from recipes.common.text.tokenizer import END

# What n-grams take, beside the network, is to stay within a gigabyte.
LONG, ENOUGH = 8_000_000, 4_000_000  # tokens above which only so many are counted
MOST_GRAMS = 10_000_000  # n-grams from which no longer ones are tried
MANY = 2_000_000  # tokens from which only every other order is tried
ORDERS = {
    "characters": (range(2, 17), range(4, 17, 2)),
    "subwords": (range(2, 8), range(2, 8)),
    "words": (range(2, 7), range(2, 7)),
}


def kneser_ney(data, pieces):
    """Figures of the n-gram model on the test part.

    Args:
        data: The `data.Data`.
        pieces: Unit of the tokens.

    Returns:
        Those of `measure.measure`, with `order`, `tokens` it has counted and `validation`, nats a
        token by order.
    """
    train, validation, test = data.parts["train"], data.parts["validation"], data.parts["test"]
    ids, starts = train.documents
    if len(ids) > LONG:
        tell(f"The n-grams are counted in the last {ENOUGH:,} of {len(ids):,} tokens.")
        ids, starts = ids[-ENOUGH:], starts - (len(ids) - ENOUGH)
        starts = [0, *starts[starts > 0]]
    best, tried = ngrams.choose(
        (ids, starts),
        validation.documents,
        ORDERS[pieces][len(ids) > MANY],
        data.vocabulary.size,
        END if train.whole else None,
        MOST_GRAMS,
    )
    figures = measure.measure(*best.nats(*test.documents), test, pieces)
    return {**figures, "order": best.order, "tokens": len(ids), "validation": tried}
