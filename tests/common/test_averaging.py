"""The moving average of weights, where a model is measured with it."""

import keras
import numpy as np
import pytest

from recipes.common.training.averaging import averaged_weights


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_a_model_has_its_average_for_the_time_of_the_block(scaled, decay):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    optimizer = keras.optimizers.SGD(
        1.0, use_ema=decay > 0, ema_momentum=decay, ema_overwrite_frequency=None
    )
    if scaled:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=1.0)
    model.compile(optimizer, "mse")
    model.set_weights([np.array([[4.0]])])
    seen = []
    for _ in range(3):
        model.train_on_batch(np.ones((1, 1)), np.zeros((1, 1)))
        seen.append(float(model.get_weights()[0][0, 0]))
    average = seen[0]
    for weight in seen:
        average = decay * average + (1 - decay) * weight
    with averaged_weights(model):
        np.testing.assert_allclose(model.get_weights()[0], [[average]], rtol=1e-6)
    np.testing.assert_allclose(model.get_weights()[0], [[seen[-1]]])
