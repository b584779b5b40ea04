"""A trained language model with its vocabulary."""

import dataclasses
from typing import Any

from recipes.characters import vocabularies
from recipes.characters.training import build_model
from recipes.common.run import Run, kept


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network.

    `whole` is True if the training had whole documents, with a token at the beginning and the end.
    """

    run: Run
    vocabulary: Any
    model: Any
    whole: bool


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    vocabulary = vocabularies.load(run.directory)
    model = build_model(run.config, {"vocab_size": vocabulary.size})
    return Trained(run, vocabulary, run.restore(model, for_export), run.fact("whole"))
