"""A language model built and trained as its settings say, by truncated backpropagation."""

import zoo
from recipes.common import devices
from recipes.common.training import averaging, bptt
from recipes.common.training import fit as training
from recipes.common.training.callbacks import Probability
from recipes.common.training.clipping import ClipRate


def build_model(config, facts, states=False):
    """The network of a configuration, not yet compiled.

    Args:
        config: A `config.LanguageModel`.
        facts: `vocab_size`, which the data decides.
        states: Whether its states are inputs and outputs.
    """
    return zoo.rnn_language_model(
        **facts,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        one_hot=config.one_hot,
        dropout=config.dropout,
        embedding_dropout=config.embedding_dropout,
        layer_norm=config.layer_norm,
        residual=config.residual,
        tie_embeddings=config.tie_embeddings,
        states=states,
    )


def fit(run, data):
    """Build, compile and train one network; the epoch with the lowest cross-entropy is kept.

    Args:
        run: The run; its settings are a `config.LanguageModel`.
        data: `train` and `validation` are `data.streams.Streams`; `facts` is that of `build_model`.

    Returns:
        `model, history`.
    """
    streams = data.train
    with devices.distribution().scope():
        model = run.start_weights(build_model(run.config, data.facts))
        in_streams = bptt.TruncatedBPTT(
            model, streams.batch_size, data.validation.batch_size, streams.steps
        )
        bptt.compile_model(in_streams, run.config, len(streams))
    callbacks = [averaging.ValidateAverage(), ClipRate(), Probability()]
    return model, training.fit(run, in_streams, streams, data.validation, callbacks=callbacks)
