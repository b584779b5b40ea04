"""The network of a captioner, from its settings."""

import zoo


def build_model(config, facts, whole=False, train_cnn=False):
    """The network of a configuration, not yet compiled.

    Args:
        config: The settings.
        facts: `image_shape` and `vocab_size`.
        whole: Begin with pixels even where the training begins with kept features.
        train_cnn: Make a network for images trainable that is frozen in the first stage.
    """
    options = {}
    if config.model == "show_attend_and_tell":
        options = {
            "image_dim": config.image_dim or None,
            "attention_dim": config.attention_dim,
            "doubly_stochastic": config.doubly_stochastic,
        }
    pixels = whole or config.end_to_end
    return getattr(zoo, config.model)(
        **facts,
        **options,
        cnn=config.cnn if pixels else None,
        # Those of a finished run come with it.
        cnn_weights=config.cnn_weights or None if pixels and not whole else None,
        train_cnn=config.end_to_end or train_cnn,
        embedding_dim=config.embedding_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        tie_embeddings=config.tie_embeddings,
        dropout=config.dropout,
        scheduled_sampling=config.scheduled_sampling > 0,
    )
