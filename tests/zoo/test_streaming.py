"""Streaming: the outputs of the whole, step by step; layers that cannot stream are refused."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo
from zoo.layers.dropout import WordDropout
from zoo.layers.recurrent import recurrent_layer


def run(stream, inputs, hop=1):
    """The logits of a stream fed with pieces of the inputs `(B, N, …)`."""
    name = next(name for name in stream.input if name not in stream.output)
    size = stream.input[name].shape[1]
    states, heard = zoo.initial_states(stream, len(inputs)), []
    for start in range(0, inputs.shape[1] - size + 1, size):
        out = stream.predict_on_batch({name: inputs[:, start : start + size], **states})
        states = {key: out[key] for key in states}
        heard.append(out["logits"])
    return np.concatenate(heard, 1)


def tagger(cell="lstm", **options):
    """Tokens in, a label for each out."""
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(9, 5)(tokens)
    x = layers.Conv1D(6, 3, padding="causal", dilation_rate=2, activation="tanh")(x)
    x = recurrent_layer(cell, 4, name="one")(x)
    x = layers.Add()([x, recurrent_layer(cell, 4, name="two")(layers.LayerNormalization()(x))])
    return keras.Model({"tokens": tokens}, layers.Dense(3)(layers.Dropout(0.5)(x)))


@pytest.mark.parametrize(
    ("cell", "steps"), [("lstm", 1), ("gru", 1), ("rnn", 1), ("irnn", 1), ("lstm", 3)]
)
def test_a_tagger_streams_as_it_reads(cell, steps):
    keras.utils.set_random_seed(1)
    model = tagger(cell)
    ids = np.random.default_rng(0).integers(0, 9, (2, 12)).astype(np.int32)
    whole = model.predict_on_batch({"tokens": ids})
    np.testing.assert_allclose(run(zoo.streaming(model, steps), ids), whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("features", ["log_mel", "pcen", "both"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_ten_seconds_of_sound_stream_as_they_are_heard_whole(features, cell):
    keras.utils.set_random_seed(2)
    model = zoo.wakeword_detector(features=features, cell=cell, units=8, filters=8)
    sound = np.random.default_rng(0).normal(0, 0.05, (1, 10 * 16_000)).astype(np.float32)
    sound *= np.linspace(0, 1, sound.shape[1], dtype=np.float32)
    whole = model.predict_on_batch({"samples": sound})
    np.testing.assert_allclose(run(zoo.streaming(model), sound), whole, atol=1e-5)


@pytest.mark.parametrize("milliseconds", [10, 30, 250, 2000])
def test_chunks_of_any_size_give_the_same(milliseconds):
    keras.utils.set_random_seed(3)
    model = zoo.wakeword_detector(units=8, filters=8, num_layers=1)
    sound = np.random.default_rng(1).normal(0, 0.05, (2, 4 * 16_000)).astype(np.float32)
    whole = model.predict_on_batch({"samples": sound})
    heard = run(zoo.streaming(model, milliseconds // 10), sound)
    np.testing.assert_allclose(heard, whole[:, : heard.shape[1]], atol=1e-5)


def test_it_learns_along_with_the_model_and_is_saved_with_its_own_weights(tmp_path):
    model = tagger()
    stream = zoo.streaming(model)
    for variable in model.trainable_variables:
        variable.assign(variable + 0.1)
    ids = np.arange(8)[None].astype(np.int32)
    whole = model.predict_on_batch({"tokens": ids})
    np.testing.assert_allclose(run(stream, ids), whole, rtol=1e-5, atol=1e-6)
    stream.save(tmp_path / "stream.keras")
    loaded = keras.saving.load_model(tmp_path / "stream.keras")
    np.testing.assert_array_equal(run(loaded, ids), run(stream, ids))


def test_no_output_depends_on_a_later_sample():
    keras.utils.set_random_seed(4)
    model = zoo.wakeword_detector(units=8, filters=8)
    sound = np.random.default_rng(2).normal(0, 0.05, (1, 16_000)).astype(np.float32)
    other = sound.copy()
    other[:, 8_000:] = 0.5
    first, second = (model.predict_on_batch({"samples": x}) for x in (sound, other))
    np.testing.assert_allclose(first[:, :50], second[:, :50], atol=1e-6)
    assert not np.allclose(first[:, 50:], second[:, 50:], atol=1e-4)


def test_energies_are_those_of_a_fourier_transform():
    from zoo.layers import spectrogram

    sound = np.random.default_rng(3).normal(0, 0.1, (2, 3_200)).astype(np.float32)
    frames = keras.ops.convert_to_numpy(spectrogram.Frames()(sound))
    power = np.abs(np.fft.rfft(frames * np.hanning(401)[:400], 512)) ** 2
    bands = spectrogram.in_order(spectrogram.mel_bands(40, 16_000, 60.0, 7_600.0))
    layer = spectrogram.MelEnergies(40)
    np.testing.assert_allclose(layer(frames), power @ bands, rtol=1e-4, atol=1e-6)
    step = keras.ops.convert_to_numpy(layer(frames[:, 7:8]))
    np.testing.assert_allclose(step, (power @ bands)[:, 7:8], rtol=1e-4, atol=1e-6)
    assert (bands.sum(0) > 0).all()


def ahead(layer):
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layer(layers.Embedding(9, 5)(tokens))
    return keras.Model({"tokens": tokens}, x)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Bidirectional(layers.GRU(3, return_sequences=True), name="ahead"),
        layers.GRU(3, return_sequences=True, go_backwards=True, name="ahead"),
        layers.GRU(3, name="ahead"),
        layers.Conv1D(3, 3, padding="same", name="ahead"),
        layers.GlobalMaxPooling1D(name="ahead"),
        layers.Softmax(axis=1, name="ahead"),
        layers.MultiHeadAttention(1, 3, name="ahead"),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_looks_ahead_is_named(layer):
    model = ahead((lambda x: layer(x, x)) if "Attention" in type(layer).__name__ else layer)
    with pytest.raises(ValueError, match="The layer ahead"):
        zoo.streaming(model)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "The layer bidirectional_1 cannot stream: it is bidirectional and so needs the whole"),
        ({"bidirectional": False}, "The layer pool cannot stream: it pools over time and so needs"),
        (
            {"bidirectional": False, "pooling": "attention"},
            "The layer attention cannot stream: it attends to all steps and so needs the whole",
        ),
        (
            {"bidirectional": False, "pooling": "last"},
            "The layer recurrent_1 cannot stream: it gives the last step alone",
        ),
    ],
)
def test_the_reason_is_the_real_one(options, reason):
    """Not the dropout of words before it, which does nothing but in training."""
    model = zoo.rnn_classifier(9, 2, embedding_dim=4, units=3, word_dropout=0.5, **options)
    with pytest.raises(ValueError, match=reason):
        zoo.streaming(model)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dropout(0.9), layers.SpatialDropout1D(0.9), layers.AlphaDropout(0.9),
        layers.GaussianDropout(0.9), layers.GaussianNoise(0.9), layers.Identity(),
        layers.ActivityRegularization(0.1), layers.Activation("linear"),
    ],
    ids=lambda layer: type(layer).__name__,
)  # fmt: skip
def test_what_does_nothing_but_in_training_is_left_out(layer):
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layer(WordDropout(0.5, 9)(layers.Embedding(9, 5)(tokens), tokens))
    model = keras.Model({"tokens": tokens}, layers.GRU(3, return_sequences=True)(x))
    stream = zoo.streaming(model)
    assert type(layer) not in map(type, stream.layers)
    ids = np.arange(8)[None].astype(np.int32)
    whole = model.predict_on_batch({"tokens": ids})
    np.testing.assert_allclose(run(stream, ids), whole, rtol=1e-5, atol=1e-6)


def test_augmented_pictures_stream_but_those_that_are_cropped_do_not():
    def tagger_of(layer):
        frames = keras.Input((4, 6, 1), name="frames")  # a spectrogram as a picture
        return keras.Model(frames, layers.TimeDistributed(layers.Flatten())(layer(frames)))

    model = tagger_of(layers.RandomFlip(seed=0))
    frames = np.random.default_rng(0).random((1, 4, 6, 1), np.float32)
    whole = model.predict_on_batch(frames)
    np.testing.assert_allclose(run(zoo.streaming(model), frames), whole)
    with pytest.raises(ValueError, match="The layer crop"):
        zoo.streaming(tagger_of(layers.RandomCrop(3, 3, name="crop")))


@pytest.mark.parametrize("axis", [1, -2])
def test_steps_joined_one_after_the_other_are_refused(axis):
    join = layers.Concatenate(axis=axis, name="ahead")
    with pytest.raises(ValueError, match="The layer ahead"):
        zoo.streaming(ahead(lambda x: join([x, x])))


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (layers.Masking(name="odd"), "it masks steps"),
        (layers.Conv1D(3, 3, strides=2, padding="causal", name="odd"), "its strides must be 1"),
        (layers.Conv1D(3, 1, strides=2, name="odd"), "its strides must be 1"),
        (layers.Conv1D(3, 1, data_format="channels_first", name="odd"), "must be channels_last"),
    ],
)
def test_what_a_stream_would_do_otherwise_is_refused(layer, why):
    values = keras.Input((6, 5), name="values")
    with pytest.raises(ValueError, match=f"The layer odd cannot stream: .*{why}"):
        zoo.streaming(keras.Model(values, layer(values)))


def test_an_embedding_that_masks_is_refused():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.GRU(3, return_sequences=True)(
        layers.Embedding(9, 5, mask_zero=True, name="odd")(tokens)
    )
    with pytest.raises(ValueError, match="The layer odd cannot stream: it masks steps"):
        zoo.streaming(keras.Model(tokens, x))


@pytest.mark.parametrize("milliseconds", [37, None])
def test_a_detector_as_it_is_built_hears_a_minute_in_chunks_as_the_whole(detector, milliseconds):
    listener, sound, whole = detector
    generator = np.random.default_rng(7)
    sizes = [16 * (milliseconds or int(generator.integers(1, 2000))) for _ in range(6000)]
    ends = np.cumsum(sizes)
    pieces = np.split(sound, ends[ends < len(sound)])
    one = listener.anew()
    heard = np.concatenate([one.push(piece) for piece in pieces])
    assert heard.shape == whole.shape == (6000,)
    np.testing.assert_allclose(heard, whole, rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def detector():
    """A detector of the default size as a listener, a minute of sound, and its logits."""
    from recipes.wakeword import scoring

    keras.utils.set_random_seed(5)
    model = zoo.wakeword_detector()
    generator = np.random.default_rng(6)
    loudness = np.repeat(generator.uniform(0, 0.2, 240), 4_000)  # another every quarter of a second
    sound = (loudness * generator.normal(0, 1, 60 * 16_000)).clip(-1, 1).astype(np.float32)
    whole = model.predict_on_batch({"samples": sound[None]})[0]
    assert np.ptp(whole) > 0.1
    return scoring.listener(model), sound, whole


def test_bad_numbers_and_models_are_refused():
    with pytest.raises(ValueError, match="steps must be at least 1; got 0"):
        zoo.streaming(tagger(), 0)
    with pytest.raises(ValueError, match="one input and one output"):
        zoo.streaming(zoo.bahdanau_seq2seq(9, 9, units=4, embedding_dim=4))
    with pytest.raises(ValueError, match="features must be one of log_mel, pcen, both"):
        zoo.wakeword_detector(features="mfcc")
    with pytest.raises(ValueError, match="num_samples must be at least 160"):
        zoo.wakeword_detector(100)
