"""The embedded sentence pairs: right French, the same bytes each time, with held-out pairs."""

import collections
import hashlib
import itertools
import pathlib
import re
import time

import pytest

from recipes.common.data import catalog
from recipes.datasets import draw as datasets_draw
from recipes.datasets import grammar_pairs
from recipes.datasets.french import forms, lexicon, phrases, sentences

NUMBERS = {forms.english_number(number): number for number in range(2, 100)}
ADJECTIVES = {adjective.english: adjective for adjective in forms.ADJECTIVES}
SINGULARS = {form: noun.english[0] for noun in forms.NOUNS for form in noun.english}
BASES = {form: verb.base for verb in forms.VERBS for form in verb[:3] if form}
PARTICLES = {(form, verb.particle) for verb in forms.VERBS for form in verb[:3]}
NOUN_COMES = {*"the this these my his her our their a an some any every many".split()}
NOUN_COMES |= ADJECTIVES.keys() | NUMBERS.keys()
VOWELS = "aeiouyhâéèêîôœ"
DIGESTS = {
    "train": "20f1eb96ef82a643",
    "validation": "11655525bb4814a0",
    "test": "a80223a8146f8303",
    "long": "d4251560b6dd6a5a",
}
ASPIRATED = {"héros", "hibou", "hiboux", "hache", "haches", "huit", "onze"}


@pytest.fixture(scope="module")
def splits():
    return {split: list(grammar_pairs.pairs(split)) for split in grammar_pairs.SIZES}


@pytest.fixture(scope="module")
def table(splits):
    return {english: french for pairs in splits.values() for english, french in pairs}


def test_sizes_and_distinctness(splits, table):
    assert {split: len(pairs) for split, pairs in splits.items()} == grammar_pairs.SIZES
    assert len(splits["train"]) >= 20_000
    assert len(table) == sum(grammar_pairs.SIZES.values())
    assert set(grammar_pairs.derivations()) == set(grammar_pairs.SIZES)


def forget():
    """Have the lists made anew that are made from the lexicon at their first use."""
    for made in (forms.nouns_of, forms.adjectives_of, sentences.predicates_of):
        made.cache_clear()


@pytest.fixture
def few_words(monkeypatch):
    """A lexicon so small that the same English sentence comes again and again."""
    nouns = "king aunt boy dog bee table axe tree flower apple egg church castle".split()
    adjectives = "small old pretty red green sick sad tired dirty white good".split()
    verbs = "see find look love give speak go sleep come".split()
    few_nouns = [noun for noun in forms.NOUNS if noun.english[0] in nouns]
    few = [adjective for adjective in forms.ADJECTIVES if adjective.english in adjectives]
    monkeypatch.setattr(forms, "NOUNS", few_nouns)
    monkeypatch.setattr(forms, "ADJECTIVES", few)
    forget()
    for module in (phrases, sentences):
        monkeypatch.setattr(module, "NOUNS", few_nouns)
        monkeypatch.setattr(module, "PEOPLE", forms.nouns_of(phrases.PERSON))
    monkeypatch.setattr(phrases, "ANIMALS", forms.nouns_of(phrases.ANIMAL))
    for name in ("TRANSITIVE", "SEPARABLE", "OBLIQUE", "INTRANSITIVE"):
        kept = [verb for verb in getattr(sentences, name) if verb.base in verbs]
        monkeypatch.setattr(sentences, name, kept)
    monkeypatch.setattr(lexicon, "NAMES", {"anne": "f", "paul": "m"})
    yield
    forget()


def test_an_english_sentence_has_one_french_one(few_words):
    draw, found = datasets_draw.Draw("again"), {}
    for _ in range(40_000):
        english, french, _ = grammar_pairs.sentence(draw)
        assert found.setdefault(english, french) == french, english
    assert 40_000 - len(found) > 1_000, "few sentences came twice, so little was tested"


def test_lengths(splits):
    lengths = {
        split: [len(english.split()) for english, _ in pairs] for split, pairs in splits.items()
    }
    means = {split: sum(counts) / len(counts) for split, counts in lengths.items()}
    assert min(lengths["train"]) == 5
    assert max(lengths["train"]) == 14
    assert abs(means["test"] - means["train"]) < 0.2
    assert abs(means["validation"] - means["train"]) < 0.2
    assert min(lengths["long"]) == 15
    assert max(lengths["long"]) == 28
    assert len(set(lengths["long"])) == 14


def test_vocabulary_is_small_and_known_from_training(splits):
    known = [{word for pair in splits["train"] for word in pair[side].split()} for side in (0, 1)]
    assert 250 < len(known[0]) < 400
    for split in ("validation", "test", "long"):
        for pair in splits[split]:
            assert set(pair[0].split()) <= known[0], pair
    new = [pair for pair in splits["test"] if not set(pair[1].split()) <= known[1]]
    assert len(new) < 0.005 * len(splits["test"])


