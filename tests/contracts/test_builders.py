"""The contract every builder keeps, over `zoo.__all__`. Sizes are chosen by parameter name."""

import inspect
import itertools
import re

import keras
import numpy as np
import pytest

import zoo

TINY = {
    "vocab_size": 11,
    "num_classes": 3,
    "embedding_dim": 6,
    "units": 5,
    "num_layers": 2,
    "attention_dim": 4,
    "source_vocab_size": 11,
    "target_vocab_size": 12,
    "image_shape": (32, 32, 3),
    "image_dim": 6,
    "num_mels": 8,
    "filters": 6,
    "kernel_size": 3,
}
TARGET = np.array([2, 5, 4, 10], np.int32)  # what a decoder reads, the same for every row
# Builders are what returns a model; the rest of the public names writes with one.
BUILDERS = [
    name for name in zoo.__all__ if "name" in inspect.signature(getattr(zoo, name)).parameters
]
# The options of a builder that change its graph. Cells meet every pooling; the direction, which
# multiplies neither, alternates; output weights are tied for one cell.
VARIANTS = {
    "cell": ("lstm", "gru", "rnn", "irnn"),
    "pooling": ("last", "max", "mean", "attention"),
    "tie_embeddings": (False, True),
    "features": ("log_mel", "pcen", "both"),
}


