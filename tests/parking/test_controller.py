"""The controller: memory or none, of equal size, and in the loop."""

import numpy as np
import pytest

import zoo


def sensed(steps=7, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (2, steps, 5)).astype(np.float32)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_without_memory_it_has_as_many_parameters(cell, num_layers):
    sizes = {"units": 48, "num_layers": num_layers, "cell": cell, "embedding_dim": 40}
    with_memory, without = (
        zoo.controller(5, 3, memory=memory, **sizes).count_params() for memory in (True, False)
    )
    assert without == pytest.approx(with_memory, rel=0.01)


def test_only_with_memory_what_was_seen_before_counts():
    sensors, other = sensed(), sensed()
    other[:, 0] += 1
    for memory in (True, False):
        model = zoo.controller(5, 3, units=6, memory=memory)
        first, second = (np.asarray(model({"sensors": x})) for x in (sensors, other))
        assert not np.allclose(first[:, 0], second[:, 0])
        assert np.allclose(first[:, 1:], second[:, 1:]) is not memory


@pytest.mark.parametrize("memory", [True, False])
def test_in_the_loop_it_does_what_it_does_on_recorded_runs(memory):
    model = zoo.controller(5, 3, units=6, num_layers=2, memory=memory, dropout=0.5)
    stream, sensors = zoo.streaming(model), sensed()
    states, found = zoo.initial_states(stream, 2), []
    assert len(states) == 4 * memory  # two of each LSTM
    for step in range(7):
        outputs = stream.predict_on_batch({"sensors": sensors[:, step : step + 1], **states})
        states = {name: outputs[name] for name in states}
        found.append(outputs["logits"][:, 0])
    np.testing.assert_allclose(np.stack(found, 1), model({"sensors": sensors}), atol=1e-5)
