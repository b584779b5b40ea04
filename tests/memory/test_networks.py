"""The networks: equal sizes, starts, and the gradient that arrives."""

import dataclasses
import types

import keras
import numpy as np
import pytest

import zoo
from recipes.common.errors import UserError
from recipes.common.run import Run
from recipes.memory import data, gradients, networks, sizes, sweep, tasks
from recipes.memory.config import CELLS, Config
from recipes.memory.networks import Decided, build_model

FACTS = {"vocab_size": len(tasks.VOCABULARY)}


@pytest.mark.parametrize("target", [4_000, 14_000, 100_000])
def test_cells_have_equally_many_parameters(target):
    counts = [
        size["parameters"] for size in sweep.sizes_of(Config(parameters=target), FACTS).values()
    ]
    assert len(counts) == len(CELLS)
    assert max(counts) / min(counts) < (1.08 if target < 10_000 else 1.04)
    assert np.mean(counts) == pytest.approx(target, rel=0.04)


@pytest.mark.parametrize("cell", CELLS)
def test_sizes_are_those_of_the_model(cell):
    config = Config(cell=cell, parameters=3_000, embedding_dim=5)
    model = build_model(config, FACTS)
    told = sweep.sizes_of(dataclasses.replace(config, cells=cell), FACTS)[cell]
    assert model.count_params() == told["parameters"]
    assert model.get_layer("decoder").units == told["units"]


def test_the_least_number_of_parameters_gives_two_units():
    least = sizes.parameters("lstm", 2, 100, 8)
    sizes.check(CELLS, least, 100, 8)
    assert sizes.units_for("lstm", least, 100, 8) == 2
    with pytest.raises(UserError, match=f"must be at least {least}"):
        sizes.check(CELLS, least - 1, 100, 8)


@pytest.mark.parametrize(
    ("precision", "average"), [("float32", 0.0), ("float32", 0.9), ("mixed_float16", 0.0)]
)
def test_a_network_that_begins_anew_has_the_optimizer_of_a_new_one(precision, average, tmp_path):
    config = Config(
        data="copying", cell="rnn", distance=5, parameters=3_000, batch_size=4, average=average,
        run=str(tmp_path),
    )  # fmt: skip
    run, sequences = Run("memory", config), data.Data(config)
    batches = sequences.training(config)
    inputs, labels, weights = batches.batch(batches.order()[0])
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        model = networks.prepare(run, sequences)
        model.optimizer.build(model.trainable_variables)
        fresh = [np.array(variable) for variable in (*model.variables, *model.optimizer.variables)]
        model.train_on_batch(inputs, labels, sample_weight=weights)
        networks.prepare(run, sequences, model)
    finally:
        keras.config.set_dtype_policy(before)
    inner = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    assert (inner is not model.optimizer, inner.use_ema) == (precision != "float32", average > 0)
    again = [*model.variables, *model.optimizer.variables]
    for variable, array in zip(again, fresh, strict=True):
        np.testing.assert_array_equal(np.array(variable), array, err_msg=variable.path)


@pytest.mark.parametrize("limit", [0, 5, 40, 300])
def test_sizes_that_are_told_are_of_the_batches_that_are_made(limit):
    config = Config(limit=limit, epochs=3, steps=4, batch_size=16)
    told, sequences = data.sizes(config), data.Data(config)
    batches = sequences.training(config)
    assert told["train"] == 3 * len(batches) * batches.batch_size
    for part in ("validation", "test"):
        batches = sequences.held_out(part, "copying", 8)
        assert told[part] == len(batches) * batches.batch_size


def arriving(cell, gates="chrono", distance=60):
    """Share of the gradient that arrives at the token that decides, before training."""
    config = Config(data="agreement", cell=cell, gates=gates, distance=distance, limit=8)
    sequences = data.Data(config).held_out("test", "agreement", distance)
    batch = sequences.batch(sequences.order()[0])
    model = build_model(config, FACTS)
    return zoo.diagnostics.gradient_flow(model, batch)[-1].normalised[distance]


def test_gradients_are_followed_from_the_same_start_whatever_was_trained_before(tmp_path):
    config = Config(data="copying", cells="rnn", distance=5, limit=8, run=str(tmp_path))
    found = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        found.append(gradients.flows(Run("memory", config), data.Data(config))["rnn"])
    assert found[0] == found[1]


def test_the_usual_starts_let_the_gradient_vanish():
    for cell in ("rnn", "relu"):
        assert arriving(cell) < 1e-6, cell
    assert arriving("lstm", "usual") < 1e-4


@pytest.mark.parametrize("cell", ["irnn", "gru", "lstm"])
def test_starts_for_long_dependencies_let_it_arrive(cell):
    assert 0.05 < arriving(cell) < 20


def test_seeds_give_other_starts_and_one_seed_the_same():
    def weights(seed, cell):
        keras.utils.set_random_seed(seed)
        model = build_model(Config(cell=cell, seed=seed, parameters=3_000), FACTS)
        return np.concatenate([array.ravel() for array in model.get_weights()])

    for cell in ("relu", "irnn", "lstm"):
        np.testing.assert_array_equal(weights(0, cell), weights(0, cell))
        assert (weights(0, cell) != weights(1, cell)).mean() > 0.5


@pytest.mark.parametrize(
    ("accuracies", "ends"),
    [
        ((0.5, 0.995), 2),
        ((0.13, 0.13, 0.13, 0.9), 3),
        ((0.13, 0.13, 0.3, 0.9), 9),
    ],
)
def test_a_training_ends_when_its_outcome_is_plain(accuracies, ends):
    decided = Decided(Config(data="copying", give_up_epochs=3))
    decided.set_model(types.SimpleNamespace(stop_training=False))
    stopped = []
    for epoch, accuracy in enumerate(accuracies):
        decided.on_epoch_end(epoch, {"val_accuracy": accuracy})
        stopped.append(decided.model.stop_training)
    assert stopped == [epoch >= ends for epoch in range(1, len(accuracies) + 1)]
