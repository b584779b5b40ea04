"""The language model: one step written once for training, streams, writing and rating."""

import itertools

import keras
import numpy as np
import pytest

import zoo
from zoo.layers.language import LanguageDecoder

VOCAB = 11
OPTIONS = {
    "plain": {},
    "tied, residual and normalised": {
        "cell": "lstm", "tie_embeddings": True, "residual": True, "layer_norm": True,
    },
    "one-hot": {"cell": "gru", "one_hot": True, "residual": True},
    "frames": {"cell": "gru", "frame_token": 5, "residual": True},
    "irnn": {"cell": "irnn", "layer_norm": True},
}  # fmt: skip


@pytest.fixture(scope="module", params=OPTIONS)
def options(request):
    return {"embedding_dim": 6, "units": 5, "num_layers": 2, **OPTIONS[request.param]}


@pytest.fixture(scope="module")
def model(options):
    built = zoo.rnn_language_model(VOCAB, **options)
    rng = np.random.default_rng(0)
    for weight in built.weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    return built


@pytest.fixture(scope="module")
def tokens():
    return np.random.default_rng(1).integers(2, VOCAB, (3, 7)).astype(np.int32)


def test_a_text_in_two_pieces_is_the_text_in_one(model, options, tokens):
    in_pieces = zoo.rnn_language_model(VOCAB, states=True, **options)
    in_pieces.set_weights(model.get_weights())
    states = {
        name: np.zeros((3, *tensor.shape[1:]), np.float32)
        for name, tensor in in_pieces.input.items()
        if name != "tokens"
    }
    found = []
    for piece in (tokens[:, :4], tokens[:, 4:]):
        out = in_pieces.predict_on_batch({"tokens": piece, **states})
        states = {name: out[name] for name in states}
        found.append(out["logits"])
    whole = model.predict_on_batch({"tokens": tokens})
    np.testing.assert_allclose(np.concatenate(found, 1), whole, atol=1e-5)


def test_what_is_written_has_the_scores_of_teacher_forcing(model, tokens):
    primes = tokens.copy()
    primes[1, 3:], primes[2] = 0, 0
    whole = {"min_length": 8, "max_length": 9}
    for strategy in (
        zoo.Greedy(**whole),
        zoo.Sample(n=2, **whole),
        zoo.BeamSearch(width=3, n_best=2, length_penalty=0, **whole),
    ):
        out = zoo.generate(model, {"tokens": primes}, strategy)
        np.testing.assert_allclose(
            zoo.score(model, {"tokens": primes}, out.tokens), out.scores, atol=1e-4
        )
    ends = [7, 3, 0]
    for row, end in enumerate(ends):
        read = [*primes[row, :end]] or [2]
        text = np.array([[*read, *out.tokens[row, 0]]])
        logits = model.predict_on_batch({"tokens": text.astype(np.int32)})[0]
        gained = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
        expected = sum(gained[len(read) - 1 + i, t] for i, t in enumerate(out.tokens[row, 0]) if t)
        assert out.scores[row, 0] == pytest.approx(expected, abs=1e-4)


def test_primes_of_any_length_follow_each_other():
    model = zoo.rnn_language_model(VOCAB, embedding_dim=4, units=5)
    generator = np.random.default_rng(1)
    for length in (5, 40, 3):  # beyond one padded length, and back
        prime = generator.integers(4, VOCAB, (2, length)).astype(np.int32)
        read = prime
        for _ in range(3):
            logits = model.predict_on_batch({"tokens": read})[:, -1]
            logits[:, :4] = -np.inf  # padding, begin, end and the one that is forbidden
            read = np.concatenate([read, logits.argmax(-1)[:, None].astype(np.int32)], 1)
        out = zoo.generate(model, {"tokens": prime}, zoo.Greedy(3, forbidden=(1, 3)))
        np.testing.assert_array_equal(out.tokens[:, 0], read[:, length:])


def test_writing_goes_on_from_its_states(model, tokens):
    pieces = []
    inputs = {"tokens": tokens}
    for _ in range(3):
        out = zoo.generate(model, inputs, zoo.Greedy(max_length=4, forbidden=(3,)))
        pieces.append(out.tokens)
        inputs = {"tokens": out.tokens[:, 0, -1:], **out.states}
    whole = zoo.generate(model, {"tokens": tokens}, zoo.Greedy(max_length=12, forbidden=(3,)))
    np.testing.assert_array_equal(np.concatenate(pieces, 2), whole.tokens)


