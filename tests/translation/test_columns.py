"""Columns of TSV files: the two of sentences are told from the others, or asked for."""

import pytest

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
