"""Single layers against NumPy."""

import keras
import numpy as np
import pytest

import zoo
from zoo.layers.attention import AttentionWeights, WeightedSum
from zoo.layers.dropout import WordDropout
from zoo.layers.masking import MaskedPooling, PaddingMask
from zoo.layers.recurrent import CELLS, meets_cudnn_conditions, recurrent_layer

SEQUENCE = np.random.default_rng(0).normal(size=(3, 5, 4)).astype(np.float32)
LENGTHS = [5, 2, 1]
MASK = np.arange(5) < np.array(LENGTHS)[:, None]


def test_mask_is_a_run_of_true_even_with_padding_inside_or_in_front():
    tokens = np.array([[3, 0, 5, 0, 0], [0, 0, 7, 0, 0], [0, 0, 0, 0, 0], [1, 2, 3, 4, 5]])
    expected = np.arange(5) < np.array([3, 3, 1, 5])[:, None]
    np.testing.assert_array_equal(PaddingMask()(tokens), expected)


@pytest.mark.parametrize(("kind", "reduce"), [("max", np.max), ("mean", np.mean)])
def test_masked_pooling_reduces_real_steps_only(kind, reduce):
    expected = [reduce(row[:length], axis=0) for row, length in zip(SEQUENCE, LENGTHS, strict=True)]
    np.testing.assert_allclose(MaskedPooling(kind)(SEQUENCE, MASK), expected, rtol=1e-6)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="about TensorFlow's graphs")
@pytest.mark.parametrize("how", ["eager", "graph", "xla"])
def test_no_rows_give_no_rows(how):
    import tensorflow as tf

    scoring, pooling = AttentionWeights(6), [MaskedPooling(kind) for kind in ("max", "mean")]
    scoring.build(SEQUENCE.shape)

    def reduce(sequence, mask):
        weights = scoring(sequence, mask)
        return (
            weights,
            WeightedSum()(sequence, weights),
            *(pool(sequence, mask) for pool in pooling),
        )

    if how != "eager":
        signature = [tf.TensorSpec((None, 5, 4)), tf.TensorSpec((None, 5), "bool")]
        reduce = tf.function(reduce, signature, jit_compile=how == "xla", autograph=False)
    for rows in (3, 0):
        found = reduce(tf.constant(SEQUENCE[:rows]), tf.constant(MASK[:rows]))
        assert [array.shape for array in found] == [(rows, 5), (rows, 4), (rows, 4), (rows, 4)]


def test_masked_pooling_refuses_other_kinds():
    with pytest.raises(ValueError, match="kind must be max or mean; got 'sum'"):
        MaskedPooling("sum")


def test_attention_weights_are_those_of_the_paper():
    layer = AttentionWeights(6)
    weights = np.asarray(layer(SEQUENCE, MASK))
    kernel, bias, vector = layer.get_weights()
    scores = np.tanh(SEQUENCE @ kernel + bias) @ vector[:, 0]
    for row, length in enumerate(LENGTHS):
        exponents = np.exp(scores[row, :length])
        np.testing.assert_allclose(weights[row, :length], exponents / exponents.sum(), rtol=1e-5)
    assert (weights[~MASK] == 0).all()
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-6)
    context = WeightedSum()(SEQUENCE, weights)
    np.testing.assert_allclose(context, np.einsum("btd,bt->bd", SEQUENCE, weights), rtol=1e-5)


def test_word_dropout_forgets_a_word_everywhere_in_its_sequence():
    tokens = np.tile(np.arange(10), (200, 2))
    embedded = np.ones((200, 20, 3), np.float32)
    out = np.asarray(WordDropout(0.4, vocab_size=10, seed=1)(embedded, tokens, training=True))
    np.testing.assert_array_equal(out[:, :10], out[:, 10:])
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.6)}
    # 2,000 draws at 0.4: four standard deviations are 0.044.
    assert abs((out == 0).mean() - 0.4) < 0.044
    assert len({row.tobytes() for row in out}) > 100, "each sequence draws its own mask"


def test_word_dropout_does_nothing_outside_training():
    layer = WordDropout(0.9, vocab_size=5)
    embedded = np.ones((2, 3, 4), np.float32)
    np.testing.assert_array_equal(layer(embedded, np.ones((2, 3), int)), embedded)
    with pytest.raises(ValueError, match="rate must be at least 0 and below 1"):
        WordDropout(1.0, vocab_size=5)


@pytest.mark.parametrize("cell", CELLS)
def test_cudnn_conditions_hold_for_lstm_and_gru_alone(cell):
    layer = recurrent_layer(cell, 4, name="r")
    assert meets_cudnn_conditions(layer) == (cell in ("lstm", "gru"))
    twice = keras.layers.Bidirectional(layer)
    assert meets_cudnn_conditions(twice) == (cell in ("lstm", "gru"))


@pytest.mark.parametrize(
    "options",
    [
        {"activation": "relu"}, {"recurrent_activation": "hard_sigmoid"}, {"use_bias": False},
        {"unroll": True}, {"recurrent_dropout": 0.1}, {"use_cudnn": False}, {"reset_after": False},
    ],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_cudnn_conditions_see_each_violation(options):
    assert not meets_cudnn_conditions(keras.layers.GRU(4, **options))


def test_irnn_starts_from_the_identity():
    layer = recurrent_layer("irnn", 4, name="r")
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.cell.recurrent_kernel.value, np.eye(4))
    assert layer.activation is keras.activations.relu


def test_masks_of_a_detector_differ_between_seeds_and_between_its_two_pictures():
    def masked(seed):
        keras.utils.set_random_seed(seed)
        model = zoo.wakeword_detector(units=2, filters=2, num_mels=12)
        ones = np.ones((4, 50, 12), np.float32)
        return [
            keras.ops.convert_to_numpy(model.get_layer(name)(ones, training=True))
            for name in ("mask_1", "mask_2")
        ]

    first, again, other = masked(0), masked(0), masked(1)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])
    assert 0 < np.mean(first[0] == 0) < 0.9
