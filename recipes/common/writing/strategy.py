"""The decoding strategy of a run, and what its scores say as probabilities."""

import numpy as np

import zoo


def strategy(config, limit, beam=None, n_best=1):
    """The strategy that a run's settings ask for.

    Args:
        config: `beam` and `length_penalty` count.
        limit: Tokens of an output at most; one for all inputs of a run, as loops are compiled for
            it.
        beam: Width of the beam; the run's own if None.
        n_best: Outputs of each input.
    """
    beam = config.beam if beam is None else beam
    if beam == 1:
        return zoo.Greedy(max_length=limit)
    return zoo.BeamSearch(
        beam, length_penalty=config.length_penalty, max_length=limit, n_best=n_best
    )


def probabilities(strategy, written):
    """The probability of a token of each output, on geometric average, the end token included.

    A score is a log-probability, which a beam search divides by a power of the length; ranks follow
    the score, and so need not quite follow this.

    Args:
        strategy: The decoding strategy of the outputs.
        written: A dict of `tokens` `(n, T)` and `scores` `(n,)` of one input.

    Returns:
        A list of `n` numbers from 0 to 1.
    """
    lengths = np.maximum((written["tokens"] != 0).sum(-1), 1)
    divisor = ((5 + lengths) / 6) ** getattr(strategy, "length_penalty", 0.0)
    return np.exp(written["scores"] * divisor / lengths).tolist()


def ranked(heading, texts, chances):
    """Lines for people on the outputs of one input, the best first.

    Args:
        heading: The input.
        texts: The outputs.
        chances: Their probabilities.
    """
    both = enumerate(zip(texts, chances, strict=True), start=1)
    return [heading, *(f"  {rank}  {chance:.4f}  {text}" for rank, (text, chance) in both)]
