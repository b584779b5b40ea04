"""Sentence pairs: every way in, every bad input in one sentence, parts that share no source."""

import dataclasses
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.common.data import splits
from recipes.common.errors import UserError
from recipes.translation import sources
from recipes.translation.config import Config

DE = [f"satz nummer {i}" for i in range(40)]
EN = [f"sentence number {i}" for i in range(40)]
TSV = "".join(f"{de}\t{en}\n" for de, en in zip(DE, EN, strict=True))


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def parallel(folder, left, right):
    paths = [write(folder / name, side) for name, side in (("a.de", left), ("a.en", right))]
    return ",".join(paths)


def refused(data, *words, **options):
    with pytest.raises(UserError) as caught:
        sources.load(Config(data=data, **options))
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def pairs_of(part):
    return list(zip(part.sources, part.targets, strict=True))


def test_the_same_pairs_come_from_one_file_or_two_packed_or_not(tmp_path):
    tsv = write(tmp_path / "pairs.tsv", TSV)
    packed = write(tmp_path / "packed.tsv.gz", gzip.compress(TSV.encode()))
    wide = write(tmp_path / "wide.tsv", TSV.replace("\n", "\tCC-BY 2.0 (France)\r\n") + "\n\n")
    two = parallel(tmp_path, "\ufeff" + "\n".join(DE), "\r\n".join(EN) + "\r\n")
    whole = sources.load_one(tsv, Config())
    assert pairs_of(whole) == list(zip(DE, EN, strict=True))
    assert whole.places[6] == f"{tsv}, line 7"
    digests = {sources.load(Config(data=data))[1] for data in (tsv, packed, wide, two)}
    assert len(digests) == 1
    assert sources.load(Config(data=tsv, seed=5))[1] in digests
    assert sources.load(Config(data=tsv, reverse=True))[1] not in digests
    turned = sources.load_one(two, Config(reverse=True))
    assert pairs_of(turned) == list(zip(EN, DE, strict=True))


def test_only_line_feeds_end_a_line(tmp_path):
    odd = ["un\u00a0espace", "une\u2028ligne", "des\x0bmots\x85l\u00e0", "fin"]
    data = parallel(tmp_path, "\n".join(odd), "\n".join("abcd"))
    assert pairs_of(sources.load_one(data, Config())) == list(zip(odd, "abcd", strict=True))


@pytest.mark.parametrize("kind", ["tsv", "parallel"])
def test_carriage_returns_alone_end_lines_where_there_is_no_line_feed(kind, tmp_path):
    if kind == "tsv":
        data = write(tmp_path / "mac.tsv", TSV.replace("\n", "\r"))
    else:
        data = parallel(tmp_path, "\r".join(DE), "\r".join(EN) + "\r")
    assert pairs_of(sources.load_one(data, Config())) == list(zip(DE, EN, strict=True))


def test_named_parts_win_over_the_training(tmp_path, capsys):
    rows = TSV.splitlines(keepends=True)
    data = write(tmp_path / "train.tsv", TSV)
    test = write(tmp_path / "test.tsv", "".join(rows[:6]))
    validation = parallel(tmp_path, "\n".join(DE[4:12]), "\n".join(EN[4:12]))
    parts, _ = sources.load(Config(data=data, validation=validation, test=test))
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 28, "validation": 6, "test": 6,
    }  # fmt: skip
    assert "Left out 12 examples" in capsys.readouterr().err


some_rows = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 9)), min_size=20, max_size=80)


@settings(max_examples=60, deadline=None)
@given(some_rows, st.sampled_from(["hash", "last"]), st.booleans())
def test_parts_split_off_never_share_a_source(tmp_path_factory, drawn, holdout, reverse):
    lines = [f"wort {left}\tword {right}" for left, right in drawn]
    lines += [f"wort 100{i}\tword 100{i}" for i in range(10)]
    data = write(tmp_path_factory.mktemp("pairs") / "pairs.tsv", "\n".join(lines))
    parts, sha256 = sources.load(Config(data=data, holdout=holdout, reverse=reverse))
    assert list(parts) == ["train", "validation", "test"]
    seen = [set(part.sources) for part in parts.values()]
    assert sum(map(len, seen)) == len(set.union(*seen))
    together = sorted(pair for part in parts.values() for pair in pairs_of(part))
    halves = [tuple(line.split("\t")[:: -1 if reverse else 1]) for line in lines]
    assert together == sorted(halves)
    assert len(seen[2]) == max(1, round(0.1 * len(set.union(*seen))))
    assert sha256 == splits.digest(parts)
    if holdout == "last":
        assert seen[2] == set(list(dict.fromkeys(source for source, _ in halves))[-len(seen[2]) :])


