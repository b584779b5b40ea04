"""Translating: source ids, search, decoded outputs and their alignments."""

import numpy as np

import zoo
from recipes.common.terminal import tell
from recipes.common.text import tokenizer
from recipes.common.writing import strategy as strategies


def source_ids(tokenizers, texts, max_length, warn=True):
    """Ids of each text, an end token after the last: a list of lists.

    Args:
        tokenizers: Those of the run.
        texts: The sources.
        max_length: Tokens after which a source is cut.
        warn: Whether to tell which texts are unknown or cut.
    """
    encoded = tokenizers.source.encode(list(texts), num_threads=-1)
    if warn:
        tokenizer.warn_of_unknown(tokenizers.source, texts)
        if long := sum(len(ids) > max_length for ids in encoded):
            tell(f"Cut {long:,} of {len(encoded):,} sources after {max_length} tokens.")
    return [[*ids[:max_length], tokenizer.END] for ids in encoded]


def padded(ids):
    """Lists of ids as `(N, longest)` int32, padded with zeros on the right."""
    rows = np.zeros((len(ids), max(map(len, ids))), np.int32)
    for row, line in zip(rows, ids, strict=True):
        row[: len(line)] = line
    return rows


def write(model, ids, strategy, batch_size):
    """Search for the best outputs of each source, in batches of like length, the shortest first.

    Args:
        model: The translator.
        ids: Source ids, a list of lists.
        strategy: Of `zoo`, such as `zoo.BeamSearch(5)`.
        batch_size: Sentences at once.

    Returns:
        For each source a dict of `tokens` `(n, T)`, `scores` `(n,)` and `attention` `(n, T, S)`
        or None, without padding of the source.
    """
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    written = [None] * len(ids)
    for start in range(0, len(ids), batch_size):
        chosen = order[start : start + batch_size]
        source = padded([ids[i] for i in chosen])
        out = zoo.generate(model, {"source": source}, strategy, batch_size)
        for row, i in enumerate(chosen):
            attention = None if out.attention is None else out.attention[row, :, :, : len(ids[i])]
            written[i] = {
                "tokens": out.tokens[row], "scores": out.scores[row], "attention": attention,
            }  # fmt: skip
    return written


def output_limit(longest):
    """Tokens that an output may have, of sources with so many at most."""
    return -(-(10 + 3 * longest // 2) // 16) * 16


def strategy(config, beam=None, n_best=1):
    """The decoding strategy of a run.

    Args:
        config: Settings of the run.
        beam: Width of the beam; the run's own if None.
        n_best: Outputs of each source.
    """
    return strategies.strategy(config, output_limit(config.max_length), beam, n_best)


def translate(model, tokenizers, texts, config, beam=None, warn=True):
    """The best translation of each text; see `strategy` and `source_ids`."""
    if not texts:
        return []
    ids = source_ids(tokenizers, texts, config.max_length, warn)
    written = write(model, ids, strategy(config, beam), config.batch_size)
    return tokenizer.decode(tokenizers.target, [best["tokens"][0] for best in written])


def alignments(tokenizers, ids, written):
    """`(source words, target words, weights (T, S))` of the best output of each source.

    Args:
        tokenizers: Those of the run.
        ids, written: The sources and what `write` gave for them.
    """
    found = []
    for source, best in zip(ids, written, strict=True):
        target = [token for token in best["tokens"][0].tolist() if token]
        weights = best["attention"][0, : len(target)]  # (pieces of the target, of the source)
        source_words, source_starts = tokenizer.words(tokenizers.source, source)
        target_words, target_starts = tokenizer.words(tokenizers.target, target)
        # The attention on a word is that on all its pieces, on average over those of the target's.
        weights = np.add.reduceat(weights, source_starts, axis=1)
        weights = np.add.reduceat(weights, target_starts, axis=0)
        lengths = np.diff([*target_starts, len(target)])
        found.append((source_words, target_words, weights / lengths[:, None]))
    return found
