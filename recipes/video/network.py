"""The network of a job, from its settings."""

import zoo


def build_model(config, facts, whole=False):
    """The network of a configuration, not yet compiled.

    Args:
        config: The settings, with one job as `task`.
        facts: `frame_shape` and `num_classes`.
        whole: Begin with pixels even where the training begins with kept features.
    """
    pixels = whole or not config.from_features
    return zoo.video_classifier(
        **facts,
        per_frame=config.task == "frames",
        cnn=config.cnn if pixels else None,
        # Those of a finished run, or of a network whose features were kept, come with it.
        cnn_weights=config.cnn_weights or None if pixels and not whole else None,
        train_cnn=not config.from_features,
        filters=config.filters,
        frame_dim=config.frame_dim,
        units=config.units,
        num_layers=config.num_layers,
        cell=config.cell,
        bidirectional=config.bidirectional,
        pooling=config.pooling,
        attention_dim=config.frame_dim,
        dropout=config.dropout,
        name=f"video_{config.task}",
    )
