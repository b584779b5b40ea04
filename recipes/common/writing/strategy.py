"""The decoding strategy of a run: greedy for a beam of one, otherwise beam search."""

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
