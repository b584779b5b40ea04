"""Parts of data: rows are divided and summed up by their key, in whatever order the fields are."""

import dataclasses

from recipes.common.data import splits


@dataclasses.dataclass(frozen=True)
class Usual(splits.Rows):
    KEY, PAYLOAD = "texts", "labels"

    texts: list[str]
    labels: list[str]
    places: list[str]


@dataclasses.dataclass(frozen=True)
class Turned(splits.Rows):
    KEY, PAYLOAD = "texts", "labels"

    places: list[str]
    notes: list[str] = dataclasses.field(default_factory=list)
    labels: list[str] = dataclasses.field(default_factory=list)
    texts: list[str] = dataclasses.field(default_factory=list)


ROWS = [(1, "a", "x"), (2, "b", "y"), (4, "a", "z")]


def test_rows_are_divided_by_their_key():
    usual = Usual.of("file", ROWS, "line")
    turned = Turned(usual.places, ["", "", ""], usual.labels, usual.texts)
    for rows in (usual, turned):
        others, these = rows.divide({"a"})
        assert (others.texts, others.labels) == (["b"], ["y"])
        assert (these.texts, these.labels) == (["a", "a"], ["x", "z"])
        assert these.places == ["file, line 1", "file, line 4"]
        joined = others.join(these)
        assert (joined.key, joined.payload) == (["b", "a", "a"], ["y", "x", "z"])
        assert len(joined) == 3


def test_a_digest_is_of_keys_and_payloads():
    """The very one that runs have in their `data.json` for ever."""
    usual = Usual.of("file", ROWS)
    turned = Turned(usual.places, ["1", "2", "3"], usual.labels, usual.texts)
    expected = "1ba5c135d3b721263b888d620c116df35afb6e086bc16110dadadf4baf303683"
    assert splits.digest({"train": usual}) == splits.digest({"train": turned}) == expected
