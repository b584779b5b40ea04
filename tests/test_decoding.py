"""Writing sequences: every way of choosing tokens against what it is defined to be."""

import itertools

import keras
import numpy as np
import pytest
from scipy import stats

import zoo
from zoo.decoding import writer_of

BEGIN, END = 2, 3
SOURCES = np.array([[4, 5, 6, 7, 3], [5, 3, 0, 0, 0], [7, 7, 4, 3, 0]], np.int32)
BUILDERS = {
    "seq2seq": {},
    "bahdanau_seq2seq": {"attention_dim": 4},
    "luong_seq2seq": {},
}
every_translator = pytest.mark.parametrize("name", BUILDERS)


def translator(name="bahdanau_seq2seq", seed=0, vocab_size=7, spread=1.0, **options):
    """A model whose weights are drawn so wide that its distributions are far from even."""
    keras.utils.set_random_seed(seed)
    options = {"embedding_dim": 5, "units": 6, "num_layers": 1, **BUILDERS[name], **options}
    return redraw(getattr(zoo, name)(8, vocab_size, **options), seed, spread)


def redraw(model, seed, spread):
    """Other weights for a model whose loops are compiled already."""
    rng = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        weight.assign(rng.normal(0, spread, weight.shape))
    return model


def by_hand(model, source, tokens):
    """Logits and attention at each step, one call of the step a token: `(T, V)`, `(T, S)`."""
    writer = writer_of(model)
    decoder = writer.decoder
    arrays = writer.run_encoder({"source": source[None]})
    states, constants = decoder.start(*arrays)
    logits, weights = [], []
    for token in [BEGIN, *tokens[:-1]]:
        row, states, weight = decoder.step(
            keras.ops.convert_to_tensor([token], "int32"), states, constants
        )
        logits.append(keras.ops.convert_to_numpy(row)[0])
        if weight is not None:
            weights.append(keras.ops.convert_to_numpy(weight)[0])
    return np.stack(logits), np.stack(weights) if weights else None


def log_softmax(logits):
    logits = np.asarray(logits, np.float64)
    logits = logits - logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


@every_translator
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
@pytest.mark.parametrize("tied", [False, True])
def test_step_by_step_equals_teacher_forcing(name, cell, tied):
    model = translator(name, cell=cell, num_layers=2, tie_embeddings=tied, spread=0.4)
    tokens = np.array([4, 1, 6, 5, END])
    target = np.array([[BEGIN, *tokens[:-1]]] * 3, np.int32)
    whole = model.predict_on_batch({"source": SOURCES, "target": target})
    for row, source in zip(whole, SOURCES, strict=True):
        np.testing.assert_allclose(by_hand(model, source, tokens)[0], row, atol=1e-5)


@every_translator
def test_greedy_takes_the_likeliest_token_each_time(name):
    model = translator(name, spread=0.7)
    out = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=9))
    for source, tokens, score in zip(SOURCES, out.tokens[:, 0], out.scores[:, 0], strict=True):
        written = tokens[tokens != 0]
        logits, _ = by_hand(model, source, written)
        allowed = logits.copy()
        allowed[:, [0, BEGIN]] = -np.inf
        assert written.tolist() == allowed.argmax(-1).tolist()
        assert len(written) == 9 or written[-1] == END
        gained = log_softmax(logits)[np.arange(len(written)), written]
        assert score == pytest.approx(gained.sum(), abs=1e-4)


@every_translator
def test_a_beam_of_one_is_greedy(name):
    model = translator(name)
    for seed in range(20):
        redraw(model, seed, spread=0.8)
        greedy = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=8))
        beam = zoo.generate(
            model, {"source": SOURCES}, zoo.BeamSearch(1, length_penalty=0, max_length=8)
        )
        np.testing.assert_array_equal(beam.tokens, greedy.tokens)
        np.testing.assert_allclose(beam.scores, greedy.scores, atol=1e-5)
        if greedy.attention is not None:
            np.testing.assert_allclose(beam.attention, greedy.attention, atol=1e-6)


def teacher_forced_attention(model, source, outputs):
    """Attention `(N, T, S)` at each token of given outputs `(N, T)`."""
    writer = writer_of(model)
    arrays = writer.run_encoder({"source": np.repeat(source[None], len(outputs), 0)})
    begin = np.full((len(outputs), 1), BEGIN)
    embedded = writer.decoder.embed(np.concatenate([begin, outputs[:, :-1]], 1))
    _, weights = writer.decoder.unroll(embedded, *writer.decoder.start(*arrays), False)
    return keras.ops.convert_to_numpy(weights)


