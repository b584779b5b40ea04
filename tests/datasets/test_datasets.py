"""The embedded reviews: distinct, balanced, the same bytes each time, with held-out pairs."""

import hashlib
import time

import pytest

from recipes.datasets import draw as datasets_draw
from recipes.datasets import grammar_reviews
from recipes.sentiment import sources


@pytest.fixture(scope="module")
def splits():
    return {split: list(grammar_reviews.reviews(split)) for split in grammar_reviews.SIZES}


def test_sizes_balance_and_distinctness(splits):
    texts = [text for pairs in splits.values() for text, _ in pairs]
    assert len(texts) == len(set(texts)) >= 20_000
    for split, pairs in splits.items():
        assert len(pairs) == grammar_reviews.SIZES[split]
        assert sum(label for _, label in pairs) * 2 == len(pairs)


def pairs_of(text):
    """The pairs of aspect and adjective that one clause holds, read back from the words."""
    adjectives = set(grammar_reviews.POSITIVE) | set(grammar_reviews.NEGATIVE)
    aspects = [aspect for group in grammar_reviews.ASPECTS.values() for aspect in group]
    for clause in text.replace(",", ".").replace(";", ".").split("."):
        for half in clause.split(" the ")[0:]:
            for aspect in aspects:
                if half.removeprefix("the ").startswith(f"{aspect} was "):
                    yield aspect, next((word for word in half.split() if word in adjectives), None)


def test_held_out_pairs_stay_out_of_training(splits):
    for split in ("train", "validation"):
        for text, _ in splits[split]:
            for aspect, adjective in pairs_of(text):
                assert adjective is None or not grammar_reviews.is_held_out(aspect, adjective), text
    seen = sum(
        any(adjective and grammar_reviews.is_held_out(aspect, adjective)
            for aspect, adjective in pairs_of(text))
        for text, _ in splits["test"]
    )  # fmt: skip
    assert seen > 0.5 * len(splits["test"])


def test_the_same_words_in_another_order_mean_the_opposite():
    draw = datasets_draw.Draw(0)
    good, _ = grammar_reviews.clause(draw, "film", 1)
    bad, _ = grammar_reviews.clause(draw, "film", 0)
    for template in grammar_reviews.SECOND_DECIDES + grammar_reviews.FIRST_DECIDES:
        one, other = template.format(good, bad), template.format(bad, good)
        assert sorted(one.split()) == sorted(other.split())


def test_prepared_in_seconds_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        started = time.process_time()
        tables = sources.labelled_texts("grammar_reviews", str(tmp_path / name))
        assert time.process_time() - started < 20  # 10 s is asked of a quiet machine
        assert {split: len(rows) for split, rows in tables.items()} == grammar_reviews.SIZES
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
