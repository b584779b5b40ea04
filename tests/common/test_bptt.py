"""Truncated backpropagation through time: streams of chunks, carried states, gradients cut."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from recipes.common import config as configs
from recipes.common.data.streams import Streams
from recipes.common.training import bptt
from recipes.common.training.clipping import ClippedAdam

VOCAB = 11


def documents(*lengths, seed=0):
    rng = np.random.default_rng(seed)
    ids = rng.integers(4, VOCAB, sum(lengths)).astype(np.uint8)
    return ids, np.cumsum([0, *lengths])


def model(cell="lstm", **options):
    keras.utils.set_random_seed(3)
    built = zoo.rnn_language_model(
        VOCAB, embedding_dim=4, units=5, num_layers=2, cell=cell, **options
    )
    for weight in built.weights:
        weight.assign(np.random.default_rng(1).normal(0, 0.4, weight.shape))
    return built


def batches(streams, epoch=0):
    return [streams.batch(rows) for rows in streams.order(epoch)]


def test_every_token_is_predicted_once_after_the_one_before_it():
    ids, starts = documents(9, 1, 0, 14)
    streams = Streams(ids, starts, 3, 4, begin_token=2, end_token=3, seed=5)
    read = []
    for inputs, labels, weights in batches(streams, epoch=1):
        real = weights > 0
        read += list(zip(inputs["tokens"][real], labels[real], strict=True))
        assert (inputs["tokens"][~real] == 0).all()
    expected = []
    for first, last in itertools.pairwise(starts):
        whole = [2, *ids[first:last], 3]
        expected += list(itertools.pairwise(whole))
    assert sorted(read) == sorted(expected)
    assert len(read) == streams.count
    assert len(batches(streams)) == len(streams) == 3


def test_a_stream_goes_on_where_it_was_and_is_fresh_where_a_document_begins():
    ids, starts = documents(10, 7)
    streams = Streams(ids, starts, 1, 4)
    fresh = [bool(inputs["fresh"][0]) for inputs, *_ in batches(streams)]
    assert fresh == [True, False, False, True, False]
    tokens = np.concatenate([inputs["tokens"][0] for inputs, *_ in batches(streams)[:3]])
    np.testing.assert_array_equal(tokens[:9], ids[:9])
    halves = Streams(ids, starts, 2, 4)
    first, *others = (inputs["fresh"].tolist() for inputs, *_ in batches(halves))
    assert first == [True, True]
    assert others == [[False, False], [False, True]], "the last row has no document"


def test_documents_come_in_another_order_in_each_epoch():
    ids, starts = documents(*[3] * 20)
    streams = Streams(ids, starts, 2, 2, seed=1)
    orders = [streams.order(epoch)[..., 0] for epoch in (0, 0, 1)]
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[0] != orders[2]).any()
    assert len({len(order) for order in orders}) == 1


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_chunks_with_carried_states_are_the_unbroken_text(cell):
    ids, starts = documents(23)
    language_model = model(cell)
    trained = bptt.TruncatedBPTT(language_model, 1)
    whole = language_model({"tokens": ids[None, :-1].astype(np.int32)})[0]
    for back in (0, 12):
        streams = Streams(ids, starts, 1, 5, back=back)
        trained.steps = streams.steps
        found = []
        for inputs, _, weights in batches(streams):
            logits = trained(dict(inputs), training=True)
            found.append(logits[0][weights[0] > 0])
        np.testing.assert_allclose(np.concatenate(found), whole, atol=1e-5)


def gradients(trained, streams):
    """The gradient of the summed loss of an epoch."""
    total = None
    for inputs, labels, weights in batches(streams):
        with tf.GradientTape() as tape:
            logits = trained(dict(inputs), training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
            loss = tf.reduce_sum(losses * weights)
        found = tape.gradient(loss, trained.trainable_variables)
        found = [tf.convert_to_tensor(gradient).numpy() for gradient in found]
        total = found if total is None else [a + b for a, b in zip(total, found, strict=True)]
    return total


def test_chunks_as_long_as_the_text_give_the_full_gradient():
    ids, starts = documents(13)
    language_model = model()
    trained = bptt.TruncatedBPTT(language_model, 1)

    def of(steps, back=0):
        trained.steps = steps
        return gradients(trained, Streams(ids, starts, 1, steps, back))

    with tf.GradientTape() as tape:
        logits = language_model({"tokens": ids[None, :-1].astype(np.int32)}, training=True)
        losses = keras.losses.sparse_categorical_crossentropy(
            ids[None, 1:].astype(np.int32), logits, from_logits=True
        )
        loss = tf.reduce_sum(losses)
    full = tape.gradient(loss, trained.trainable_variables)
    full = [tf.convert_to_tensor(gradient).numpy() for gradient in full]

    def difference(found):
        return max(np.abs(a - b).max() for a, b in zip(found, full, strict=True))

    assert difference(of(12)) < 1e-4
    assert difference(of(30)) < 1e-4
    assert difference(of(3, back=30)) < 1e-4, "all of the past is passed through"
    assert difference(of(3, back=6)) < difference(of(3))
    assert difference(of(3)) > 1e-3


@pytest.mark.parametrize("clip_norm", [0.01, 1e6, 0.0])
def test_clipping_is_by_the_norm_of_all_weights_and_counted(clip_norm):
    ids, starts = documents(200)
    streams = Streams(ids, starts, 2, 10)
    trained = bptt.TruncatedBPTT(model(), 2, 2)
    config = configs.LanguageModel(clip_norm=clip_norm, epochs=1, learning_rate=0.1)
    bptt.compile_model(trained, config, len(streams))
    before = [keras.ops.convert_to_numpy(weight) for weight in trained.trainable_variables]
    inputs, labels, weights = batches(streams)[0]
    trained.train_on_batch(inputs, labels, sample_weight=weights)
    rate, norm = trained.optimizer.rate()
    assert rate == (clip_norm == 0.01)
    with tf.GradientTape() as tape:
        for variable, array in zip(trained.trainable_variables, before, strict=True):
            variable.assign(array)
        loss = trained.compute_loss(y=labels, y_pred=trained(inputs), sample_weight=weights)
    expected = tape.gradient(loss, trained.trainable_variables)
    expected = float(tf.linalg.global_norm(list(map(tf.convert_to_tensor, expected))))
    assert norm == pytest.approx(expected, rel=1e-4)
    assert trained.optimizer.rate() == (0.0, 0.0)


@pytest.mark.parametrize("clip_norm", [0.0, 1.0])
def test_steps_are_those_of_keras_adam(clip_norm):
    generator = np.random.default_rng(0)
    start = [generator.normal(size=shape).astype(np.float32) for shape in ((7, 3), (3,))]
    gradients = [
        [tf.constant(generator.normal(size=array.shape), tf.float32) for array in start]
        for _ in range(4)
    ]
    options = {"beta_2": 0.99, "weight_decay": 0.1, "use_ema": True, "ema_momentum": 0.9}
    found = []
    for optimizer in (
        ClippedAdam(0.05, clip_norm, **options),
        keras.optimizers.Adam(0.05, global_clipnorm=clip_norm or None, **options),
    ):
        variables = [keras.Variable(array) for array in start]
        for gradient in gradients:
            optimizer.apply(gradient, variables)
        optimizer.finalize_variable_values(variables)
        found.append(variables)
    for mine, keras_own, before in zip(*found, start, strict=True):
        np.testing.assert_allclose(mine, keras_own, rtol=1e-5, atol=1e-7)
        assert np.abs(mine.numpy() - before).max() > 1e-2
