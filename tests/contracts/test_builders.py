"""The contract every builder keeps, over `zoo.__all__`. Sizes are chosen by parameter name."""

import contextlib
import gc
import inspect
import itertools
import re
import warnings

import keras
import numpy as np
import pytest

import zoo
from tests.contracts.small_models import (
    BUILDERS,
    LENGTHS,
    TARGET,
    TINY,
    answer,
    batch,
    build,
    forecasts,
    logits,
    paints,
    reads,
    shared,
    tokens,
)
from zoo.decoding import writer_of

# The options of a builder that change its graph. Cells meet every pooling; the direction, which
# multiplies neither, alternates; output weights are tied for one cell.
VARIANTS = {
    "cell": ("lstm", "gru", "rnn", "irnn"),
    "pooling": ("last", "max", "mean", "attention"),
    "tie_embeddings": (False, True),
    "features": ("log_mel", "pcen", "both"),
    "head": ("direct", "autoregressive"),
}


def cases(*left_out):
    """Each builder with each choice of its variants but those left out."""
    for name in BUILDERS:
        parameters = inspect.signature(getattr(zoo, name)).parameters
        choices = {
            option: values
            for option, values in VARIANTS.items()
            if option in parameters and option not in left_out
        }
        for number, values in enumerate(itertools.product(*choices.values())):
            options = dict(zip(choices, values, strict=True))
            if options.get("tie_embeddings") and options.get("cell", "lstm") != "lstm":
                continue  # `test_decoding` ties them with every cell
            if options.get("features", "both") != "both" and options["cell"] != "gru":
                continue
            if options.get("head", "direct") != "direct" and options.get("cell") in ("rnn", "irnn"):
                continue
            if "bidirectional" in parameters:
                options["bidirectional"] = (number + number // 4) % 2 == 0
            yield pytest.param(name, options, id="-".join(map(str, [name, *options.values()])))


def covering():
    """Fewer cases, in which each value of each option still comes with each builder."""
    seen = set()
    for case in cases():
        name, options = case.values
        if new := {(name, *pair) for pair in options.items()} - seen:
            seen |= new
            yield case


# On JAX, whose tests compile for minutes, the fewer cases do.
every_case = pytest.mark.parametrize(
    ("name", "options"), list(cases() if keras.backend.backend() == "tensorflow" else covering())
)
every_option = pytest.mark.parametrize(("name", "options"), list(covering()))
every_head = pytest.mark.parametrize(("name", "options"), list(cases("cell", "features")))
every_builder = pytest.mark.parametrize("name", BUILDERS)


@every_option
def test_shapes_are_those_documented_at_any_length(name, options):
    model = shared(name, **options)
    assert model.name == name
    for length in (1, 6):
        ids = tokens(4, length)
        assert set(model.input) == set(batch(model, ids))
        out = logits(model, ids)
        words = TINY["vocab_size" if "image" in model.input else "target_vocab_size"]
        if "samples" in model.input or reads(model):
            each = (TINY["vocab_size"],) if reads(model) else ()
            assert model(batch(model, ids)).shape == (4, length, *each)
        elif paints(model):
            assert out.shape == (4, *TINY["image_shape"])
        elif forecasts(model):
            assert out.shape == (4, 4, 2, 3)
            assert (np.diff(out, axis=-1) >= 0).all()
        else:
            labels = (3, 4) if name == "multi_object_attention" else (3,)  # two objects, an end
            assert out.shape == ((4, 4, words) if "target" in model.input else (4, *labels))
        assert out.dtype == np.float32
        assert np.isfinite(out).all()


@every_case
def test_padding_changes_nothing(name, options):
    model = shared(name, **options)
    ids = tokens(4, 3, [3, 2, 1, 0])
    mixed = logits(model, ids)
    np.testing.assert_allclose(mixed, logits(model, np.pad(ids, ((0, 0), (0, 3)))), atol=1e-6)
    for row, length in ((0, 3), (1, 3), (2, 1), (3, 1)):
        alone = logits(model, np.repeat(ids[row, None, :length], 4, 0))
        np.testing.assert_allclose(alone, np.repeat(mixed[row, None], 4, 0), atol=1e-6)


@every_builder
def test_a_row_alone_gives_what_it_gives_in_a_batch(name):
    model, ids = shared(name), tokens(4, 6, LENGTHS)
    np.testing.assert_allclose(logits(model, ids[1:2]), logits(model, ids)[1:2], atol=1e-6)


@every_builder
def test_padding_of_what_is_written_changes_nothing(name):
    model = shared(name)
    if "target" not in model.input:
        pytest.skip("it writes nothing")
    inputs = batch(model, tokens(4, 6))
    short = keras.ops.convert_to_numpy(model(inputs))
    inputs["target"] = np.pad(inputs["target"], ((0, 0), (0, 3)))
    long = keras.ops.convert_to_numpy(model(inputs))
    np.testing.assert_allclose(long[:, : TARGET.size], short, atol=1e-6)


@every_case
def test_empty_rows_and_rows_of_one_step_are_finite(name, options):
    model = shared(name, **options)
    assert np.isfinite(logits(model, tokens(4, 6, LENGTHS))).all()
    assert np.isfinite(logits(model, np.zeros((4, 6), np.int32))).all()


@every_head
def test_a_batch_of_no_rows_gives_no_rows(name, options):
    model = shared(name, **options)
    if any("Conv" in type(layer).__name__ for layer in model._flatten_layers()):
        pytest.skip("TensorFlow's own convolutions give wrong shapes for no rows")
    if name == "recurrent_attention":
        pytest.skip("Keras' own cells, run step by step, cannot add the bias to no rows")
    inputs = batch(model, tokens(4, 6))
    expected = (0, *answer(model(inputs)).shape[1:])
    assert answer(model({key: array[:0] for key, array in inputs.items()})).shape == expected


@every_option
def test_order_of_the_batch_does_not_matter(name, options):
    model = shared(name, **options)
    ids = tokens(4, 6, LENGTHS)
    permutation = [3, 0, 2, 1]
    np.testing.assert_allclose(
        logits(model, ids)[permutation], logits(model, ids[permutation]), atol=1e-6
    )


@every_option
def test_every_weight_learns(name, options):
    model = build(name, **options)
    hears = "samples" in model.input
    loss = (
        keras.losses.BinaryCrossentropy(from_logits=True)
        if hears or paints(model)
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    loss = {"logits": loss} if paints(model) else loss
    # Gradients of attention are minute at first; it only counts that they are not zero.
    model.compile(keras.optimizers.Adam(epsilon=1e-20), loss, run_eagerly=True)
    before = [np.array(weight.numpy()) for weight in model.trainable_weights]
    ids = np.arange(24).reshape(4, 6) % 11
    labels = np.arange(16).reshape(4, 4) % 11 if "target" in model.input else np.arange(4) % 3
    labels = np.arange(24).reshape(4, 6) % 2 if hears or reads(model) else labels
    labels = np.arange(32).reshape(4, 4, 2) % 3 if forecasts(model) else labels
    if paints(model):
        labels = {"logits": batch(model, ids)["image"] / 255}
    elif isinstance(model.output, dict):  # each output has a share in what is learned
        shape = answer(model(batch(model, ids))).shape
        labels = {key: np.ones(x.shape[1:])[None].repeat(4, 0) for key, x in model.output.items()}
        labels["logits"] = np.arange(np.prod(shape[:-1])).reshape(shape[:-1]) % 3
        model.loss = {key: loss if key == "logits" else "mse" for key in labels}
        model.compile(model.optimizer, model.loss, run_eagerly=True)
    model.train_on_batch(batch(model, ids), labels)
    unmoved = [
        weight.path
        for weight, old in zip(model.trainable_weights, before, strict=True)
        if np.array_equal(weight.numpy(), old)
    ]
    assert not unmoved


@every_option
def test_saved_and_loaded_models_agree(name, options, tmp_path):
    model = shared(name, **options)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    ids = tokens(4, 6, LENGTHS)
    np.testing.assert_array_equal(logits(model, ids), logits(loaded, ids))


@every_head
def test_quantised_models_save_and_load_and_write_as_they_score(name, options, tmp_path):
    model = build(name, **options)
    ids = tokens(4, 6, [6, 3, 1, 1])
    before = logits(model, ids)
    quantise(model)
    quantised = logits(model, ids)
    assert 0 < np.abs(quantised - before).max() < 0.25 * before.std()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert [w.dtype for w in loaded.weights] == [w.dtype for w in model.weights]
    np.testing.assert_array_equal(logits(loaded, ids), quantised)
    if "target" in model.input:
        np.testing.assert_allclose(stepped(loaded, ids), quantised, atol=1e-5)


def quantise(model, mode="int8"):
    """Quantise what can be; Keras warns of each layer that cannot."""
    gc.freeze()  # Keras collects garbage for each weight it replaces, seconds in a long session
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*does not have a `quantize` method")
        model.quantize(mode)
    gc.unfreeze()


def stepped(model, ids):
    """The logits of a model that writes, one step of its decoder a token."""
    writer = writer_of(model)
    source = {key: array for key, array in batch(model, ids).items() if key != "target"}
    states, step_weights = writer.decoder.prepare_steps(*writer.run_encoder(source))
    steps = []
    for token in TARGET:
        read = keras.ops.full((len(ids),), token, "int32")
        out, states, _ = writer.decoder.step(read, states, step_weights)
        steps.append(keras.ops.convert_to_numpy(out))
    return np.stack(steps, 1)


@contextlib.contextmanager
def keras_settings(floatx, policy):
    """A user's settings, as of a `keras.json` with channels first."""
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype float64:UserWarning")  # of JAX
@every_builder
@pytest.mark.parametrize("policy", ["float64", "float32"])
def test_a_user_s_keras_settings_change_nothing(name, policy):
    reference, ids = shared(name), tokens(4, 6, LENGTHS)
    expected = answer(reference(batch(reference, ids)))
    with keras_settings("float64", policy):
        model = build(name)
        assert model.count_params() == reference.count_params()
        assert [w.shape for w in model.weights] == [w.shape for w in reference.weights]
        model.set_weights(reference.get_weights())
        out = answer(model(batch(model, ids)))
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, expected, atol=1e-6)
        if "target" in model.input:
            inputs = {key: x for key, x in batch(model, ids).items() if key != "target"}
            beam = zoo.BeamSearch(2, 0.0, no_repeat_ngram=2, max_length=4)
            written = zoo.generate(model, inputs, beam)
            assert written.scores.dtype == np.float32
            scores = zoo.score(model, inputs, written.tokens)
            np.testing.assert_allclose(scores, written.scores, atol=1e-5)
        if "samples" in model.input:
            stream = zoo.streaming(model, steps=6)
            states = zoo.initial_states(stream, len(ids))
            heard = stream.predict_on_batch({**batch(model, ids), **states})["logits"]
            np.testing.assert_allclose(heard, expected, atol=1e-5)
        trained = answer(model(batch(model, ids), training=True))
        assert np.isfinite(trained).all()


@every_builder
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_gives_float32_logits(name, policy):
    full = shared(name)
    keras.config.set_dtype_policy(policy)
    try:
        model = build(name)
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(full.get_weights())  # dropout, which only one of them has, draws seeds too
    inputs = batch(model, tokens(4, 300, lengths=[300, 260, 1, 0]))
    out, expected = (answer(one(inputs)) for one in (model, full))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, expected, atol=0.03)


