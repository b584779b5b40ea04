"""A trained captioner, from pixels to words."""

import dataclasses
from typing import Any

from recipes.captioning.config import CaptionConfig
from recipes.common import models
from recipes.common import run as common_run
from recipes.common.text import tokenizer as text_tokenizer


@dataclasses.dataclass(frozen=True)
class Trained:
    """What a finished run knows; the model reads pixels."""

    common_config: CaptionConfig
    tokenizer: Any
    model: Any
    sha256: str


def restore(run, recipe, config_class, build_model, for_export=False):
    """Read a finished run: `runs.reopen` and `runs.restore_model` say how and what may be wrong.

    Args:
        run, recipe, config_class: As in `runs.reopen`.
        build_model: `build_model(config, facts, whole=True)` from pixels to words.
        for_export: As in `runs.restore_model`.
    """
    directory, config, kept = common_run.reopen(run, recipe, config_class)
    tokenizer = text_tokenizer.load(directory)
    facts = {"image_shape": (*config.size, 3), "vocab_size": tokenizer.vocab_size()}
    model = models.restore_model(
        directory, config, lambda: build_model(config, facts, whole=True), for_export
    )
    return Trained(config, tokenizer, model, kept["sha256"])
