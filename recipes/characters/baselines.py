"""Baseline of a language model: n-grams with Kneser-Ney smoothing, the order set on validation."""

from recipes.characters import measure
from recipes.common.terminal import tell
from recipes.common.text import ngrams
from recipes.common.text.tokenizer import END

ENOUGH = 8_000_000  # tokens, which take most of a gigabyte while they are counted
MANY = 2_000_000  # tokens from which only every other order is tried
ORDERS = {
    "characters": (range(2, 17), range(4, 19, 2)),
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
    if len(ids) > ENOUGH:
        tell(f"The n-grams are counted in the last {ENOUGH:,} of {len(ids):,} tokens.")
        ids, starts = ids[-ENOUGH:], starts - (len(ids) - ENOUGH)
        starts = [0, *starts[starts > 0]]
    model, tried = ngrams.choose(
        (ids, starts),
        validation.documents,
        ORDERS[pieces][len(ids) > MANY],
        data.vocabulary.size,
        END if train.whole else None,
    )
    figures = measure.measure(*model.nats(*test.documents), test, pieces)
    return {**figures, "order": model.order, "tokens": len(ids), "validation": tried}
