"""Writing sequences: step by step, greedily, in batches, with loaded and with new weights."""

import keras
import numpy as np
import pytest

import zoo
from tests.zoo.translators import (
    BEAM,
    BEGIN,
    END,
    GREEDY,
    SOURCES,
    all_by_hand,
    by_hand,
    every_translator,
    log_softmax,
    new_translator,
    translator,
)
from zoo.decoding import writer_of


@every_translator
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
@pytest.mark.parametrize("tied", [False, True])
def test_step_by_step_equals_teacher_forcing(name, cell, tied):
    model = new_translator(name, cell=cell, num_layers=2, tie_embeddings=tied, spread=0.4)
    target = np.array([[BEGIN, 4, 1, 6, 5]] * 3, np.int32)
    whole = keras.ops.convert_to_numpy(model({"source": SOURCES, "target": target}))
    np.testing.assert_allclose(all_by_hand(model, SOURCES, target), whole, atol=1e-5)


@every_translator
def test_greedy_takes_the_likeliest_token_each_time(name):
    model = translator(name, spread=0.7)
    out = zoo.generate(model, {"source": SOURCES}, GREEDY)
    for source, tokens, score in zip(SOURCES, out.tokens[:, 0], out.scores[:, 0], strict=True):
        written = tokens[tokens != 0]
        logits, _ = by_hand(model, source, written)
        allowed = logits.copy()
        allowed[:, [0, BEGIN]] = -np.inf
        assert written.tolist() == allowed.argmax(-1).tolist()
        assert len(written) == GREEDY.max_length or written[-1] == END
        gained = log_softmax(logits)[np.arange(len(written)), written]
        assert score == pytest.approx(gained.sum(), abs=1e-4)


def test_scores_are_the_log_probabilities_of_the_outputs():
    model = translator(spread=0.7)
    out = zoo.generate(model, {"source": SOURCES}, BEAM)
    np.testing.assert_allclose(
        zoo.score(model, {"source": SOURCES}, out.tokens), out.scores, atol=1e-4
    )
    assert (np.diff(out.scores, axis=1) <= 0).all()


@pytest.mark.parametrize(
    ("name", "strategy"),
    [
        ("seq2seq", GREEDY),
        ("bahdanau_seq2seq", BEAM),
        ("bahdanau_seq2seq", zoo.BeamSearch(3, max_length=7, no_repeat_ngram=2, min_length=2)),
        ("luong_seq2seq", GREEDY),
    ],
)
def test_a_batch_of_mixed_lengths_is_one_by_one(name, strategy):
    model = translator(name, spread=0.8)
    together = zoo.generate(model, {"source": SOURCES}, strategy)
    for row, source in enumerate(SOURCES):
        alone = zoo.generate(model, {"source": source[None, source != 0]}, strategy)
        length, places = alone.tokens.shape[-1], (source != 0).sum()
        np.testing.assert_array_equal(together.tokens[row, :, :length], alone.tokens[0])
        assert not together.tokens[row, :, length:].any()
        np.testing.assert_allclose(together.scores[row], alone.scores[0], atol=1e-5)
        if alone.attention is not None:
            weights = together.attention[row, :, :length, :places]
            np.testing.assert_allclose(weights, alone.attention[0, ..., :places], atol=1e-5)
            assert not together.attention[row, ..., places:].any()


def test_small_batches_give_what_a_large_one_gives():
    model = translator(spread=0.8)
    sources = np.tile(SOURCES, (3, 1))
    strategy = zoo.Sample(seed=5, n=2, max_length=6)
    large = zoo.generate(model, {"source": sources}, strategy)
    small = zoo.generate(model, {"source": sources}, strategy, batch_size=2)
    np.testing.assert_array_equal(large.tokens, small.tokens)
    np.testing.assert_allclose(large.attention, small.attention, atol=1e-6)


