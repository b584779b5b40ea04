"""Captions that a model writes of the pictures of a part, and the attention of their words."""

import numpy as np

import zoo
from recipes.common.text import tokenizer as tokenizers
from recipes.common.writing import strategy as strategies

BATCH = 64  # pictures that are captioned together


def strategy(config, beam=None, n_best=1):
    """The decoding strategy of a run; `beam` and `n_best` as in `strategies.strategy`."""
    limit = -(-(config.max_length + 1) // 8) * 8
    return strategies.strategy(config, limit, beam, n_best)


def write(model, part, strategy, batch_size=BATCH):
    """Captions of the pictures of a part as tokens.

    Args:
        model: A model that reads what the part's arrays hold.
        part: The `features.Part`.
        strategy: A decoding strategy of `zoo`.
        batch_size: Pictures that are captioned together.

    Returns:
        For each picture a dict of `tokens` `(n, T)`, `scores` `(n,)` and `attention` `(n, T, S)`
        or None.
    """
    written = []
    for start in range(0, len(part), batch_size):
        images = part.images(slice(start, start + batch_size))
        # Always of one shape: the loop is compiled for it.
        filled = np.concatenate([images, images[:1].repeat(batch_size - len(images), 0)])
        out = zoo.generate(model, {"image": filled}, strategy, batch_size)
        for row in range(len(images)):
            attention = None if out.attention is None else out.attention[row]
            found = {"tokens": out.tokens[row], "scores": out.scores[row], "attention": attention}
            written.append(found)
    return written


def texts(tokenizer, written):
    """The best caption of each picture as text."""
    return tokenizers.decode(tokenizer, [best["tokens"][0] for best in written])


def attended(tokenizer, best):
    """The words of a picture's best caption, and the attention of each.

    Args:
        tokenizer: The run's tokenizer.
        best: An element of what `write` returns.

    Returns:
        `words, attention (words, S)`: the mean over the tokens of each word.
    """
    tokens = [int(token) for token in best["tokens"][0] if token not in (0, tokenizers.END)]
    attention = best["attention"][0, : len(tokens)]  # (T, S)
    words, starts = tokenizers.words(tokenizer, tokens)
    if not words:
        return [], attention
    lengths = np.diff([*starts, len(tokens)])
    return words, np.add.reduceat(attention, starts, axis=0) / lengths[:, None]
