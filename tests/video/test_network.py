"""The video classifier: labels of frames as they come in, masks, and frames each by itself."""

import keras
import numpy as np
import pytest

import zoo
from zoo.layers.frames import frame_encoder

SMALL = {"filters": 4, "frame_dim": 5, "units": 6}


def frames(rows=3, steps=7, shape=(12, 12, 3)):
    return np.random.default_rng(0).integers(0, 256, (rows, steps, *shape)).astype(np.float32)


def logits(model, **inputs):
    return keras.ops.convert_to_numpy(model(inputs, training=False))


@pytest.mark.parametrize(("cell", "steps"), [("lstm", 1), ("gru", 3)])
def test_a_stream_labels_frames_as_the_whole_clip(cell, steps):
    model = zoo.video_classifier(
        (12, 12, 3), 4, per_frame=True, cell=cell, num_layers=2, dropout=0.3, **SMALL
    )
    given = frames(2, 6)
    expected = logits(model, frames=given)
    assert expected.shape == (2, 6, 4)
    stream, found = zoo.streaming(model, steps), []
    states = zoo.initial_states(stream, 2)
    for start in range(0, 6, steps):
        outputs = stream.predict_on_batch({"frames": given[:, start : start + steps], **states})
        states = {name: outputs[name] for name in states}
        found.append(outputs["logits"])
    np.testing.assert_allclose(np.concatenate(found, 1), expected, atol=1e-5)


def test_a_causal_labeller_of_frames_needs_no_lengths():
    model = zoo.video_classifier((12, 12, 3), 4, per_frame=True, **SMALL)
    assert list(model.input) == ["frames"]
    given = frames()
    changed = given.copy()
    changed[:, 4:] = 0
    before, after = logits(model, frames=given), logits(model, frames=changed)
    np.testing.assert_allclose(after[:, :4], before[:, :4], atol=1e-6)
    assert np.abs(after[:, 4:] - before[:, 4:]).max() > 1e-3


def test_a_labeller_that_looks_ahead_masks_padding_and_refuses_to_stream():
    model = zoo.video_classifier((12, 12, 3), 4, per_frame=True, bidirectional=True, **SMALL)
    given, lengths = frames(), np.array([7, 3, 1], np.int32)
    changed = given.copy()
    changed[1, 3:], changed[2, 1:] = 255, 0
    before = logits(model, frames=given, lengths=lengths)
    after = logits(model, frames=changed, lengths=lengths)
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(after[row, :length], before[row, :length], atol=1e-6)
    with pytest.raises(ValueError, match="one input and one output"):
        zoo.streaming(model)


def test_each_frame_gives_what_the_network_gives_of_a_picture():
    model = zoo.video_classifier((12, 12, 3), 4, **SMALL)
    layer, given = model.get_layer("each_frame"), frames(2, 3)
    found = keras.ops.convert_to_numpy(layer(given))
    for row, step in ((0, 0), (1, 2)):
        alone = keras.ops.convert_to_numpy(layer.network(given[row, step][None]))[0]
        np.testing.assert_allclose(found[row, step], alone, atol=1e-6)


def test_features_of_frames_take_the_place_of_a_cnn():
    model = zoo.video_classifier((9,), 4, cnn=None, pooling="mean", frame_dim=5, units=6)
    given = np.random.default_rng(0).normal(size=(2, 4, 9)).astype(np.float32)
    assert logits(model, features=given, lengths=np.array([4, 2], np.int32)).shape == (2, 4)


def test_the_small_network_halves_a_frame_to_four_by_four_and_others_are_averaged():
    assert frame_encoder((24, 24, 3), filters=8).output_shape == (None, 3 * 3 * 8)
    assert frame_encoder((64, 48, 1), filters=8).output_shape == (None, 4 * 3 * 8)
    assert frame_encoder((32, 32, 3), "MobileNet").output_shape == (None, 1024)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((12, 12, 3), {"pooling": "avg"}, "pooling must be last, max"),
        ((12, 12), {}, "frame_shape must be .H, W, C."),
        ((12, 12, 3), {"cnn": None}, "frame_shape must be .D,., the shape of features"),
        ((32, 32, 1), {"cnn": "MobileNet"}, "must be .H, W, 3. for MobileNet"),
        ((12, 12, 3), {"cnn_weights": "imagenet"}, "no weights for the cnn 'small'"),
        ((12, 12, 3), {"frame_dim": 0}, "frame_dim must be at least 1"),
    ],
)
def test_what_cannot_be_built_is_refused(shape, options, message):
    with pytest.raises(ValueError, match=message):
        zoo.video_classifier(shape, 4, **options)
