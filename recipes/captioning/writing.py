"""Captioning: search over the decoder for every picture of a part."""

import numpy as np

from recipes.common.text import tokenizer as text_tokenizer

BATCH = 64  # pictures that are captioned together


def strategy(config, beam=None, n_best=1):
    """How a run chooses its tokens: greedily for a beam of one."""
    import zoo

    beam = config.beam if beam is None else beam
    limit = -(-(config.max_length + 1) // 8) * 8
    if beam == 1:
        return zoo.Greedy(max_length=limit)
    return zoo.BeamSearch(
        beam, length_penalty=config.length_penalty, max_length=limit, n_best=n_best
    )


def write(model, part, strategy, batch_size=BATCH):
    """What a model writes of the pictures of a part, a list of dicts.

    Args:
        model: One that reads what the part's arrays hold.
        part: The `Part`.
        strategy: Of `zoo`.
        batch_size: Pictures at once.

    Returns:
        For each picture a dict of `tokens` `(n, T)`, `scores` `(n,)` and `attention` `(n, T, S)`
        or None.
    """
    import zoo

    written = []
    for start in range(0, len(part), batch_size):
        images = np.asarray(part.arrays[part.numbers[start : start + batch_size]], np.float32)
        # Filled up, lest the loop be compiled once more for the last batch.
        filled = np.concatenate([images, images[:1].repeat(batch_size - len(images), 0)])
        out = zoo.generate(model, {"image": filled}, strategy, batch_size)
        for row in range(len(images)):
            attention = None if out.attention is None else out.attention[row]
            found = {"tokens": out.tokens[row], "scores": out.scores[row], "attention": attention}
            written.append(found)
    return written


def caption(model, tokenizer, part, config, beam=None):
    """The best caption of each picture of a part; see `strategy`."""
    written = write(model, part, strategy(config, beam))
    return text_tokenizer.decode(tokenizer, [best["tokens"][0] for best in written])