def exhaustive(model, source, beam):
    """Scores of all outputs of at most `max_length` tokens, best first, penalties and bans kept."""
    words = [id for id in range(7) if id not in (0, BEGIN, END)]
    outputs = [
        [*run, END]
        for length in range(beam.max_length)
        for run in itertools.product(words, repeat=length)
    ] + [list(run) for run in itertools.product(words, repeat=beam.max_length)]
    found = []
    for tokens in outputs:
        size = beam.no_repeat_ngram
        runs = [tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1)] if size else []
        ended = tokens[-1] == END
        if len(set(runs)) < len(runs) or (ended and len(tokens) - 1 < beam.min_length):
            continue
        found.append(tokens)
    length = max(map(len, found))
    padded = np.array([tokens + [0] * (length - len(tokens)) for tokens in found], np.int32)
    sums = zoo.score(model, {"source": source[None]}, padded[None])[0]
    scores = sums / ((5 + (padded != 0).sum(1)) / 6) ** beam.length_penalty
    if beam.coverage_penalty:
        attention = teacher_forced_attention(model, source, padded)
        real = (padded != 0)[..., None]
        covered = (attention * real).sum(1)[:, source != 0]
        scores += beam.coverage_penalty * np.log(np.minimum(covered, 1)).sum(-1)
    order = np.argsort(-scores)
    return padded[order], scores[order]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"length_penalty": 1.3},
        {"coverage_penalty": 0.4, "length_penalty": 0.6, "max_length": 4},
        {"no_repeat_ngram": 2},
        {"no_repeat_ngram": 1, "min_length": 2},
        {"min_length": 3, "length_penalty": 0.3},
    ],
    ids=str,
)
def test_a_beam_wide_enough_finds_what_trying_all_outputs_finds(options):
    beam = zoo.BeamSearch(**{"width": 1100, "max_length": 5, "n_best": 20, **options})
    model = translator()
    for seed in range(2):
        redraw(model, seed, spread=0.7)
        out = zoo.generate(model, {"source": SOURCES[:2]}, beam)
        for row, source in enumerate(SOURCES[:2]):
            tokens, scores = exhaustive(model, source, beam)
            np.testing.assert_allclose(out.scores[row], scores[:20], atol=1e-4)
            width = out.tokens.shape[-1]
            np.testing.assert_array_equal(out.tokens[row, 0], tokens[0, :width])


def test_a_beam_scores_at_least_what_greedy_does():
    worse = []
    model = translator(vocab_size=12)
    for seed in range(200):
        redraw(model, seed, spread=0.8)
        for penalty in (0.0, 0.6):
            beam = zoo.BeamSearch(5, length_penalty=penalty, max_length=8)
            greedy = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=8))
            lengths = (greedy.tokens[:, 0] != 0).sum(-1)
            scores = greedy.scores[:, 0] / ((5 + lengths) / 6) ** penalty
            found = zoo.generate(model, {"source": SOURCES}, beam).scores[:, 0]
            worse += [(seed, penalty)] * int((found < scores - 1e-4).sum())
    assert not worse


def test_scores_are_the_log_probabilities_of_the_outputs():
    model = translator(spread=0.7)
    beam = zoo.BeamSearch(4, length_penalty=0, max_length=7, n_best=3)
    out = zoo.generate(model, {"source": SOURCES}, beam)
    np.testing.assert_allclose(
        zoo.score(model, {"source": SOURCES}, out.tokens), out.scores, atol=1e-4
    )
    assert (np.diff(out.scores, axis=1) <= 0).all()


@every_translator
@pytest.mark.parametrize(
    "strategy",
    [
        zoo.Greedy(max_length=7),
        zoo.BeamSearch(3, max_length=7, n_best=2),
        zoo.BeamSearch(3, max_length=7, no_repeat_ngram=2, min_length=2),
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


def test_attention_belongs_to_the_tokens_of_its_beam():
    model = translator(spread=0.8)
    beam = zoo.BeamSearch(4, max_length=6, n_best=3)
    out = zoo.generate(model, {"source": SOURCES}, beam)
    for row, source in enumerate(SOURCES):
        for n in range(3):
            written = out.tokens[row, n][out.tokens[row, n] != 0]
            _, weights = by_hand(model, source, written)
            np.testing.assert_allclose(out.attention[row, n, : len(written)], weights, atol=1e-5)
            np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"temperature": 0.6}, {"top_k": 3}, {"top_p": 0.8}])
