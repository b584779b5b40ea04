"""Frozen networks for images, whose features are computed once and kept."""

import hashlib
import random

import numpy as np
import tensorflow as tf

from recipes.common.errors import UserError
from recipes.common.pictures.cache import Preparation
from zoo.layers.images import image_encoder


def frozen_network(cnn, weights, size, seed):
    """The `Preparation` of features of a network that is not trained.

    Args:
        cnn: Name of a network of `keras.applications`.
        weights: `"imagenet"`, a file, or `""` for random ones.
        size: `(H, W)`.
        seed: Seed of random weights.
    """
    encoder = build_encoder((*size, 3), cnn, weights, seed)
    facts = f"{cnn} {_weights_digest(encoder)}"
    compiled = _compiled(encoder)
    return Preparation(size, encoder.output_shape[1:], "float16", facts, compiled)


def check_encoder(cnn, weights, size):
    """Refuse a network that will be trained as `frozen_network` refuses one that is not.

    Raises:
        UserError: If the network or its weights cannot be had.
    """
    build_encoder((*size, 3), cnn, weights, seed=0)


def build_encoder(image_shape, cnn, weights, seed):
    """`zoo.layers.images.image_encoder` frozen, its errors in one sentence.

    Random weights are the same at every call, as features that are kept must be those of the
    network that the finished model begins with; other random numbers do not depend on them.

    Raises:
        UserError: If the network or its weights cannot be had.
    """
    state = random.getstate()  # from which Keras draws the seeds of weights
    random.seed(seed)
    try:
        return image_encoder(image_shape, cnn, weights or None, train_cnn=False)
    except UserError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        advice = (
            " Without a network, name a file of weights with --cnn-weights."
            if weights == "imagenet"
            else ""
        )
        raise UserError(
            f"--cnn {cnn} with --cnn-weights {weights or 'none'} cannot be built for pictures of "
            f"{image_shape[0]} x {image_shape[1]}: {reason}.{advice}"
        ) from None
    finally:
        random.setstate(state)


def _weights_digest(model):
    total = hashlib.sha256()
    for weight in model.get_weights():
        total.update(np.ascontiguousarray(weight).tobytes())
    return total.hexdigest()


def _compiled(encoder):
    @tf.function(jit_compile=False, autograph=False, reduce_retracing=True)
    def features(images):
        return tf.cast(encoder(tf.cast(images, tf.float32), training=False), tf.float16)

    return lambda images: features(images).numpy()
