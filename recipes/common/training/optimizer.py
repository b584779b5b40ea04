"""Compiling a model for training: Adam, a warm-up, and cosine decay to zero."""

import keras

from recipes.common import devices, models


def cosine(config, steps_per_epoch):
    """A learning rate that rises linearly, then falls to zero along a cosine.

    Args:
        config: `learning_rate`, `warmup_epochs` and `epochs` count.
        steps_per_epoch: Training steps of an epoch.
    """
    total = steps_per_epoch * config.epochs
    warmup = (
        min(max(1, round(steps_per_epoch * config.warmup_epochs)), total - 1) if total > 1 else 0
    )
    return keras.optimizers.schedules.CosineDecay(
        config.learning_rate / (warmup + 1),
        decay_steps=max(1, total - warmup),
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )


def compile_model(model, config, steps_per_epoch, loss, metrics):
    """Compile a model, the norm of its gradients clipped.

    Args:
        model: The model.
        config: `learning_rate`, `warmup_epochs`, `epochs`, `clip_norm`, `average` and `jit` count.
        steps_per_epoch: Training steps of an epoch.
        loss: A `keras.losses.Loss`.
        metrics: A Keras metric or a list of them, weighted as the loss is.
    """
    if config.jit:
        models.give_up_cudnn(model)
    model.compile(
        keras.optimizers.Adam(
            cosine(config, steps_per_epoch),
            # Each replica clips its share of a gradient before the shares are added up.
            clipnorm=config.clip_norm / devices.count() or None,
            use_ema=config.average > 0,
            ema_momentum=config.average,
            ema_overwrite_frequency=None,
        ),
        loss,
        weighted_metrics=metrics if isinstance(metrics, list) else [metrics],
        jit_compile=config.jit,
    )
