"""Constrained decoding against all outputs that an automaton accepts, tried one by one."""

import itertools

import numpy as np
import pytest
from scipy import stats

import zoo

VOCAB, BEGIN, END, LENGTH = 8, 2, 3, 4
PRIME = np.array([[2, 5], [4, 0], [7, 6]], np.int32)


@pytest.fixture(scope="module")
def model():
    built = zoo.rnn_language_model(VOCAB, embedding_dim=5, units=6)
    rng = np.random.default_rng(3)
    for weight in built.weights:
        weight.assign(rng.normal(0, 0.9, weight.shape))
    return built


@pytest.fixture(scope="module")
def tables():
    """An automaton of five states for each of three rows; each allows the end and two others."""
    rng = np.random.default_rng(5)
    allowed = np.zeros((3, 5, VOCAB), bool)
    for row, state in itertools.product(range(3), range(5)):
        allowed[row, state, [END, *rng.choice([1, 4, 5, 6, 7], 2, replace=False)]] = True
    return allowed, rng.integers(0, 5, allowed.shape)


def accepts(tables, row, start, tokens):
    """True if an automaton allows each token of an output."""
    state = start
    for token in tokens:
        if not tables[0][row, state, token]:
            return False
        state = tables[1][row, state, token]
        if token == END:
            break
    return True


def candidates():
    """All outputs of `LENGTH` tokens at most."""
    words = [1, 4, 5, 6, 7]
    for length in range(LENGTH):
        for run in itertools.product(words, repeat=length):
            yield [*run, END]
    yield from map(list, itertools.product(words, repeat=LENGTH))


@pytest.fixture(scope="module")
def scores(model):
    """The outputs, and the log-probability of each after each prime, `(3, N)`."""
    outputs = list(candidates())
    padded = np.array([tokens + [0] * (LENGTH - len(tokens)) for tokens in outputs])
    found = zoo.score(model, {"tokens": PRIME}, np.stack([padded] * 3), batch_size=4096)
    return outputs, found


@pytest.mark.parametrize("start", [0, [0, 3, 4]])
def test_a_wide_beam_finds_the_best_outputs_that_are_accepted(model, tables, scores, start):
    outputs, of_all = scores
    beam = zoo.BeamSearch(40, length_penalty=0, max_length=LENGTH, n_best=3)
    constraint = zoo.Constraint(*tables, start)
    out = zoo.generate(model, {"tokens": PRIME}, beam, constraints=constraint)
    for row, state in enumerate(np.broadcast_to(start, 3)):
        right = [accepts(tables, row, state, tokens) for tokens in outputs]
        ranked = np.argsort(np.where(right, -of_all[row], np.inf))[:3]
        assert [list(x[x > 0]) for x in out.tokens[row]] == [outputs[i] for i in ranked]
        np.testing.assert_allclose(out.scores[row], of_all[row, ranked], atol=1e-4)


def test_greedy_takes_the_likeliest_token_that_is_allowed(model, tables):
    constraint = zoo.Constraint(*tables)
    for strategy in (zoo.Greedy(max_length=6), zoo.BeamSearch(1, 0.0, max_length=6)):
        out = zoo.generate(model, {"tokens": PRIME}, strategy, constraints=constraint)
        for row in range(3):
            read, state = list(PRIME[row][PRIME[row] > 0]), 0
            for token in out.tokens[row, 0][out.tokens[row, 0] > 0]:
                logits = model.predict_on_batch({"tokens": np.array([read])})[0, -1]
                assert token == np.where(tables[0][row, state], logits, -np.inf).argmax()
                state = tables[1][row, state, token]
                read.append(token)
        assert (out.tokens > 0).sum() > 6


