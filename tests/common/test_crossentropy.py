"""The loss of models that write, against Keras' and against its definition."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from recipes.common.training import crossentropy

VOCAB = 50


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (4, 6, VOCAB)).astype(np.float32)
    return rng.integers(0, VOCAB, (4, 6)).astype(np.int32), logits


def loss_and_gradient(function, logits):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = function(logits)
        total = tf.reduce_sum(loss * tf.reshape(tf.range(24, dtype="float32"), (4, 6)))
    return loss.numpy(), tape.gradient(total, logits).numpy()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_loss_and_gradient_are_those_of_smoothed_labels(batch, smoothing):
    labels, logits = batch
    expected = (1 - smoothing) * np.eye(VOCAB)[labels] + smoothing / VOCAB

    def by_keras(logits):
        return keras.ops.categorical_crossentropy(expected, logits, from_logits=True)

    def ours(logits):
        return crossentropy.crossentropy(labels, logits, smoothing)

    for one, other in zip(
        loss_and_gradient(ours, logits), loss_and_gradient(by_keras, logits), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=2e-5)


def test_far_logits_stay_finite():
    logits = np.array([[[1e4, -1e4, 0.0]]], np.float32)
    loss, gradient = loss_and_gradient_of_one(logits)
    np.testing.assert_allclose(loss, [[2e4]])
    np.testing.assert_allclose(gradient, [[[1, -1, 0]]])


def loss_and_gradient_of_one(logits):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = crossentropy.crossentropy(np.array([[1]]), logits)
    return loss.numpy(), tape.gradient(loss, logits).numpy()


def test_the_metric_is_the_mean_over_tokens_that_count(batch):
    labels, logits = batch
    metric = crossentropy.metric()
    by_keras = keras.metrics.SparseCategoricalCrossentropy(from_logits=True)
    weights = (np.arange(6) < np.array([[6], [1], [0], [3]])).astype(np.float32)
    for one in (metric, by_keras):
        one.update_state(labels, logits, sample_weight=weights)
        one.update_state(labels[:1], logits[:1], sample_weight=weights[:1])
    np.testing.assert_allclose(float(metric.result()), float(by_keras.result()), rtol=1e-5)


def test_a_compiled_model_is_saved_and_loaded_with_it(batch, tmp_path):
    labels, logits = batch
    model = keras.Sequential([keras.Input((None, VOCAB)), keras.layers.Dense(VOCAB)])
    model.compile("sgd", crossentropy.SmoothedCrossentropy(0.2))
    before = model.evaluate(logits, labels, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.loss.smoothing == 0.2
    np.testing.assert_allclose(loaded.evaluate(logits, labels, verbose=0), before, rtol=1e-6)