def cases():
    for name in BUILDERS:
        parameters = inspect.signature(getattr(zoo, name)).parameters
        choices = {option: VARIANTS[option] for option in VARIANTS if option in parameters}
        for number, values in enumerate(itertools.product(*choices.values())):
            options = dict(zip(choices, values, strict=True))
            if options.get("tie_embeddings") and options["cell"] != "lstm":
                continue  # `test_decoding` ties them with every cell
            if options.get("features", "both") != "both" and options["cell"] != "gru":
                continue
            if "bidirectional" in parameters:
                options["bidirectional"] = (number + number // 4) % 2 == 0
            yield pytest.param(name, options, id="-".join(map(str, [name, *options.values()])))


every_case = pytest.mark.parametrize(("name", "options"), list(cases()))
every_builder = pytest.mark.parametrize("name", BUILDERS)


def build(name, **options):
    builder = getattr(zoo, name)
    parameters = inspect.signature(builder).parameters.values()
    required = {p.name for p in parameters if p.default is p.empty}
    assert required <= TINY.keys(), f"{name}: unknown size names {required - TINY.keys()}"
    keras.utils.set_random_seed(1)
    sizes = {p.name: TINY[p.name] for p in parameters if p.name in TINY}
    return builder(**{**sizes, **options})


def dropouts(name, rate):
    parameters = inspect.signature(getattr(zoo, name)).parameters
    return {p: rate for p in ("dropout", "word_dropout") if p in parameters}


def tokens(rows, length, lengths=None, seed=0):
    drawn = np.random.default_rng(seed).integers(1, TINY["vocab_size"], (rows, length))
    if lengths is not None:
        drawn[np.arange(length) >= np.asarray(lengths)[:, None]] = 0
    return drawn.astype(np.int32)


def batch(model, ids):
    """The inputs of a model: ids as what it reads, and a target if it writes."""
    target = np.tile(TARGET, (len(ids), 1))
    if "samples" in model.input:
        return {"samples": np.stack([sound(row) for row in ids])}
    if "image" in model.input:
        return {"image": np.stack([picture(row[row > 0]) for row in ids]), "target": target}
    if "target" in model.input:
        return {"source": ids, "target": target}
    return {"tokens": ids}


def picture(ids):
    """One for each sequence of ids."""
    return np.random.default_rng(ids).integers(0, 256, TINY["image_shape"]).astype(np.float32)


def sound(ids):
    """A frame for each id, silence for padding."""
    frames = [np.random.default_rng(number).normal(0, 0.1, 160) * (number > 0) for number in ids]
    return np.concatenate(frames).astype(np.float32)


def logits(model, ids):
    """What a model gives; of one that answers in every frame, the last answer that counts."""
    out = keras.ops.convert_to_numpy(model(batch(model, ids), training=False))
    if "samples" not in model.input:
        return out
    last = np.maximum(1, (ids > 0).sum(1, keepdims=True)) - 1
    return np.take_along_axis(out, last, 1)


@every_case
def test_shapes_are_those_documented_at_any_length(name, options):
    model = build(name, **options)
    assert model.name == name
    for length in (1, 2, 7):
        ids = tokens(3, length)
        assert set(model.input) == set(batch(model, ids))
        out = logits(model, ids)
        words = TINY["vocab_size" if "image" in model.input else "target_vocab_size"]
        if "samples" in model.input:
            assert model(batch(model, ids)).shape == (3, length)
        else:
            assert out.shape == ((3, 4, words) if "target" in model.input else (3, 3))
        assert out.dtype == np.float32
        assert np.isfinite(out).all()


@every_case
def test_padding_changes_nothing(name, options):
    model = build(name, **options)
    ids = tokens(4, 6, lengths=[6, 3, 1, 0])
    padded = np.pad(ids, ((0, 0), (0, 5)))
    np.testing.assert_allclose(logits(model, ids), logits(model, padded), atol=1e-6)
    for row, length in zip(ids, [6, 3, 1, 1], strict=True):
        alone = logits(model, row[None, :length])
        np.testing.assert_allclose(alone, logits(model, row[None]), atol=1e-6)


@every_builder
def test_padding_of_what_is_written_changes_nothing(name):
    model = build(name)
    if "target" not in model.input:
        pytest.skip("it writes nothing")
    inputs = batch(model, tokens(3, 5))
    short = keras.ops.convert_to_numpy(model(inputs))
    inputs["target"] = np.pad(inputs["target"], ((0, 0), (0, 3)))
    long = keras.ops.convert_to_numpy(model(inputs))
    np.testing.assert_allclose(long[:, : TARGET.size], short, atol=1e-6)


@every_case
def test_empty_rows_and_rows_of_one_step_are_finite(name, options):
    model = build(name, **options)
    assert np.isfinite(logits(model, tokens(3, 5, lengths=[0, 1, 5]))).all()
    assert np.isfinite(logits(model, np.zeros((2, 4), np.int32))).all()


@every_case
def test_order_of_the_batch_does_not_matter(name, options):
    model = build(name, **options)
    ids = tokens(5, 6, lengths=[6, 5, 4, 2, 0])
    permutation = [3, 0, 4, 1, 2]
    np.testing.assert_allclose(
        logits(model, ids)[permutation], logits(model, ids[permutation]), atol=1e-6
    )


@every_case
def test_every_weight_learns(name, options):
    model = build(name, **options)
    hears = "samples" in model.input
    loss = (
        keras.losses.BinaryCrossentropy(from_logits=True)
        if hears
        else keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    # Gradients of attention are minute at first; what counts is that they are not zero.
    model.compile(keras.optimizers.Adam(epsilon=1e-20), loss, run_eagerly=True)
    before = [np.array(weight.numpy()) for weight in model.trainable_weights]
    ids = np.arange(32).reshape(8, 4) % 11
    labels = np.arange(32).reshape(8, 4) % 11 if "target" in model.input else np.arange(8) % 3
    labels = np.arange(32).reshape(8, 4) % 2 if hears else labels
    model.train_on_batch(batch(model, ids), labels)
    unmoved = [
        weight.path
        for weight, old in zip(model.trainable_weights, before, strict=True)
        if np.array_equal(weight.numpy(), old)
    ]
    assert not unmoved


@every_case
def test_saved_and_loaded_models_agree(name, options, tmp_path):
    model = build(name, **{**dropouts(name, 0.3), **options})
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    ids = tokens(3, 6, lengths=[6, 2, 0])
    np.testing.assert_array_equal(logits(model, ids), logits(loaded, ids))


@every_builder
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_gives_float32_logits(name, policy):
    full = build(name)
    keras.config.set_dtype_policy(policy)
    try:
        model = build(name)
    finally:
        keras.config.set_dtype_policy("float32")
    ids = tokens(3, 300, lengths=[300, 260, 1])
    out = model.predict_on_batch(batch(model, ids))
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, full.predict_on_batch(batch(full, ids)), atol=0.03)


@every_builder
def test_inference_repeats_and_training_differs(name):
    model = build(name, **dropouts(name, 0.5))
    ids = tokens(4, 6)
    np.testing.assert_array_equal(logits(model, ids), logits(model, ids))
    once, again = (
        keras.ops.convert_to_numpy(model(batch(model, ids), training=True)) for _ in range(2)
    )
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
    with pytest.raises(ValueError, match="units must be at least 1; got 0"):
        build(name, units=0)


def test_unknown_cell_and_pooling_are_refused():
    for name in BUILDERS:
        if "cell" in inspect.signature(getattr(zoo, name)).parameters:
            with pytest.raises(ValueError, match=r"cell must be one of lstm, gru, .*; got 'lsmt'"):
                build(name, cell="lsmt")
    with pytest.raises(ValueError, match="pooling must be last, max, mean or attention"):
        build("rnn_classifier", pooling="avg")


def test_bag_of_words_cannot_see_the_order():
    model = build("bag_of_words_classifier")
    ids = tokens(2, 6)
    np.testing.assert_allclose(logits(model, ids), logits(model, ids[:, ::-1]), atol=1e-6)
    recurrent = build("rnn_classifier")
    assert not np.allclose(logits(recurrent, ids), logits(recurrent, ids[:, ::-1]), atol=1e-4)