def test_samples_follow_the_distribution(options):
    model = translator(vocab_size=9, spread=0.5)
    sample = zoo.Sample(n=4000, max_length=2, seed=3, **options)
    out = zoo.generate(model, {"source": SOURCES[:1]}, sample)
    first, second = out.tokens[0].T
    for drawn, prefix in ((first, []), (second[first == first[0]], [first[0]])):
        if prefix and prefix[0] == END:
            continue
        logits = by_hand(model, SOURCES[0], [*prefix, 0])[0][-1].astype(np.float64)
        logits[[0, BEGIN]] = -np.inf
        logits /= options.get("temperature", 1)
        p = np.exp(logits - logits.max())
        p /= p.sum()
        ranked = np.argsort(-p)
        if "top_k" in options:
            p[ranked[3:]] = 0
        if "top_p" in options:
            before = np.cumsum(p[ranked]) - p[ranked]
            p[ranked[before >= options["top_p"]]] = 0
        p /= p.sum()
        counts = np.bincount(drawn, minlength=9)
        assert not counts[p == 0].any()
        if (p > 0).sum() > 1:
            expected = p[p > 0] * len(drawn)
            assert stats.chisquare(counts[p > 0], expected).pvalue > 1e-3


def test_the_same_seed_gives_the_same_sample():
    model = translator(spread=0.5)
    draw = [
        zoo.generate(model, {"source": SOURCES}, zoo.Sample(seed=seed, n=3, max_length=6)).tokens
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(draw[0], draw[1])
    assert draw[0].shape != draw[2].shape or (draw[0] != draw[2]).any()


@every_translator
def test_a_loaded_model_writes_the_same(name, tmp_path):
    model = translator(name, spread=0.8)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for strategy in (zoo.Greedy(max_length=6), zoo.BeamSearch(3, max_length=6)):
        once = zoo.generate(model, {"source": SOURCES}, strategy)
        again = zoo.generate(loaded, {"source": SOURCES}, strategy)
        np.testing.assert_array_equal(once.tokens, again.tokens)
        np.testing.assert_array_equal(once.scores, again.scores)


def test_new_weights_are_used_at_once():
    model = translator(spread=0.8)
    before = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=6))
    for weight, other in zip(
        model.trainable_variables, translator(seed=9).trainable_variables, strict=True
    ):
        weight.assign(other)
    after = zoo.generate(model, {"source": SOURCES}, zoo.Greedy(max_length=6))
    fresh = zoo.generate(translator(seed=9), {"source": SOURCES}, zoo.Greedy(max_length=6))
    np.testing.assert_array_equal(after.tokens, fresh.tokens)
    assert before.scores[0] != after.scores[0]


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="counts TensorFlow's traces")
def test_the_loop_is_compiled_once_for_each_bucket():
    model = translator()
    strategy = zoo.Greedy(max_length=4)
    for rows, places in ((3, 17), (4, 18), (3, 18), (4, 17), (1, 18)):
        sources = np.full((rows, places), 5, np.int32)
        zoo.generate(model, {"source": sources}, strategy)
    assert len(writer_of(model).compiled[strategy].graphs) == 2  # for four rows and for one


def test_a_model_no_longer_used_is_let_go():
    import gc
    import weakref

    model = translator()
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
        (lambda: zoo.Greedy(min_length=7, max_length=7), "min_length must be at least 0 and below"),
        (lambda: zoo.Sample(temperature=0), "temperature must be above 0"),
        (lambda: zoo.Sample(top_p=0), "top_p must be above 0"),
        (lambda: zoo.Sample(top_k=-1), "top_k must be at least 0"),
        (lambda: zoo.Sample(n=0), "n must be at least 1"),
        (lambda: zoo.BeamSearch(0), "width must be at least 1"),
        (lambda: zoo.BeamSearch(2, n_best=3), "n_best must be at least 1 and at most the width, 2"),
        (lambda: zoo.BeamSearch(no_repeat_ngram=-1), "no_repeat_ngram must be at least 0"),
    ):
        with pytest.raises(ValueError, match=message):
            make()
