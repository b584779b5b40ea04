"""The loss of rewards: its gradient, its rewards, and rows that only fill up a batch."""

import keras
import numpy as np
import pytest
from scipy.stats import norm

from recipes.glimpses import reinforce

STD, MEANS, THRESHOLDS = 0.3, (0.1, -0.2), (0.3, 0.0)


class Toy(keras.Model):
    """Two pictures, each with a mean of its own; the label comes out right beyond a threshold."""

    def __init__(self, baseline):
        super().__init__(name="toy")
        self.means = self.add_weight(shape=(2,), initializer=lambda *_, **__: np.array(MEANS))
        self.fixed = baseline
        self.seeds = keras.random.SeedGenerator(0)

    def call(self, inputs, training=False):
        number = keras.ops.cast(inputs["image"][:, 0, 0, 0], "int32")
        mean = keras.ops.take(self.means, number)
        drawn = mean + STD * keras.random.normal(keras.ops.shape(mean), seed=self.seeds)
        drawn = keras.ops.stop_gradient(drawn)
        beyond = drawn - keras.ops.take(keras.ops.convert_to_tensor(THRESHOLDS), number)
        return {
            "logits": keras.ops.stack([0 * beyond, beyond], -1),
            "log_probabilities": (-(((drawn - mean) / STD) ** 2) / 2)[:, None],
            "baselines": keras.ops.full_like(mean, self.fixed)[:, None],
        }


@pytest.mark.parametrize("baseline", [0.0, 0.4])
def test_the_gradient_is_that_of_the_expected_reward(baseline):
    import tensorflow as tf

    toy = Toy(baseline)
    hybrid = reinforce.Hybrid(toy, "right", samples=100_000)
    inputs = {"image": np.array([0.0, 1.0]).reshape(2, 1, 1, 1)}
    labels = np.ones(2, np.int32)
    with tf.GradientTape() as tape:
        outputs = hybrid(inputs, training=True)
        loss = hybrid.compute_loss(None, labels, outputs, None, training=True)
    found = tape.gradient(loss, toy.means).numpy()
    # The probability of a right label is that of a normal variable beyond the threshold.
    expected = -norm.pdf((np.array(MEANS) - THRESHOLDS) / STD) / STD / 2
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_reward_is_that_of_the_labels_after_the_glimpse():
    labels = np.array([[1, 0, 2]])
    each = np.log([[[0.4, 0.2, 0.4], [0.1, 0.8, 0.1], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5],
                    [0.3, 0.3, 0.4], [0.1, 0.2, 0.7]]])  # fmt: skip
    outputs = {"logits": each[:, 1::2], "logits_by_glimpse": each, "baselines": np.zeros((1, 6))}
    rewards = keras.ops.convert_to_numpy(reinforce.right(labels, outputs))
    np.testing.assert_allclose(rewards, [[2, 2, 1, 1, 1, 1]])
    gains = keras.ops.convert_to_numpy(reinforce.gain(labels, outputs))
    chance = 1 / 3
    expected = [0.8 - chance, 0.6, 0.2 - chance, -0.1, 0.7 - chance, 0.3]
    np.testing.assert_allclose(gains, [expected], atol=1e-6)


def test_a_single_label_rewards_all_glimpses():
    labels = np.array([1])
    each = np.log([[[0.4, 0.6], [0.2, 0.8], [0.1, 0.9]]])
    outputs = {"logits": each[:, -1], "logits_by_glimpse": each, "baselines": np.zeros((1, 3))}
    rewards = keras.ops.convert_to_numpy(reinforce.right(labels, outputs))
    np.testing.assert_allclose(rewards, [[1, 1, 1]])
    gains = keras.ops.convert_to_numpy(reinforce.gain(labels, outputs))
    np.testing.assert_allclose(gains, [[0.4, 0.3, 0.1]], atol=1e-6)


def test_metrics_count_a_sequence_with_all_labels_right():
    labels = np.array([[1, 0], [1, 1]])
    logits = np.array([[[0.0, 1.0], [1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]]])
    right = keras.ops.convert_to_numpy(reinforce.all_right(labels, logits))
    np.testing.assert_array_equal(right, [1, 0])
    nats = keras.ops.convert_to_numpy(reinforce.crossentropy(labels, logits))
    np.testing.assert_allclose(np.diff(nats), 1, atol=1e-6)


def test_rows_that_fill_up_a_batch_weigh_nothing():
    hybrid = reinforce.Hybrid(Toy(0.2), "right", samples=3)
    images = np.array([0.0, 1.0, 1.0]).reshape(3, 1, 1, 1)
    outputs = hybrid({"image": images}, training=True)
    labels, weights = np.ones(3, np.int32), np.array([1.0, 1.0, 0.0])
    whole, others = (
        float(hybrid.compute_loss(None, labels, outputs, w, training=True))
        for w in (weights, 1 - weights)
    )
    assert others > 0
    both = float(hybrid.compute_loss(None, labels, outputs, np.ones(3), training=True))
    assert both == pytest.approx(whole + others, rel=1e-5)