def test_samples_follow_the_distribution_of_what_is_allowed(model, tables):
    sample = zoo.Sample(n=3000, max_length=2, seed=1)
    out = zoo.generate(model, {"tokens": PRIME}, sample, constraints=zoo.Constraint(*tables))
    for row in range(3):
        assert all(accepts(tables, row, 0, [t for t in run if t]) for run in out.tokens[row])
        logits = model.predict_on_batch({"tokens": PRIME[row][None, PRIME[row] > 0]})[0, -1]
        p = np.exp(logits.astype(float)) * tables[0][row, 0]
        counts = np.bincount(out.tokens[row, :, 0], minlength=VOCAB)
        assert stats.chisquare(counts[p > 0], (p / p.sum() * 3000)[p > 0]).pvalue > 1e-3
        scores = zoo.score(model, {"tokens": PRIME[row : row + 1]}, out.tokens[row : row + 1, :9])
        np.testing.assert_allclose(out.scores[row, :9], scores[0], atol=1e-4)


STRATEGIES = [
    zoo.Greedy(max_length=8),
    zoo.Sample(n=3, max_length=8),
    zoo.BeamSearch(4, 0.0, max_length=8, n_best=2),
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda x: type(x).__name__)
def test_all_of_several_constraints_hold_in_batches_of_any_size(model, strategy):
    # Tokens rise within a run of two, and there are as many runs as the row says.
    rising = np.array([[v > max(s, 3) or v == 1 for v in range(VOCAB)] for s in range(VOCAB)])
    runs = np.zeros((3, 7, VOCAB), bool)
    after = np.zeros((3, 7, VOCAB), int)
    for row, count in enumerate((1, 3, 2)):
        for place in range(6):
            runs[row, place, [1] if place % 2 else [4, 5, 6, 7]] = True
            after[row, place] = place + 1
        runs[row, 2 * count, :] = np.arange(VOCAB) == END
        runs[row, 6, END] = True
    follow = np.tile(np.where(np.arange(VOCAB) > 3, np.arange(VOCAB), 0), (VOCAB, 1))
    rising[0, END] = True
    constraints = [zoo.Constraint(runs, after), zoo.Constraint(rising, follow)]
    whole = zoo.generate(model, {"tokens": PRIME}, strategy, constraints=constraints)
    for row, count in enumerate((1, 3, 2)):
        for run in whole.tokens[row]:
            assert list(run[run > 0][1::2]) == [1] * count
            assert run[run > 0][-1] == END
            assert (run[: 2 * count : 2] > 3).all()
    pairs = zoo.generate(model, {"tokens": PRIME}, strategy, 2, constraints)
    np.testing.assert_array_equal(pairs.tokens, whole.tokens)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda x: type(x).__name__)
def test_constraints_that_leave_nothing_give_no_output(model, strategy):
    ones = [np.zeros((1, VOCAB), bool) for _ in range(2)]
    ones[0][:, 4], ones[1][:, 5] = True, True
    constraints = [zoo.Constraint(x, np.zeros(x.shape, int)) for x in ones]
    out = zoo.generate(model, {"tokens": PRIME}, strategy, constraints=constraints)
    assert not out.tokens.any()
    assert (out.scores <= -1e8).all()


def test_clear_errors(model, tables):
    allowed, following = tables
    none = allowed.copy()
    none[1, 2] = False
    for arguments, message in (
        ((allowed, following[:2]), r"the same shape, \(S, V\) or \(B, S, V\); got"),
        ((allowed.astype(int), following), "allowed must be an array of bool; got int"),
        ((allowed, following + 9), "following has the state 1[0-9]; there are 0 to 4"),
        ((allowed, following, 5), "start has the state 5"),
        ((allowed, following * 1.0), "following must have whole numbers"),
        ((none, following), "allowed has no token for the state 2"),
    ):
        with pytest.raises(ValueError, match=message):
            zoo.Constraint(*arguments)
    for constraint, message in (
        (zoo.Constraint(allowed[:2], following[:2]), "must have 3 rows, as the inputs; got 2"),
        (zoo.Constraint(allowed[..., :7], following[..., :7]), "each of the 8 tokens .* got 7"),
        ("none", "constraints must be zoo.Constraint"),
    ):
        with pytest.raises(ValueError, match=message):
            zoo.generate(model, {"tokens": PRIME}, zoo.Greedy(), constraints=[constraint])
