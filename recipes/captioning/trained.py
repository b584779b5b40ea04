"""A trained captioner with its tokenizer."""

import dataclasses
from typing import Any

from recipes.captioning.training import build_model
from recipes.common.run import Run, kept
from recipes.common.text import tokenizer as tokenizers


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network, which reads pixels."""

    run: Run
    tokenizer: Any
    model: Any


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    tokenizer = tokenizers.load(run.directory)
    facts = {"image_shape": (*run.config.size, 3), "vocab_size": tokenizer.vocab_size()}
    model = build_model(run.config, facts, whole=True)
    return Trained(run, tokenizer, run.restore(model, for_export))