@every_builder
def test_inference_repeats_and_training_differs(name):
    model, ids = shared(name), tokens(4, 6)
    np.testing.assert_array_equal(logits(model, ids), logits(model, ids))
    once, again = (answer(model(batch(model, ids), training=True)) for _ in range(2))
    assert not np.allclose(once, again)


@every_builder
def test_docstring_has_all_sections_and_names_all_arguments(name):
    builder = getattr(zoo, name)
    text = inspect.getdoc(builder)
    for section in ("Reference:", "Args:", "Inputs:", "Outputs:", "Raises:"):
        assert section in text, f"{name} lacks {section}"
    assert re.search(r"https?://", text), f"{name} has no address in Reference"
    for parameter in inspect.signature(builder).parameters:
        assert re.search(rf"^    {parameter}: ", text, re.MULTILINE), f"{name}: {parameter}"


@every_builder
def test_signature_is_of_the_common_form(name):
    parameters = list(inspect.signature(getattr(zoo, name)).parameters.values())
    for parameter in parameters:
        fact = parameter.default is parameter.empty or parameter.name == "num_samples"
        assert fact == (parameter.kind is parameter.POSITIONAL_OR_KEYWORD), parameter
        assert parameter.kind is not parameter.VAR_KEYWORD
    assert parameters[-1].name == "name"
    assert parameters[-1].default == name


@every_builder
def test_sizes_below_one_are_refused(name):
    parameters = inspect.signature(getattr(zoo, name)).parameters
    size, none = ("units", 0) if "units" in parameters else ("hidden", (0,))
    with pytest.raises(ValueError, match=f"{size} must be at least 1; got 0"):
        build(name, **{size: none})


def test_unknown_cell_and_pooling_are_refused():
    for name in BUILDERS:
        if "cell" in inspect.signature(getattr(zoo, name)).parameters:
            with pytest.raises(ValueError, match=r"cell must be one of lstm, gru, .*; got 'lsmt'"):
                build(name, cell="lsmt")
    with pytest.raises(ValueError, match="pooling must be last, max, mean or attention"):
        build("rnn_classifier", pooling="avg")
