"""The names recipe: figures, new names from starts, blends of a run, exports, earlier runs."""

import io
import json
import math
import subprocess
import sys

import numpy as np
import pytest

import recipes
import zoo
from recipes.common.run import Run
from recipes.common.text import ngrams
from recipes.names import baselines, data, measure, sources, writing
from recipes.names.characters import Characters
from recipes.names.config import Config
from recipes.names.data import training_names
from recipes.names.network import Network
from recipes.names.trained import restore
from tests.contracts.test_recipes import answer


@pytest.fixture(scope="module")
def run(finished):
    return Run.reopen(finished("names"), "names", Config)


@pytest.fixture
def ask(finished, run_recipe):
    return lambda verb, *options: run_recipe(
        verb, "--run", finished("names"), *options, recipe="names"
    )


def test_novelty_validity_and_duplicates_by_hand():
    found = measure.quality(["anna", "ann", "ann", "bo"], {"anna", "hann"})
    # ^an ann nna na$ | ^an ann nn$ | ^an ann nn$ | ^bo bo$, of which ^bo and bo$ are unknown.
    assert found == {"novelty": 3 / 4, "validity": 10 / 12, "duplicates": 1 / 4}
    assert measure.likelihood(7.0, ["anna", "bo"]) == {
        "crossentropy": 7 / 8, "bits": 7 / 8 / math.log(2)
    }  # fmt: skip


def test_a_run_has_likelihood_and_quality_beside_n_grams(finished):
    metrics = json.loads((finished("names") / "metrics.json").read_text())
    names = {"crossentropy", "bits", "novelty", "validity", "duplicates"}
    assert set(metrics["test"]) == names
    assert set(metrics["baselines"]["kneser_ney"]) == names | {"order"}
    assert metrics["held_out_names"]["novelty"] == 1
    page = (finished("names") / "report.md").read_text(encoding="utf-8")
    assert "n-grams of order" in page
    assert (finished("names") / "next_characters.png").stat().st_size


def test_the_likelihood_is_that_of_whole_names_with_their_ends(run, finished):
    """Summed over names, divided by the count: the same as of the network and for any batch."""
    network = restore(run).network
    parts, _ = sources.load(run.config)
    names = parts["test"].names
    outputs = np.zeros((len(names), 30), np.int32)
    for row, name in zip(outputs, names, strict=True):
        row[: len(name) + 1] = [*network.characters.encode(name), 3]
    begin = np.full((len(names), 1), 2)
    expected = -zoo.score(network.model, {"tokens": begin}, outputs)
    np.testing.assert_allclose(network.nats(names), expected, rtol=1e-4)
    total = expected.sum() / sum(len(name) + 1 for name in names)
    metrics = json.loads((finished("names") / "metrics.json").read_text())
    assert metrics["test"]["crossentropy"] == pytest.approx(total, rel=1e-4)


def test_n_grams_draw_names_as_they_rate_them():
    characters = Characters("ab")
    ids, starts = characters.documents(["ab"] * 60 + ["b"] * 40)
    model = ngrams.KneserNey.fit(ids, starts, 3, len(characters), 3)
    drawn = baselines.sample(model, characters, 2000, 8)
    share = {name: drawn.count(name) / 2000 for name in ("ab", "b")}
    for name, found in share.items():
        total, _ = model.nats(*characters.documents([name]))
        assert found == pytest.approx(math.exp(-total), abs=0.05)
    assert "" not in drawn


def test_predict_writes_different_new_names_for_each_start(ask, run):
    found = answer(ask("predict", "--start", "Br", "--count", "7", "--json", "\u00c9", "Zo"))
    rows = found["predictions"]
    assert [row["start"] for row in rows] == ["Br", "\u00c9", "Zo"]
    known = training_names(run)
    for row in rows:
        names = [name["name"] for name in row["names"]]
        assert len(set(names)) == 7
        assert all(name.startswith(row["start"]) for name in names)
        assert not known & {name.lower() for name in names}
        assert all(name["nats"] > 0 for name in row["names"])
    status, out, err = ask("predict", "--count", "3", "--seed", "5", "--temperature", "0.5")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert len(set(lines)) == 3
    assert ask("predict", "--count", "3", "--seed", "6", "--temperature", "0.5")[1] != out
    assert all(line[0].isupper() for line in lines)


def test_names_of_two_starts_go_on_each_in_its_own_way(ask):
    _, out, _ = ask("predict", "--count", "5", "--known", "--seed", "3", "Ab", "Ac")
    first, second = out.split()[:5], out.split()[5:]
    assert [name[2:] for name in first] != [name[2:] for name in second]


def test_predict_tells_unknown_characters_and_reads_standard_input(ask, monkeypatch):
    lines = io.BytesIO("\u05e9\nAn\n".encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(lines, encoding="utf-8"))
    status, out, err = ask("predict", "--count", "2", "-")
    assert [line[:1] for line in out.splitlines()] == ["\u05e9", "\u05e9", "A", "A"]
    assert (status, err) == (
        0, "Characters that the training lacked, read as unknown: '\u05e9'\n"
    )  # fmt: skip


class Drawer:
    """A network that always draws the same names."""

    def sample(self, count, start="", temperature=1.0, seed=0):
        return ["anna", "bo", "anna", "eve"]

    def nats(self, names):
        return np.arange(1.0, len(names) + 1)


