"""Frozen networks for images, whose features are computed once and kept."""

import difflib
import hashlib
import os
import random

import keras
import numpy as np
import tensorflow as tf

from recipes.common.errors import UserError
from recipes.common.pictures.cache import Preparation
from zoo.layers.images import SMALL, image_encoder

FEATURES = "float16"  # type of kept features
LIST = "https://keras.io/api/applications"


def frozen_network(cnn, weights, size, seed):
    """The `Preparation` of features of a network that is not trained.

    Args:
        cnn: Name of a network of `keras.applications`.
        weights: `"imagenet"`, a file, or `""` for random ones.
        size: `(H, W)`.
        seed: Seed of random weights.
    """
    return preparation_of(build_encoder((*size, 3), cnn, weights, seed), cnn, size)


def preparation_of(encoder, cnn, size):
    """The `Preparation` of features of this network.

    Args:
        encoder: A `zoo.layers.images.image_encoder`.
        cnn: Its name.
        size: `(H, W)`.
    """
    facts = f"{cnn} {_weights_digest(encoder)}"
    return Preparation(size, encoder.output_shape[1:], FEATURES, facts, _compiled(encoder))


def features_shape(cnn, weights, size):
    """Shape of the features of a network, which is refused before its weights are fetched.

    Args:
        cnn, weights, size: As for `frozen_network`.

    Raises:
        UserError: If there is no such network, no such file, or the pictures are too small.
    """
    known = [name for name in dir(keras.applications) if name[:1].isupper()]
    if cnn not in known:
        near = difflib.get_close_matches(cnn, known, n=3, cutoff=0.4)
        hint = f"near are {', '.join(near)}; " if near else ""
        raise UserError(
            f"--cnn {cnn} is no network of keras.applications; {hint}all of them are listed at "
            f"{LIST}. {SMALL!r} is a network of our own."
        )
    if weights not in ("", "imagenet") and not os.path.isfile(weights):
        raise UserError(f"--cnn-weights {weights}: there is no such file; imagenet fetches some.")
    return build_encoder((*size, 3), cnn, "", seed=0).output_shape[1:]


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
