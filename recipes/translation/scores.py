"""How good translations are: BLEU and chrF as sacrebleu counts them, and exact matches."""

import itertools

# Source lengths in words at which a new group begins.
LENGTHS = (1, 6, 11, 16, 21, 26, 31, 41, 51)


def corpus_scores(hypotheses, references, lowercase=True):
    """BLEU and chrF of a whole corpus, 0 to 100.

    Args:
        hypotheses: Translations as plain text.
        references: One reference each.
        lowercase: Whether upper and lower case count as the same.
    """
    return {
        name: metric.corpus_score(hypotheses, [references]).score
        for name, metric in _metrics(lowercase).items()
    }


def signatures(lowercase=True):
    """How sacrebleu names what exactly BLEU and chrF count, with its version."""
    found = {}
    for name, metric in _metrics(lowercase).items():
        metric.corpus_score(["a"], [["a"]])  # a signature tells the number of references too
        found[name] = str(metric.get_signature())
    return found


def _metrics(lowercase):
    from sacrebleu.metrics import CHRF

    return {"bleu": _bleu(lowercase), "chrf": CHRF(lowercase=lowercase)}


def bleu_by_length(sources, hypotheses, references, lowercase=True):
    """Corpus BLEU of the sentences of like length.

    Args:
        sources: Sentences translated; their words decide the group.
        hypotheses, references, lowercase: As for `corpus_scores`.

    Returns:
        A list of dicts by rising length, groups without sentences left out: `words` as in "6-10",
        the bounds `first` and `last` (None if open), `count` and `bleu`.
    """
    lengths = [len(source.split()) for source in sources]
    groups = []
    for first, after in itertools.pairwise((*LENGTHS, None)):
        chosen = [
            i
            for i, length in enumerate(lengths)
            # An empty source is among the shortest.
            if max(1, length) >= first and (after is None or length < after)
        ]
        if chosen:
            score = _bleu(lowercase).corpus_score(
                [hypotheses[i] for i in chosen], [[references[i] for i in chosen]]
            )
            groups.append(
                {
                    "words": f"{first}-{after - 1}" if after else f"{first}+",
                    "first": first,
                    "last": after - 1 if after else None,
                    "count": len(chosen),
                    "bleu": score.score,
                }
            )
    return groups


def exact_match(hypotheses, references, lowercase=True):
    """Share of translations that are the reference, white space aside."""

    def plain(text):
        text = " ".join(text.split())
        return text.lower() if lowercase else text

    pairs = list(zip(hypotheses, references, strict=True))
    return sum(plain(left) == plain(right) for left, right in pairs) / len(pairs)


def _bleu(lowercase):
    from sacrebleu.metrics import BLEU

    # `force` only keeps it from warning of texts that are tokenised already.
    return BLEU(lowercase=lowercase, force=True)


def measure(hypotheses, references, lowercase=True):
    """The figures of a translation: `bleu`, `chrf` and `exact`, the share of exact matches."""
    exact = exact_match(hypotheses, references, lowercase)
    return {**corpus_scores(hypotheses, references, lowercase), "exact": exact}