def read_combinations(english):
    """Pairs of a word and the noun beside it, read from the words of a sentence."""
    words = english.split()
    for place, word in enumerate(words):
        if word in SINGULARS:
            before = place - 1
            while words[before] in ADJECTIVES:
                yield words[before], SINGULARS[word]
                before -= 1
            if words[before] in NUMBERS:
                yield words[before], SINGULARS[word]
        if word in BASES:
            start = after = place + 1 + ((word, words[place + 1]) in PARTICLES)
            while words[after] in NOUN_COMES or words[after].endswith("'s"):
                after += 1
            if after > start and words[after] in SINGULARS:
                yield BASES[word], SINGULARS[words[after]]


def test_combinations_read_from_the_words_are_those_of_the_derivation():
    for derived in grammar_pairs.derivations().values():
        for english, _, combined in derived:
            assert set(read_combinations(english)) <= set(combined), english


def test_held_out_combinations_stay_out_of_training(splits):
    for split in ("train", "validation", "long"):
        for english, _ in splits[split]:
            assert not any(grammar_pairs.is_held_out(*pair) for pair in read_combinations(english))
        for english, _, combined in grammar_pairs.derivations()[split]:
            assert not any(grammar_pairs.is_held_out(*pair) for pair in combined), english
    read = 0
    for english, _, combined in grammar_pairs.derivations()["test"]:
        assert any(grammar_pairs.is_held_out(*pair) for pair in combined), english
        read += any(grammar_pairs.is_held_out(*pair) for pair in read_combinations(english))
    assert read > 0.7 * len(splits["test"])


def test_held_out_words_are_known_from_other_combinations(splits):
    seen = collections.Counter(
        word
        for _, _, combined in grammar_pairs.derivations()["train"]
        for pair in combined
        for word in pair
    )
    for _, _, combined in grammar_pairs.derivations()["test"]:
        assert all(seen[word] >= 10 for pair in combined for word in pair)


def test_elision_and_contraction(table):
    for french in table.values():
        words = french.split()
        for word, following in itertools.pairwise(words):
            vowel = following[0] in VOWELS and following not in ASPIRATED
            if word in ("le", "la", "de", "ne", "que", "je", "me", "ce", "ma", "sa"):
                assert not vowel, french
            if word in ("cet", "bel", "nouvel", "vieil"):
                assert vowel, french
        for before, after in re.findall(r"(\w+)'(\w+)", french):
            assert before in ("l", "d", "n", "qu", "j", "m", "s"), french
            assert after[0] in VOWELS, french
            assert after not in ASPIRATED, french
        for apart in ("de le", "de les", "de des", "à le", "à les", "si il", "des de"):
            assert f" {apart} " not in french, french


def test_english_articles(table):
    for english in table:
        assert not re.search(r"\ba (?:[aeiou]|honest)|\ban (?!honest)[^aeiou]", english), english


def test_golden_sentences(table):
    """Sentences of the splits, each of which has been read with care."""
    golden = pathlib.Path(__file__).with_name("grammar_pairs.txt")
    lines = golden.read_text(encoding="utf-8").splitlines()
    assert len(lines) > 2 * 100
    for english, french in zip(lines[::2], lines[1::2], strict=True):
        assert table[english] == french


def test_the_sentences_are_always_the_same(splits):
    digests = {}
    for split, pairs in splits.items():
        text = "\n".join(f"{english}\t{french}" for english, french in pairs)
        digests[split] = hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]
    assert digests == DIGESTS


def test_prepared_in_seconds_small_and_byte_identical(tmp_path):
    digests = []
    for name in ("first", "second"):
        grammar_pairs.derivations.cache_clear()
        started = time.process_time()
        grammar_pairs.derivations()
        assert time.process_time() - started < 10
        builder = grammar_pairs.GrammarPairs(data_dir=str(tmp_path / name))
        catalog.prepare(builder, "grammar_pairs")
        assert {name: split.num_examples for name, split in builder.info.splits.items()} == (
            grammar_pairs.SIZES
        )
        assert builder.info.supervised_keys == ("en", "fr")
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        assert sum(path.stat().st_size for path in files) < 10_000_000
        digests.append(
            [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
        )
    assert digests[0] == digests[1]
    examples = builder.as_dataset(split="test", shuffle_files=False).as_numpy_iterator()
    read = {example["en"].decode(): example["fr"].decode() for example in examples}
    assert read == dict(grammar_pairs.pairs("test"))