def test_samples_go_on_from_their_states(tokens):
    model = zoo.rnn_language_model(VOCAB, embedding_dim=4, units=5)
    out = zoo.generate(model, {"tokens": tokens}, zoo.Sample(n=2, max_length=5, min_length=4))
    assert {state.shape for state in out.states.values()} == {(6, 5)}
    flat = out.tokens.reshape(6, 5)
    read = np.concatenate([np.repeat(tokens, 2, 0), flat], 1)
    on = zoo.generate(model, {"tokens": flat[:, -1:], **out.states}, zoo.Greedy(6, 5))
    whole = zoo.generate(model, {"tokens": read}, zoo.Greedy(6, 5))
    np.testing.assert_array_equal(on.tokens, whole.tokens)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "inputs must have"),
        ({"tokens": [[1, 11]]}, "has the id 11; the model knows 0 to 10"),
        ({"tokens": [[1]], "state_1": np.zeros((1, 5))}, "inputs must have"),
        (
            {"tokens": [[1]], "state_1": np.zeros((2, 5)), "state_2": np.zeros((2, 5))},
            "same number",
        ),
        ({"source": [[1]]}, "inputs must have"),
    ],
)
def test_odd_primes_are_refused(inputs, message):
    model = zoo.rnn_language_model(VOCAB, embedding_dim=4, units=5)
    with pytest.raises(ValueError, match=message):
        zoo.generate(model, inputs)


def test_one_hot_vectors_have_no_embedding_to_tie():
    with pytest.raises(ValueError, match="tie_embeddings needs an embedding"):
        zoo.rnn_language_model(VOCAB, one_hot=True, tie_embeddings=True)
    model = zoo.rnn_language_model(VOCAB, one_hot=True, units=5)
    assert model.count_params() == (VOCAB + 5 + 1) * 20 + (5 + 1) * VOCAB


def test_it_learns_what_a_state_must_hold():
    """A bracket closes as it was opened, some letters later."""
    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(400):
        kind = rng.integers(0, 2)
        rows.append([2, 5 + kind, *rng.integers(7, 11, 4), 3])
    rows = np.array(rows, np.int32)
    rows[:, 6] = rows[:, 1]  # the bracket again
    model = zoo.rnn_language_model(VOCAB, embedding_dim=8, units=16)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    model.fit({"tokens": rows[:, :-1]}, rows[:, 1:], epochs=12, verbose=0)
    for kind, letters in itertools.product((5, 6), ([7, 8, 9, 10], [10, 10, 7, 7])):
        out = zoo.generate(model, {"tokens": [[2, kind, *letters]]}, zoo.Greedy(max_length=1))
        assert out.tokens[0, 0].tolist() == [kind]


def test_each_step_is_told_of_its_frame_and_the_one_before():
    """Counts in one pass, in pieces and step by step, against a loop over the tokens."""
    layer = LanguageDecoder(VOCAB, 6, 5, frame_token=5).frame
    layer.build()
    tokens = np.array([[6, 7, 5, 5, 8, 9, 10, 5, 6], [5, 4, 4, 8, 1, 2, 5, 0, 0]], np.int32)
    expected = np.zeros((2, 9, 2, VOCAB))
    for row in range(2):
        now, before = np.zeros(VOCAB), np.zeros(VOCAB)
        for step, token in enumerate(tokens[row]):
            if token == 5:
                now, before = np.zeros(VOCAB), now
            elif token:
                now = now + np.eye(VOCAB)[token]
            expected[row, step] = now, before
    expected = expected.reshape(2, 9, 2 * VOCAB)
    vectors, last = layer(tokens)
    np.testing.assert_array_equal(last, expected[:, -1])
    state = keras.ops.zeros((2, 2 * VOCAB))
    for step in range(9):
        vector, state = layer.step(keras.ops.convert_to_tensor(tokens[:, step]), state)
        np.testing.assert_array_equal(state, expected[:, step])
        np.testing.assert_allclose(vector, vectors[:, step], atol=1e-6)
    for cut in range(1, 9):
        first, state = layer(tokens[:, :cut])
        second, state = layer(tokens[:, cut:], state)
        np.testing.assert_allclose(np.concatenate([first, second], 1), vectors, atol=1e-6)
        np.testing.assert_array_equal(state, expected[:, -1])
