"""Captioners, beyond the contract of all builders: attention, encoders, learning by heart."""

import keras
import numpy as np
import pytest

import zoo
from zoo.decoding import writer_of
from zoo.layers.images import SMALL_FILTERS, image_encoder

SHAPE, GRID = (32, 32, 3), (3, 4, 7)
BUILDERS = {"show_and_tell": {}, "show_attend_and_tell": {"attention_dim": 4, "image_dim": 6}}
every_captioner = pytest.mark.parametrize("name", BUILDERS)
tensorflow_only = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="the fast loop is TensorFlow's"
)


def captioner(name, shape=GRID, seed=0, **options):
    """A small one with weights drawn wide."""
    keras.utils.set_random_seed(seed)
    options = {"cnn": None, "embedding_dim": 5, "units": 6, **BUILDERS[name], **options}
    model = getattr(zoo, name)(shape, 9, **options)
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(0, 1.0, weight.shape))
    return model


def pictures(rows=3, shape=GRID, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, *shape)).astype(np.float32)


@every_captioner
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_step_by_step_equals_teacher_forcing(name, cell, num_layers):
    model = captioner(name, cell=cell, num_layers=num_layers)
    tokens = np.array([[5, 4, 8, 7, 3]], np.int32)
    image = pictures(1)
    decoder, arrays = writer_of(model).decoder, writer_of(model).run_encoder({"image": image})
    states, step_weights = decoder.prepare_steps(*arrays)
    target = np.array([[2, *tokens[0, :-1]]], np.int32)
    whole = keras.ops.convert_to_numpy(model({"image": image, "target": target}))
    for t in range(5):
        token = keras.ops.convert_to_tensor(target[:, t])
        row, states, _ = decoder.step(token, states, step_weights)
        np.testing.assert_allclose(keras.ops.convert_to_numpy(row), whole[:, t], atol=1e-5)


@every_captioner
def test_every_strategy_writes_and_scores(name):
    model = captioner(name)
    inputs = {"image": pictures(5)}
    for strategy in (
        zoo.Sample(max_length=6, n=2),
        zoo.BeamSearch(4, length_penalty=0.0, max_length=6, n_best=2),
    ):
        out = zoo.generate(model, inputs, strategy)
        np.testing.assert_allclose(out.scores, zoo.score(model, inputs, out.tokens), atol=1e-4)
    alone = zoo.generate(model, {"image": inputs["image"][:1]}, strategy)
    np.testing.assert_array_equal(alone.tokens[0], out.tokens[0, :, : alone.tokens.shape[-1]])


def test_attention_has_a_weight_for_every_position_and_sums_to_one():
    model = captioner("show_attend_and_tell")
    out = zoo.generate(model, {"image": pictures(4)}, zoo.BeamSearch(3, max_length=7))
    assert out.attention.shape == (*out.tokens.shape, 12)
    real = out.tokens != 0
    np.testing.assert_allclose(out.attention.sum(-1)[real], 1, atol=1e-5)


def test_a_position_moved_is_attention_moved():
    """Positions have no order of their own: with features permuted, so is the attention."""
    model = captioner("show_attend_and_tell")
    image = pictures(2)
    order = np.random.default_rng(3).permutation(12)
    moved = image.reshape(2, 12, 7)[:, order].reshape(image.shape)
    one, two = (zoo.generate(model, {"image": x}, zoo.Greedy(max_length=6)) for x in (image, moved))
    np.testing.assert_array_equal(one.tokens, two.tokens)
    np.testing.assert_allclose(one.attention[..., order], two.attention, atol=1e-5)


@tensorflow_only
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
def test_the_fast_loop_gives_what_the_general_one_gives(cell, monkeypatch):
    from zoo.layers import attention_decoders

    model = captioner("show_attend_and_tell", cell=cell)
    inputs = {"image": pictures(3), "target": np.array([[2, 4, 5, 6]] * 3, np.int32)}
    fast = keras.ops.convert_to_numpy(model(inputs))
    monkeypatch.setattr(attention_decoders, "choose_kernel", lambda layer: "keras")
    general = keras.ops.convert_to_numpy(model(inputs))
    np.testing.assert_allclose(general, fast, atol=1e-5 * np.abs(fast).max())


def test_the_doubly_stochastic_loss_is_what_the_paper_says():
    target = np.array([[2, 5, 4, 0], [2, 7, 0, 0]], np.int32)
    inputs = {"image": pictures(2), "target": target}
    model = captioner("show_attend_and_tell", doubly_stochastic=0.7, dropout=0.0)
    decoder = writer_of(model).decoder
    arrays = writer_of(model).run_encoder({"image": inputs["image"]})
    decoder(inputs["target"], arrays, training=False)
    assert not decoder.losses, "it is of training alone"
    decoder(inputs["target"], arrays, training=True)
    _, weights = decoder.teacher_forced(inputs["target"], decoder.encode_source(*arrays), False)
    weights = keras.ops.convert_to_numpy(weights) * (target != 0)[:, :, None]
    expected = 0.7 * np.mean(((1 - weights.sum(1)) ** 2).sum(-1)) / target.shape[1]
    np.testing.assert_allclose(float(decoder.losses[0]), expected, rtol=1e-5)


