"""Columns of TSV files: the two of sentences are told from the others, or asked for."""

import json

import pytest

from recipes.common import config as configs
from recipes.common.errors import UserError
from recipes.translation import sources
from recipes.translation.config import Config

EN = [f"sentence number {i} ." for i in range(40)]
FR = [f"phrase numéro {i} ." for i in range(40)]
LICENCES = [
    f"CC-BY 2.0 (France) Attribution: tatoeba.org #{i} (CM) & #9{i} (Wit)" for i in range(40)
]


def write(path, *columns):
    rows = zip(*columns, strict=True)
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def pairs_of(data, **options):
    part = sources.load_one(data, Config(**options))
    return list(zip(part.sources, part.targets, strict=True))


PAIRS = list(zip(EN, FR, strict=True))
OTHERS = {
    "numbers": [f"{i}.5" for i in range(40)],
    "addresses": [f"https://tatoeba.org/en/sentences/show/{i}" for i in range(40)],
    "licences": LICENCES,
    "identifiers": [f"news-{i:04}.txt" for i in range(40)],
    "few values": ["eng", "fra"] * 20,
    "empty": [""] * 39 + ["odd"],
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_column_of_another_kind_is_passed_over_and_told(kind, place, tmp_path, capsys):
    columns = [EN, FR]
    columns.insert(place, OTHERS[kind])
    data = write(tmp_path / "wide.tsv", *columns)
    assert pairs_of(data, bad_share=0.1) == PAIRS
    (line,) = capsys.readouterr().err.splitlines()
    assert f"not used: {place + 1} ({kind})" in line


def test_tatoebas_download_has_the_sentences_in_its_second_and_fourth_column(tmp_path, capsys):
    data = write(tmp_path / "tatoeba.tsv", range(1276, 1316), EN, range(3091, 3131), FR)
    assert pairs_of(data) == PAIRS
    assert "sources in column 2, targets in column 4" in capsys.readouterr().err
    assert pairs_of(data, reverse=True)[0] == (FR[0], EN[0])
    capsys.readouterr()
    assert pairs_of(data, source_column=4, target_column=2)[0] == (FR[0], EN[0])
    assert capsys.readouterr().err == "", "nothing is recognised where all is said"


@pytest.mark.parametrize(
    "columns", [(EN, FR, [f"Satz Nummer {i} ." for i in range(40)]), (range(40), EN, range(40))]
)
def test_a_file_with_more_or_fewer_columns_of_sentences_is_asked_about(columns, tmp_path):
    data = write(tmp_path / "odd.tsv", *columns)
    with pytest.raises(UserError, match=r"has 3 columns \(1 '.*--source-column 1") as caught:
        sources.load(Config(data=data))
    assert "\n" not in str(caught.value)
    assert pairs_of(data, source_column=3, target_column=2)[0] == (
        str(columns[2][0]),
        columns[1][0],
    )


def test_two_columns_are_taken_as_they_stand(tmp_path, capsys):
    numbers = write(tmp_path / "numbers.tsv", range(40), EN)
    assert pairs_of(numbers)[7] == ("7", EN[7])
    assert pairs_of(numbers, source_column=2, target_column=4)[7] == ("7", EN[7])
    assert pairs_of(numbers, source_column=2, target_column=1)[7] == (EN[7], "7")
    assert capsys.readouterr().err == ""


def test_columns_that_are_not_there_or_contradict_each_other(tmp_path):
    data = write(tmp_path / "wide.tsv", range(40), EN, FR)
    with pytest.raises(UserError, match=r"has 3 columns; --source-column .* name 2 and 4"):
        pairs_of(data, source_column=2, target_column=4)
    for source, target, message in ((2, 0, "given together"), (3, 3, "must differ; both are 3")):
        with pytest.raises(UserError, match=message):
            Config(source_column=source, target_column=target).check()


def test_rows_that_lack_a_column_are_named(tmp_path):
    data = write(tmp_path / "wide.tsv", range(40), EN, range(40), FR)
    with open(data, "a", encoding="utf-8") as file:
        file.write("41\tlonely\n")
    with pytest.raises(UserError, match="line 41 lacks its column 4"):
        pairs_of(data)
    assert len(pairs_of(data, bad_share=0.1)) == 40


# Tables with names: CSV with a header line, JSON lines, and lists of JSON.

NAMED = {
    "kaggle.csv": [
        "English words/sentences,French words/sentences",
        '"Go, now.",Va !',
        "Hi.,Salut.",
    ],
    "excel.csv": ["en;fr", '"Go, now.";Va !', "Hi.;Salut."],
    "plain.csv": ['"Go, now.",Va !', "Hi.,Salut."],
    "headed.tsv": ["source\ttarget", "Go, now.\tVa !", "Hi.\tSalut."],
    "flat.jsonl": [
        '{"source": "Go, now.", "target": "Va !"}',
        '{"target": "Salut.", "source": "Hi."}',
    ],
    "turned.jsonl": [
        '{"target": "Va !", "source": "Go, now."}',
        "",
        '{"source": "Hi.", "target": "Salut."}',
    ],
    "nested.jsonl": [
        '{"id": "0", "translation": {"en": "Go, now.", "fr": "Va !"}}',
        '{"id": "1", "translation": {"en": "Hi.", "fr": "Salut."}}',
    ],
    "list.json": ['[{"en": "Go, now.", "fr": "Va !"},', '{"en": "Hi.", "fr": "Salut."}]'],
}


@pytest.mark.parametrize("name", NAMED)
def test_a_table_with_names_is_read_as_it_is(name, tmp_path):
    (tmp_path / name).write_text("\n".join(NAMED[name]) + "\n", encoding="utf-8")
    assert pairs_of(str(tmp_path / name)) == [("Go, now.", "Va !"), ("Hi.", "Salut.")]


def test_columns_are_named_where_the_file_has_names(tmp_path, capsys):
    rows = [
        f'{{"id": {i}, "translation": {{"en": "{EN[i]}", "fr": "{FR[i]}", "de": "Satz {i} ."}}}}'
        for i in range(40)
    ]
    (tmp_path / "three.jsonl").write_text("\n".join(rows), encoding="utf-8")
    data = str(tmp_path / "three.jsonl")
    with pytest.raises(UserError, match="--source-column id --target-column translation"):
        pairs_of(data)
    turned = [(fr, en) for en, fr in PAIRS]
    assert pairs_of(data, source_column="fr", target_column="translation.en") == turned
    assert pairs_of(data, source_column=3, target_column=2) == turned
    with pytest.raises(UserError, match=r"no column 'es' \(it has id, translation.en"):
        pairs_of(data, source_column="es", target_column="en")
    headed = write(tmp_path / "odd.tsv", ["left", *EN], ["right", *FR], ["note", *EN])
    assert pairs_of(headed, source_column="right", target_column="left") == turned
    assert pairs_of(headed, source_column="2", target_column=1) == [("right", "left"), *turned]


def test_more_columns_with_names_are_told_by_them(tmp_path, capsys):
    data = write(tmp_path / "wide.tsv", ["id", *range(40)], ["en", *EN], ["fr", *FR])
    assert pairs_of(data) == PAIRS
    assert "column en, targets in column fr; not used: id (numbers)" in capsys.readouterr().err


def test_settings_of_older_runs_name_columns_by_number(tmp_path):
    for value in ("2", '"en"'):
        (tmp_path / "config.json").write_text(f'{{"source_column": {value}, "target_column": 1}}')
        assert configs.read(tmp_path / "config.json", Config).source_column == json.loads(value)
    (tmp_path / "config.json").write_text('{"source_column": [2], "target_column": 1}')
    with pytest.raises(UserError, match="--source-column must be a number from 1 or a name"):
        configs.read(tmp_path / "config.json", Config)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"en": "a", "fr": "b"}', "{'en'}"], r"Line 2 of .*bad.jsonl is not JSON"),
        (['["a", "b"]'], r"Line 1 of .*bad.jsonl is no JSON object"),
        (['{"en": "a"}'], r"has one column \(no key in any object"),
        (['{"en": "a", "fr": "b"}', '{"en": "a"}'], r"object 2 lacks its column 'fr'"),
        (['{"en": ["a"]}'], "have no texts in them"),
    ],
)
def test_json_lines_that_are_no_pairs(lines, message, tmp_path):
    (tmp_path / "bad.jsonl").write_text("\n".join(lines))
    with pytest.raises(UserError, match=message):
        pairs_of(str(tmp_path / "bad.jsonl"))


def test_files_of_another_encoding(tmp_path):
    for name, side in (("a.en", "cold\ncoffee\n"), ("a.fr", "froid\ncaf\u00e9 \u0153uvre\n")):
        (tmp_path / name).write_bytes(side.encode("cp1252"))
    data = f"{tmp_path / 'a.en'},{tmp_path / 'a.fr'}"
    assert pairs_of(data, encoding="cp1252")[1] == ("coffee", "caf\u00e9 \u0153uvre")
    with pytest.raises(UserError, match=r"a\.fr is not UTF-8: line 2"):
        pairs_of(data)
    with pytest.raises(UserError, match="--encoding cp9 is no encoding"):
        pairs_of(data, encoding="cp9")
