"""A trained classifier with its tokenizer and labels."""

import dataclasses
from typing import Any

from recipes.common.data import batching
from recipes.common.run import Run, kept
from recipes.common.text import tokenizer as tokenizers
from recipes.sentiment import measure
from recipes.sentiment.data import encode, facts_of
from recipes.sentiment.training import build_model


@dataclasses.dataclass(frozen=True)
class Trained:
    """A finished run with its network."""

    run: Run
    labels: list[str]
    tokenizer: Any
    model: Any


@kept
def restore(run, for_export=False):
    """The network of a finished run.

    Raises:
        UserError: If the run is damaged or not finished.
    """
    labels, tokenizer = run.fact("labels"), tokenizers.load(run.directory)
    model = build_model(run.config, facts_of(tokenizer, labels))
    return Trained(run, labels, tokenizer, run.restore(model, for_export))


def probabilities(trained, split):
    """`(N, num_classes)` probabilities and `(N,)` label numbers of a split."""
    config = trained.run.config
    sequences = encode(split, trained.tokenizer, trained.labels, config)
    boundaries = batching.bucket_boundaries(sequences.lengths, config.buckets)
    batches = batching.Batches(sequences, min(config.batch_size, len(split)), boundaries)
    return measure.probabilities(trained.model, batches), sequences.labels