@every_translator
def test_a_loaded_model_writes_the_same(name, tmp_path):
    model = translator(name, spread=0.8)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    once, again = (zoo.generate(one, {"source": SOURCES}, GREEDY) for one in (model, loaded))
    np.testing.assert_array_equal(once.tokens, again.tokens)
    np.testing.assert_array_equal(once.scores, again.scores)


def test_new_weights_are_used_at_once():
    model = translator(spread=0.8)
    before = zoo.generate(model, {"source": SOURCES}, GREEDY)
    other = new_translator(seed=9)
    model.set_weights(other.get_weights())
    after, fresh = (zoo.generate(one, {"source": SOURCES}, GREEDY) for one in (model, other))
    np.testing.assert_array_equal(after.tokens, fresh.tokens)
    assert before.scores[0] != after.scores[0]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts TensorFlow's traces")
def test_the_loop_is_compiled_once_for_each_bucket():
    model = new_translator()
    strategy = zoo.Greedy(max_length=4)
    for rows, places in ((3, 17), (4, 18), (3, 18), (4, 17), (1, 18)):
        sources = np.full((rows, places), 5, np.int32)
        zoo.generate(model, {"source": sources}, strategy)
    assert len(writer_of(model).compiled[strategy].graphs) == 2  # for four rows and for one


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="runs the loop step by step")
@pytest.mark.parametrize("strategy", [zoo.Greedy(max_length=40), zoo.BeamSearch(1, max_length=40)])
def test_writing_stops_when_all_have_ended(strategy, monkeypatch):
    model = translator(spread=0.8)
    bias = model.get_layer("decoder").output_layer.bias
    bias.assign(bias + 4.0 * (np.arange(bias.shape[0]) == END))
    out = zoo.generate(model, {"source": SOURCES}, strategy)
    length = (out.tokens != 0).sum(-1).max()
    assert length < 40, "no row ended by itself, so nothing was tested"
    writer, steps = writer_of(model), []
    step = writer.decoder.step
    monkeypatch.setattr(writer.decoder, "step", lambda *args: steps.append(1) or step(*args))
    arrays = writer.run_encoder({"source": SOURCES})
    strategy.search(writer.decoder, *writer.decoder.prepare_steps(*arrays), ())
    assert len(steps) == length


def test_a_model_no_longer_used_is_let_go():
    import gc
    import weakref

    model = new_translator()
    zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=2))
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_clear_errors():
    model = translator()
    with pytest.raises(ValueError, match="inputs must have source; got target"):
        zoo.generate(model, {"target": SOURCES})
    with pytest.raises(ValueError, match="at least one"):
        zoo.generate(model, {"source": SOURCES[:0]})
    with pytest.raises(ValueError, match="0 Decoder layers"):
        zoo.generate(zoo.bag_of_words_classifier(5, 2), {"tokens": SOURCES})
    with pytest.raises(ValueError, match=r"outputs must have the shape \(3, T\)"):
        zoo.score(model, {"source": SOURCES}, [[3]])
    with pytest.raises(ValueError, match="coverage_penalty needs a decoder with attention"):
        zoo.generate(
            translator("seq2seq"), {"source": SOURCES}, zoo.BeamSearch(2, coverage_penalty=0.1)
        )
    for make, message in (
        (lambda: zoo.Greedy(max_length=0), "max_length must be at least 1"),
        (lambda: zoo.Greedy(min_length=7, max_length=7), "min_length must be below max_length"),
        (lambda: zoo.Sample(temperature=0), "temperature must be a number above 0"),
        (lambda: zoo.Sample(top_p=0), "top_p must be above 0"),
        (lambda: zoo.Sample(top_k=-1), "top_k must be at least 0"),
        (lambda: zoo.Sample(n=0), "n must be at least 1"),
        (lambda: zoo.BeamSearch(0), "width must be at least 1"),
        (lambda: zoo.BeamSearch(2, n_best=3), "n_best must be at least 1 and at most the width, 2"),
        (lambda: zoo.BeamSearch(no_repeat_ngram=-1), "no_repeat_ngram must be at least 0"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