@every_captioner
def test_four_pictures_are_learnt_by_heart(name):
    keras.utils.set_random_seed(2)
    options = {"cnn": None, "embedding_dim": 24, "units": 32, "dropout": 0.0}
    if name == "show_attend_and_tell":
        options |= {"attention_dim": 24, "doubly_stochastic": 0.1}
    model = getattr(zoo, name)(GRID, 12, **options)
    images = pictures(4)
    words = np.random.default_rng(0).permuted(np.tile(np.arange(4, 12), (4, 1)), axis=1)
    labels = np.concatenate([words[:, :5], np.full((4, 1), 3)], 1)
    target = np.concatenate([np.full((4, 1), 2), labels[:, :-1]], 1).astype(np.int32)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    model.fit({"image": images, "target": target}, labels, epochs=100, verbose=0)
    out = zoo.generate(model, {"image": images}, zoo.Greedy(max_length=10))
    np.testing.assert_array_equal(out.tokens[:, 0, :6], labels)
    assert len({tuple(row) for row in out.tokens[:, 0].tolist()}) == 4


@every_captioner
def test_pixels_go_through_the_network_and_its_own_preprocessing(name):
    model = captioner(name, SHAPE, cnn="MobileNetV2", train_cnn=False)
    encoder = model.get_layer("cnn")
    assert not encoder.trainable_weights
    image = np.random.default_rng(0).integers(0, 256, (2, *SHAPE)).astype(np.uint8)
    network = next(layer for layer in encoder.layers if isinstance(layer, keras.Model))
    pixels = keras.applications.mobilenet_v2.preprocess_input(image.astype(np.float32))
    expected = network(pixels, training=False)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(encoder(image)), keras.ops.convert_to_numpy(expected), atol=1e-5
    )
    out = zoo.generate(model, {"image": image}, zoo.Greedy(max_length=5))
    assert out.tokens.shape[:2] == (2, 1)


def test_a_network_of_keras_is_channels_last_under_every_setting():
    expected = image_encoder(SHAPE, "MobileNetV2", None, train_cnn=False)
    image = np.random.default_rng(0).integers(0, 256, (2, *SHAPE)).astype(np.float32)
    keras.config.set_image_data_format("channels_first")
    try:
        encoder = image_encoder(SHAPE, "MobileNetV2", None, train_cnn=False)
        assert keras.config.image_data_format() == "channels_first", "the user's setting stays"
        encoder.set_weights(expected.get_weights())
        found, right = (keras.ops.convert_to_numpy(one(image)) for one in (encoder, expected))
    finally:
        keras.config.set_image_data_format("channels_last")
    np.testing.assert_array_equal(found, right)


def test_fine_tuning_trains_weights_and_keeps_statistics():
    encoder = image_encoder(SHAPE, "MobileNetV2", None, train_cnn=True)
    assert encoder.trainable_weights
    before = [np.array(w) for w in encoder.non_trainable_weights]
    encoder(np.ones((2, *SHAPE), np.float32), training=True)
    for old, new in zip(before, encoder.non_trainable_weights, strict=True):
        np.testing.assert_array_equal(old, np.array(new))


def test_weights_from_a_file_are_those_of_the_file(tmp_path):
    network = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=SHAPE)
    path = tmp_path / "mobile.weights.h5"
    network.save_weights(path)
    encoder = image_encoder(SHAPE, "MobileNetV2", str(path), train_cnn=False)
    for one, two in zip(network.get_weights(), encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_small_network_halves_three_times():
    assert image_encoder((64, 48, 3)).output_shape == (None, 8, 6, SMALL_FILTERS[-1] + 2)


def test_clear_errors():
    for name in BUILDERS:
        builder = getattr(zoo, name)
        with pytest.raises(ValueError, match=r"image_shape must be \(H, W, 3\); got \(32, 32\)"):
            builder((32, 32), 9)
        with pytest.raises(ValueError, match=r"image_shape must be .h, w, C., the shape of feat"):
            builder((32,), 9, cnn=None)
        with pytest.raises(ValueError, match=r"cnn must be 'small' or one of .*; got 'ResNet51'"):
            builder(SHAPE, 9, cnn="ResNet51")
        with pytest.raises(ValueError, match="no weights for the cnn 'small'"):
            builder(SHAPE, 9, cnn_weights="imagenet")
        with pytest.raises(ValueError, match="units must be at least 1; got 0"):
            builder(SHAPE, 9, units=0)


def test_the_small_network_knows_the_coordinates_of_a_position():
    from zoo.layers.images import Coordinates

    grid = keras.ops.convert_to_numpy(Coordinates()(np.zeros((2, 3, 5, 4), np.float32)))
    assert grid.shape == (2, 3, 5, 6)
    np.testing.assert_allclose(grid[0, :, 2, 4], [-1, 0, 1])
    np.testing.assert_allclose(grid[1, 0, :, 5], [-1, -0.5, 0, 0.5, 1])
    assert not grid[..., :4].any()