def test_a_pair_is_split_off_by_its_source_alone(tmp_path):
    """Other pairs around it, another order or another translation move no sentence."""
    first, _ = sources.load(Config(data=write(tmp_path / "a.tsv", TSV)))
    lines = [line.replace("sentence", "phrase") for line in reversed(TSV.splitlines())]
    second, _ = sources.load(Config(data=write(tmp_path / "b.tsv", "\n".join(lines))))
    assert set(first["test"].sources) == set(second["test"].sources)
    assert set(first["validation"].sources) == set(second["validation"].sources)


FILES = {
    "empty.tsv": ("", ["empty.tsv is empty", "a sentence and its translation"]),
    "blank.tsv": ("\n \n", ["blank.tsv is empty"]),
    "one_column.tsv": ("hallo\nwelt\n", ["one_column.tsv has one column", "train.de,train.en"]),
    "no_tab.tsv": (f"{TSV}lonely\n" * 2, ["2 of 82 rows", "line 41 lacks its second column"]),
    "no_target.tsv": (f"{TSV}hallo\t \n", ["1 of 41", "line 41 is empty in its second column"]),
    "no_source.tsv": (f"{TSV}\thello\n", ["line 41 is empty in its first column"]),
    "nul.tsv": (f"{TSV}hal\0lo\thello\n", ["line 41 has a NUL byte in its first column"]),
    "long.tsv": (
        f"{TSV}hallo\t{'word ' * 5000}\n",
        ["line 41 has 5,000 words in its second column (at most 1,000 are used)"],
    ),
    "cp1252.tsv": (
        TSV.encode() + "caf\u00e9\tcoffee\n".encode("cp1252"),
        ["cp1252.tsv is not UTF-8", "line 41", "0xe9", "byte 4"],
    ),
    "utf16.tsv": (TSV.encode("utf-16"), ["utf16.tsv is UTF-16"]),
    "cut.tsv.gz": (gzip.compress(TSV.encode())[:-20], ["cut.tsv.gz", "damaged"]),
    "one_pair.tsv": ("hallo\thello\n", ["one_pair.tsv has too few distinct examples"]),
    "one_source.tsv": ("hallo\thello\n" * 30, ["one_source.tsv has too few distinct examples"]),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_bad_files(name, tmp_path):
    content, words = FILES[name]
    refused(write(tmp_path / name, content), *words)


def test_parallel_files_that_do_not_fit(tmp_path):
    de, en = ("".join(f"{line}\n" for line in side) for side in (DE, EN))
    refused(parallel(tmp_path, de * 30, en * 30 + "one\n"), "a.de has 1,200 lines", "a.en has 1,20")
    refused(parallel(tmp_path, de, ""), "a.en is empty")
    message = ["1 of 41 rows of", "a.de and ", "line 41 is empty in ", "a.en", "--bad-share"]
    refused(parallel(tmp_path, f"{de}hallo\n", f"{en}\n"), *message)
    refused(parallel(tmp_path, f"{de}ha\0llo\n", f"{en}x\n"), "line 41 has a NUL byte in ", "a.de")
    both = f"{de}\n", f"{en}{'x ' * 1001}\n"
    refused(parallel(tmp_path, *both), "a.de and has 1,001 words in ", "at most 1,000")


def test_a_sentence_of_exactly_the_longest_length_is_used(tmp_path):
    data = parallel(tmp_path, "wort " * 1000 + "\nb\n", "word\nb\n")
    assert len(sources.load_one(data, Config())) == 2


def test_files_that_are_not_there_or_twice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parallel(tmp_path, "\n".join(DE), "\n".join(EN))
    write(tmp_path / "pairs.tsv", TSV)
    (tmp_path / "link.tsv").symlink_to("pairs.tsv")
    refused("no.tsv", "There is no file no.tsv")
    refused("a.de,no.en", "There is no file no.en")
    refused("pairs.tsv", "There is no file val", validation="val")
    refused(str(tmp_path), "is a directory")
    refused(f"a.de,{tmp_path}", "is a directory")
    refused("a.de,a.en,a.fr", "names 3 file(s)", "train.de,train.en")
    refused("a.de,", "names 1 file(s)")
    refused("a.de,./a.de", "./a.de is named twice (--data)")
    refused("pairs.tsv", "pairs.tsv is named twice (--data and --test)", test="pairs.tsv")
    refused("pairs.tsv", "link.tsv is named twice (--data and --validation)", validation="link.tsv")
    for data in ("no.tsv", "a.de,no.en", "a.de,a.en,a.fr"):
        with pytest.raises(UserError):
            sources.load_one(data, Config())


def test_a_file_with_a_comma_in_its_name_is_one_file(tmp_path):
    data = write(tmp_path / "de,en.tsv", TSV)
    assert len(sources.load_one(data, Config())) == 40


def test_a_few_bad_lines_are_counted_and_skipped_in_both_files(tmp_path, capsys):
    data = parallel(tmp_path, "\n".join(["x", *DE]), "\n".join(["", *EN]))
    part = sources.load_one(data, Config(bad_share=0.05))
    assert pairs_of(part) == list(zip(DE, EN, strict=True))
    assert part.places[0].endswith("a.de, line 2")
    said = capsys.readouterr().err
    assert "Skipped: 1 of 41 rows of" in said
    assert "line 1 is empty in" in said


def set_of_pairs(monkeypatch, **tables):
    numbered = {
        name: [(i, *row) for i, row in enumerate(rows, start=1)] for name, rows in tables.items()
    }
    monkeypatch.setattr(sources, "read_pairs", lambda name, data_dir: numbered)


def test_sets_keep_their_parts_and_the_further_ones(monkeypatch):
    rows = list(zip(DE, EN, strict=True))
    tables = {"train": rows[:20], "validation": rows[20:24], "long": rows[24:30]}
    set_of_pairs(monkeypatch, **tables, test=rows[30:])
    parts, _ = sources.load(Config(data="any_set"))
    assert list(parts) == ["train", "validation", "test", "long"]
    assert pairs_of(parts["long"]) == rows[24:30]
    assert parts["long"].places[0] == "any_set, example 1"
    assert pairs_of(sources.load_one("any_set", Config(reverse=True)))[0] == (EN[30], DE[30])


def test_sets_of_which_parts_are_missing(monkeypatch, tmp_path):
    rows = list(zip(DE, EN, strict=True))
    set_of_pairs(monkeypatch, train=rows[:30], validation=rows[30:])
    parts, _ = sources.load(Config(data="any_set"))
    assert pairs_of(parts["test"]) == rows[30:]
    assert len(parts["validation"]) == 3
    test = write(tmp_path / "test.tsv", "hallo\thello\n")
    parts, _ = sources.load(Config(data="any_set", test=test))
    assert pairs_of(parts["validation"]) == rows[30:]
    assert pairs_of(parts["test"]) == [("hallo", "hello")]
    set_of_pairs(monkeypatch, test=rows)
    refused("any_set", "any_set has no training part")
    set_of_pairs(monkeypatch, train=[*rows, ("", "hello")])
    refused(
        "any_set", "1 of 41 examples of any_set (train)", "example 41 is empty in its first text"
    )


def test_catalogue_names_that_are_none_or_have_no_pairs(tmp_path):
    refused("ted_hrlr_translate/pt_too_en", "the catalogue does not take this name")
    refused("ted_hrlr", "neither a file nor a name of the catalogue", "ted_hrlr_translate")
    refused("mnist", "mnist has no pairs of texts; it has image, label", data_dir=str(tmp_path))


def test_where_the_features_of_a_set_have_the_pair():
    import tensorflow_datasets as tfds

    @dataclasses.dataclass
    class Info:
        features: dict
        supervised_keys: tuple | None = None

    def keys(features, supervised=None):
        return sources._pair_keys("any_set", Info(tfds.features.FeaturesDict(features), supervised))

    plain = {"fr": tfds.features.Text(), "en": tfds.features.Text()}
    translation = tfds.features.Translation(["de", "fr"])
    assert keys(plain, ("en", "fr")) == (None, "en", "fr")
    assert keys({"id": plain["en"], "both": translation}) == ("both", "de", "fr")
    assert sources._pair_keys("any_set", Info(translation, ("fr", "de"))) == (None, "fr", "de")
    assert sources._pair_keys("any_set", Info(translation)) == (None, "de", "fr")
    labelled = {"text": tfds.features.Text(), "label": tfds.features.ClassLabel(num_classes=2)}
    for arguments in ((plain,), (labelled, ("text", "label"))):
        with pytest.raises(UserError, match="any_set has no pairs of texts"):
            keys(*arguments)