def test_names_of_the_training_list_are_written_if_asked_for():
    for excluded, wanted in ((set(), ["Anna", "Bo", "Eve"]), ({"anna"}, ["Bo", "Eve"])):
        found = writing.write(Drawer(), "", 5, excluded, capitals=True)
        assert [row["name"] for row in found] == wanted
        assert [row["nats"] for row in found] == [1.0, 2.0, 3.0][: len(wanted)]
    assert [row["name"] for row in writing.write(Drawer(), "", 1, set(), capitals=False)] == [
        "anna"
    ]


def test_too_few_different_names_are_told(ask, monkeypatch):
    monkeypatch.setattr(Network, "sample", Drawer.sample)
    status, out, err = ask("predict", "--count", "5")
    assert (status, out.split()) == (0, ["Anna", "Bo", "Eve"])
    assert err == (
        "Only 3 different names that the training list lacks came; try a higher --temperature.\n"
    )


def test_blend_ranks_joins_with_their_seams(ask):
    found = answer(ask("blend", "BRAD", "angelina", "--count", "400", "--json"))
    assert found["names"] == ["Brad", "Angelina"]
    rows = {row["blend"]: row for row in found["blends"]}
    assert rows["Brangelina"]["parts"] == ["br", "a", "ngelina"]
    scores = [row["score"] for row in found["blends"]]
    assert scores == sorted(scores, reverse=True)
    assert len(rows) == len(scores)
    status, out, _ = ask("blend", "Brad", "Angelina", "--count", "5")
    assert status == 0
    assert out.splitlines()[0].split()[0] == "Brangelina"
    assert out.splitlines()[0].split()[2] == "Br[a]ngelina"


def test_verbs_of_its_own_from_python(finished):
    run = recipes.load(finished("names"))
    found = run.verb("blend", names=["Brad", "Angelina"], count=2)
    assert found["blends"][0]["blend"] == "Brangelina"
    with pytest.raises(recipes.UserError, match="no verb 'listen'; it has evaluate, predict, exp"):
        run.verb("listen")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "A blend takes two names"),
        (["Anna"], "A blend takes two names"),
        (["Anna", "ANNA"], "are not two different names"),
        (["a", "b"], "have no blend: every join of them"),
        (["a" * 61, "b"], "has 61 letters; a blend takes 60"),
        (["--measure", "Anna"], "leave out the names"),
        (["Anna", "Bo", "--count", "0"], "--count must be at least 1"),
    ],
)
def test_what_has_no_blend_is_told(options, message, ask):
    status, _, err = ask("blend", *options)
    assert status == 2
    assert message in err.splitlines()[-1]


def test_blends_are_measured_on_the_list(ask, monkeypatch):
    from recipes.names import blending

    rows = blending.known()
    monkeypatch.setattr(blending, "known", lambda: {half: rows[half][:3] for half in rows})
    found = answer(ask("blend", "--measure", "--json"))
    assert set(found) == {"tuning", "tuning_swapped", "test", "test_swapped"}
    assert found["test"]["blends"] == 3
    assert 0 <= found["test"]["first_1"] <= found["test"]["first_5"] <= 1


def test_evaluate_another_list(ask, tmp_path):
    (tmp_path / "other.txt").write_bytes("Zo\xe9\nAmelie\nzo\xe9\n".encode("cp1252"))
    options = ["--data", tmp_path / "other.txt"]
    found = answer(ask("evaluate", *options, "--encoding", "cp1252", "--json"))
    assert found["names"] == 2
    assert found["test"]["crossentropy"] > 0
    status, _, err = ask("evaluate", *options)
    assert status == 2
    assert "is not UTF-8" in err
    status, _, err = ask("evaluate", "--column", "1")
    assert status == 2
    assert "--column 1 describes the file that --data names" in err


@pytest.mark.parametrize("format", ["onnx", "litert"])
def test_exported_files_write_names_without_this_package(format, ask):
    found = answer(ask("export", "--format", format, "--json"))
    assert found["largest_difference"] < 1e-4
    out = subprocess.run(
        [sys.executable, "write.py", "An", "3"], cwd=found["path"], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert len(out.stdout.splitlines()) == 3
    assert all(line.startswith("An") for line in out.stdout.splitlines())


def test_a_training_from_another_run_has_its_characters(finished, tmp_path, capsys):
    (tmp_path / "names.txt").write_text("\n".join(["\u00d8yvind", *map("ab{}".format, "cdefghij")]))
    first = str(finished("names"))
    names = str(tmp_path / "names.txt")
    config = Config(data=names, init_from=first, run=str(tmp_path / "run"), batch_size=4)
    loaded = data.load(Run.for_training("names", config))
    assert loaded.characters.ids == Characters.read(finished("names")).ids
    assert Characters.read(tmp_path / "run").ids == loaded.characters.ids
    err = capsys.readouterr().err
    assert "Beginning with the weights" in err
    assert "read as unknown: '\u00f8'" in err


def test_n_grams_on_real_names(real_data):
    parts, _ = sources.load(Config(data=str(real_data / "names" / "names.txt")))
    assert [len(part) for part in parts.values()] == [23_596, 2_949, 2_949]
    characters = Characters.of(parts["train"].names)
    documents = (characters.documents(part.names) for part in parts.values())
    train, validation, test = documents
    model, _ = ngrams.choose(train, validation, baselines.ORDERS, len(characters), 3)
    total, count = model.nats(*test)
    assert total / count < 2.05
